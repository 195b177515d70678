import { afterAll, beforeAll, expect, it } from "vitest";
import { freePort } from "../support/nats";
import { mainJob } from "../support/programs";
import { Stack, type StateResource } from "../support/stack";

let stack: Stack;
let state: Record<string, StateResource>;

beforeAll(async () => {
  const user = 'credsPath: "nats/orders-api.creds",';
  stack = await Stack.create(mainJob(await freePort(), { user }));
  await stack.up();
  state = await stack.state();
});

afterAll(() => stack?.end());

/** Bytes in a state file, which is compact JSON with encrypted secrets. */
function bytes(...names: string[]): number {
  const found = names.map((name) => {
    expect(state).toHaveProperty([name]);
    return Buffer.byteLength(JSON.stringify(state[name]));
  });
  return found.reduce((sum, size) => sum + size, 0);
}

// A file or object backend writes the whole state at every step, so bytes are seconds of every `up`.
it("keeps an account with its key in 7 KB of state", () => {
  expect(bytes("Account::orders", "KeyPair::orders-key")).toBeLessThanOrEqual(7_000);
});

it("keeps a user in 6 KB of state", () => {
  expect(bytes("User::orders-api")).toBeLessThanOrEqual(6_000);
});
