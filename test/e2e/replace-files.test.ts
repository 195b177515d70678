import { afterAll, beforeAll, expect, it } from "vitest";
import { admission, freePort } from "../support/nats";
import { mainJob } from "../support/programs";
import { Stack } from "../support/stack";

let stack: Stack;
let port: number;

beforeAll(async () => {
  port = await freePort();
  stack = await Stack.create(mainJob(port));
  await stack.up();
});

afterAll(() => stack?.end());

it("keeps the file when a resolver configuration is replaced, and the server runs on", async () => {
  const { pid, config } = await stack.outputs();
  const { text } = await stack.up("--replace", "**ResolverConfig::acme");
  expect(text).toMatch(/1 replaced/);
  expect(stack.file("nats/resolver.conf")).toBe(config);
  const after = await stack.outputs();
  expect(after["pid"]).toBe(pid);
  expect(await admission(after["creds"] as string, `nats://127.0.0.1:${port}`)).toBe("admitted");
});
