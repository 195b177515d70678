import { availableParallelism } from "node:os";
import { accountFromWire, decodeToken } from "pulumi-nats-auth/claims";
import { formatCreds } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, freePort, type Server, Servers } from "../support/nats";
import { operatorFor } from "../support/programs";
import { Stack, type StateResource } from "../support/stack";
import { connectAsSystem, watchPushes } from "../support/system";

const half = 500;
/** What the engine does at once unless it is told otherwise. */
const parallel = 4 * availableParallelism();
const minutes = 60_000;

const program = (port: number, first: number) => `
${operatorFor([port])}
const crowd = new nats.Account("crowd", { operator });
exports.crowd = crowd.publicKey;
for (let i = ${first}; i < ${2 * half}; i += 1) new nats.User("user" + i, { account: crowd });
`;

describe(`an account that loses ${half} users in one \`up\``, () => {
  let stack: Stack;
  let servers: Servers;
  let server: Server;
  let port: number;
  let crowd: string;
  let before: Record<string, StateResource>;

  const userAt = (index: number) =>
    before[`User::user${index}`]?.outputs as { jwt: string; seed: string };
  const credsOf = (index: number) => formatCreds(userAt(index).jwt, userAt(index).seed);

  beforeAll(async () => {
    port = await freePort();
    stack = await Stack.create(operatorFor([port]));
    await stack.up();
    const { config } = await stack.outputs();
    servers = await Servers.start(config as string, [port]);
    server = servers.all[0] as Server;
    stack.write(program(port, 0));
    await stack.up("--parallel", "64");
    before = await stack.openState();
    crowd = before["Account::crowd"]?.outputs["publicKey"] as string;
  }, 10 * minutes);

  afterAll(async () => {
    await servers?.close();
    stack?.close();
  });

  /** Applies the program from this user on, and returns how often the account was pushed. */
  async function removeUpTo(first: number, ...args: string[]): Promise<number> {
    const system = await connectAsSystem(before, "acme", server.url);
    const pushed = await watchPushes(system);
    stack.write(program(port, first));
    await stack.up(...args);
    await system.close();
    return pushed.filter((jwt) => decodeToken(jwt).sub === crowd).length;
  }

  async function expectRefused(from: number, to: number): Promise<void> {
    const { revocations = {} } = accountFromWire(decodeToken(server.accounts()[crowd] ?? ""));
    for (let index = from; index < to; index += 1) {
      const { sub, iat } = decodeToken(userAt(index).jwt);
      expect(revocations[sub]).toBeGreaterThanOrEqual(iat);
    }
    for (const index of [from, from + 100, to - 1]) {
      expect(await admission(credsOf(index), server.url)).toMatch(/^refused/);
    }
  }

  it(
    "is pushed at most 50 times with `--parallel 64`",
    async () => {
      const t = Date.now();
      const pushes = await removeUpTo(half, "--parallel", "64");
      console.log("PUSHES 64:", pushes, Date.now() - t);
      expect(pushes).toBeGreaterThan(0);
      expect(pushes).toBeLessThanOrEqual(50);
      await expectRefused(0, half);
      expect(await admission(credsOf(half), server.url)).toBe("admitted");
    },
    10 * minutes,
  );

  it(
    `is pushed at most ${half} / parallel + 5 times otherwise`,
    async () => {
      const t = Date.now();
      const pushes = await removeUpTo(2 * half);
      console.log("PUSHES default:", pushes, Date.now() - t, parallel);
      expect(pushes).toBeGreaterThan(0);
      expect(pushes).toBeLessThanOrEqual(half / parallel + 5);
      await expectRefused(half, 2 * half);
    },
    10 * minutes,
  );
});
