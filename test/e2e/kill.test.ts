import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import {
  endLeftovers,
  identities,
  kill,
  ofProvider,
  printed,
  recover,
  removeHalfWrittenAttributes,
  silenced,
  upArgs,
} from "../support/killing";
import { admission, freePort, Servers } from "../support/nats";
import { operatorFor } from "../support/programs";
import { Stack } from "../support/stack";

const rounds = 6;

// Which processes an engine started is read from /proc.
describe.skipIf(process.platform !== "linux")("a killed `pulumi up`", () => {
  const undo: (() => unknown)[] = [];

  afterEach(async () => {
    for (const step of undo.splice(0).reverse()) await step();
  });

  it("leaves no provider while an account waits for its server, and three commands go on with the same keys", async () => {
    const port = await freePort();
    const stack = await Stack.create(`
${operatorFor([port])}
const orders = new nats.Account("orders", { operator, server: { waitFor: "1m" } });
exports.creds = new nats.User("api", { account: orders }).creds;
`);
    undo.push(() => endLeftovers(stack));
    const up = stack.spawn(...upArgs);
    await printed(up, /waiting up to/);
    const started = await kill(up);
    expect(started.filter(ofProvider)).not.toEqual([]);
    await silenced(started);

    const before = await identities(stack);
    expect(Object.keys(before)).toContain("KeyPair::orders-key");
    expect(Object.keys(before)).not.toContain("Account::orders");
    await recover(stack, async () => {
      const config = (await stack.state())["ResolverConfig::acme"]?.outputs["text"];
      const servers = await Servers.start(config as string, [port]);
      undo.push(() => servers.close());
    });
    expect(await identities(stack)).toMatchObject(before);
    const { creds } = await stack.outputs();
    expect(await admission(creds as string, `nats://127.0.0.1:${port}`)).toBe("admitted");
    expect(await stack.stateText()).not.toContain("pending_operations");
  });

  it(
    `comes back with the same keys from any moment (${rounds} random ones)`,
    async () => {
      const port = await freePort();
      const url = `nats://127.0.0.1:${port}`;
      const program = (accounts: number) => `
const operator = new nats.Operator("acme", { accountServerUrl: "${url}" });
const resolver = new nats.ResolverConfig("acme", { operator, path: "nats/resolver.conf" });
const server = new nats.LocalServer("dev", { config: resolver, dir: "server" });
exports.creds = [];
for (let i = 0; i < ${accounts}; i += 1) {
  const account = new nats.Account("account" + i, { operator }, { dependsOn: server });
  for (const name of ["a", "b"]) exports.creds.push(new nats.User(name + i, { account }).creds);
}
`;
      const stack = await Stack.create(program(1));
      undo.push(() => endLeftovers(stack));
      for (let round = 1; round <= rounds; round += 1) {
        stack.write(program(round));
        const up = stack.spawn(...upArgs);
        const lines = 1 + Math.floor(Math.random() * (round === 1 ? 24 : 8));
        const pause = Math.floor(Math.random() * 150);
        const moment = `round ${round}, killed ${pause} ms after line ${lines}`;
        await printed(up, /creating|created/, lines);
        await sleep(pause);
        const started = await kill(up);
        await silenced(started);
        removeHalfWrittenAttributes(stack);
        const before = await identities(stack);
        await recover(stack);
        expect(await identities(stack), moment).toMatchObject(before);
        const creds = (await stack.outputs())["creds"] as unknown as string[];
        expect(creds, moment).toHaveLength(2 * round);
        for (const one of creds) expect(await admission(one, url), moment).toBe("admitted");
      }
      expect(await stack.stateText()).not.toContain("pending_operations");
      await stack.destroy();
    },
    15 * 60_000,
  );
});
