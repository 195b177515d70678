import { availableParallelism } from "node:os";
import { accountFromWire, decodeToken } from "pulumi-nats-auth/claims";
import { formatCreds } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrap } from "../support/bootstrap";
import { admission, freePort, type Server, type Servers } from "../support/nats";
import { operatorFor } from "../support/programs";
import type { Stack } from "../support/stack";
import { connectAsSystem, watchPushes } from "../support/system";

const many = 500;
/** What the engine does at once unless it is told otherwise. */
const parallel = 4 * availableParallelism();
const patience = 10 * 60_000;

const program = (port: number, users: string) => `
${operatorFor([port])}
const crowd = new nats.Account("crowd", { operator });
exports.crowd = crowd.publicKey;
${users}
`;

describe(`an account that loses ${many} users in one \`up\``, () => {
  let stack: Stack;
  let servers: Servers;
  let server: Server;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    ({ stack, servers } = await bootstrap([port]));
    server = servers.all[0] as Server;
  });

  afterAll(async () => {
    await servers?.close();
    stack?.close();
  });

  /** Makes the users, removes them in one `up`, and returns how often that pushed the account. */
  async function pushesToRemove(prefix: string, ...args: string[]): Promise<number> {
    const users = `for (let i = 0; i < ${many}; i += 1) new nats.User("${prefix}" + i, { account: crowd });`;
    stack.write(program(port, `${users} new nats.User("stays", { account: crowd });`));
    await stack.quickUp("--parallel", "64");
    const state = await stack.openState();
    const crowd = state["Account::crowd"]?.outputs["publicKey"] as string;
    const tokenOf = (name: string) =>
      state[`User::${name}`]?.outputs as { jwt: string; seed: string };
    const admissionOf = (name: string) => {
      const { jwt, seed } = tokenOf(name);
      return admission(formatCreds(jwt, seed), server.url);
    };
    const removed = [...Array(many).keys()].map((index) => `${prefix}${index}`);
    const sample = removed.filter((_, index) => index % 100 === 0);
    for (const name of sample) expect(await admissionOf(name)).toBe("admitted");

    const system = await connectAsSystem(state, "acme", server.url);
    const pushed = await watchPushes(system);
    stack.write(program(port, 'new nats.User("stays", { account: crowd });'));
    await stack.up(...args);
    await system.close();

    const { revocations = {} } = accountFromWire(decodeToken(server.accounts()[crowd] ?? ""));
    for (const name of removed) {
      const { sub, iat } = decodeToken(tokenOf(name).jwt);
      expect(revocations[sub]).toBe(iat);
    }
    for (const name of sample) expect(await admissionOf(name)).toMatch(/^refused/);
    expect(await admissionOf("stays")).toBe("admitted");
    return pushed.filter((jwt) => decodeToken(jwt).sub === crowd).length;
  }

  it(
    "is pushed at most 50 times with `--parallel 64`",
    async () => {
      expect(await pushesToRemove("a", "--parallel", "64")).toBeLessThanOrEqual(50);
    },
    patience,
  );

  it(
    `is pushed at most ${many} / parallel + 5 times as a rule`,
    async () => {
      expect(await pushesToRemove("b")).toBeLessThanOrEqual(many / parallel + 5);
    },
    patience,
  );
});
