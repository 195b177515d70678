import { setTimeout as sleep } from "node:timers/promises";
import { accountFromWire, decodeToken } from "pulumi-nats-auth/claims";
import type { KeyPairData } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrap } from "../support/bootstrap";
import { makeStream, store } from "../support/jetstream";
import {
  admission,
  connectWith,
  freePort,
  type Server,
  type Servers,
  until,
} from "../support/nats";
import { userOf } from "../support/operator";
import { operatorFor } from "../support/programs";
import { type Run, Stack } from "../support/stack";

/** Accounts of the program; each can be left out. */
const accounts = {
  stored: (force: boolean) =>
    `declare("stored", { jetstream: { diskStorage: "10MiB" }, forceDelete: ${force} });`,
  market: () => `declare("market", { exports: [{ stream: "prices.>" }] });`,
  shop: () => `declare("shop", { imports: [{ stream: "prices.>", account: keys.market }] });`,
  // Each imports from the other: one by the account, one by its key.
  right: () =>
    `const right = declare("right", { exports: [{ stream: "r.>" }], imports: [{ stream: "l.>", account: keys.left }] });`,
  left: () =>
    `declare("left", { exports: [{ stream: "l.>" }], imports: [{ stream: "r.>", account: right }] });`,
  paused: () => `declare("paused", { jetstream: { diskStorage: "10MiB" }, onDelete: "lock" });`,
  kept: () => `declare("kept", { onDelete: "retain" });`,
  brief: () => `declare("brief", {});`,
  // Their users are issued elsewhere: those of the stack could not be revoked while a server is away.
  early: () => `new nats.Account("early", { operator, key: keys.early });`,
  late: () => `new nats.Account("late", { operator, key: keys.late });`,
};
type Name = keyof typeof accounts;
const names = Object.keys(accounts) as Name[];

describe("deleting accounts on a cluster of three", () => {
  let stack: Stack;
  let elsewhere: Stack;
  let servers: Servers;
  let ports: number[];
  let creds: Record<Name, string>;
  let keys: Record<Name, string>;
  const declared = new Set<Name>(names);
  let force = false;

  /** Declares what is not left out; the keys stay. */
  const write = () =>
    stack.write(`
${operatorFor(ports)}
exports.handle = operator.handle;
const keys = {};
for (const name of ${JSON.stringify(names)}) keys[name] = new nats.KeyPair(name + "-key", { kind: "account" });
exports.keys = Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, key.publicKey]));
exports.creds = {};
const declare = (name, args) => {
  const account = new nats.Account(name, { operator, key: keys[name], ...args });
  exports.creds[name] = new nats.User(name + "-user", { account }).creds;
  return account;
};
${names
  .filter((name) => declared.has(name))
  .map((name) => accounts[name](force))
  .join("\n")}
`);

  const copies = (name: Name) => servers.copiesOf(keys[name]);
  const gone = [undefined, undefined, undefined];
  const isRefused = async (name: Name) => {
    const answers = servers.all.map(({ url }) => admission(creds[name], url));
    return (await Promise.all(answers)).every((answer) => answer.startsWith("refused"));
  };
  const urlOf = (server: string) => servers.named(server).url;

  const putStream = async (name: Name, stream: string) => {
    const nc = await connectWith(creds[name], urlOf("S1"));
    await until(async () => {
      const made = await makeStream(nc, { name: stream }).catch(String);
      return made === "made";
    }, 60_000);
    await store(nc, stream, "kept");
    await nc.close();
  };

  const messagesIn = async (name: Name, stream: string) => {
    const nc = await connectWith(creds[name], urlOf("S1"));
    try {
      const reply = await nc.request(`$JS.API.STREAM.INFO.${stream}`, "", { timeout: 5_000 });
      return reply.json<{ state?: { messages: number } }>().state?.messages;
    } catch {
      return undefined; // JetStream of the account is only just back
    } finally {
      await nc.close();
    }
  };

  beforeAll(async () => {
    ports = await Promise.all([freePort(), freePort(), freePort()]);
    ({ stack, servers } = await bootstrap(ports, { jetstream: true }));
    await servers.formed();
    write();
    await stack.up();
    const outputs = (await stack.outputs()) as unknown as {
      creds: Record<Name, string>;
      keys: Record<Name, string>;
      handle: object;
    };
    ({ creds, keys } = outputs);
    elsewhere = await Stack.create(`
const operator = ${JSON.stringify(outputs.handle)};
new nats.Account("branch", { operator, imports: [{ stream: "prices.>", account: "${keys.market}" }] });
`);
    await elsewhere.up();
    const state = await stack.openState();
    for (const name of ["early", "late"] as const) {
      creds[name] = userOf(state[`KeyPair::${name}-key`]?.outputs as unknown as KeyPairData).creds;
    }
    await putStream("stored", "ORDERS");
    await putStream("paused", "PAUSED");
  });

  afterAll(async () => {
    await servers?.close();
    stack?.close();
    elsewhere?.close();
  });

  describe("when they leave the program", () => {
    let run: Run;

    beforeAll(async () => {
      for (const name of ["stored", "market", "left", "paused", "kept", "brief"] as const) {
        declared.delete(name);
      }
      write();
      run = await stack.tryUp("--continue-on-error");
    });

    it("is refused while they have streams, and names these", async () => {
      expect(run.code).not.toBe(0);
      expect(run.text).toMatch(
        /account "stored" \(A\w+\) is still needed: it has the stream\(s\) ORDERS\. Nothing was changed\. .*`forceDelete`.*\[ERR_IN_USE\]/,
      );
      expect(await messagesIn("brief", "ORDERS").catch(String)).toMatch(
        /Authorization|EPIPE|RESET/i,
      );
      expect(new Set(copies("stored")).size).toBe(1);
    });

    it("is refused while others import from them, of this program or elsewhere", () => {
      const [needed = ""] = run.text.match(/account "market" .* import from it\./) ?? [];
      expect(needed).toContain(`"shop" (${keys.shop})`);
      expect(needed).toMatch(/"branch" \(A\w+\)/);
      // They import from each other, and the other one stays.
      expect(run.text).toMatch(
        new RegExp(
          `account "left" .* account\\(s\\) "right" \\(${keys.right}\\) import from it\\.`,
        ),
      );
      expect(new Set(copies("market")).size).toBe(1);
    });

    it('locks with `onDelete: "lock"`: nobody gets in', async () => {
      expect(run.text).toMatch(/account "paused" .* is locked .*, as its onDelete says: locked/);
      expect(await isRefused("paused")).toBe(true);
    });

    it('leaves open with `onDelete: "retain"`, and says so', async () => {
      expect(run.text).toMatch(/account "kept" .* open to its users: onDelete is "retain"/);
      // Its user left the program too, and is revoked.
      expect(await isRefused("kept")).toBe(true);
      const [copy = ""] = copies("kept");
      expect(accountFromWire(decodeToken(copy)).limits?.connections).toBeUndefined();
    });

    it("removes the others from every server", async () => {
      expect(copies("brief")).toEqual(gone);
      expect(await isRefused("brief")).toBe(true);
    });
  });

  it("lets them be declared again under the same keys: at once, with their streams", async () => {
    for (const name of ["stored", "market", "left", "paused", "brief"] as const) declared.add(name);
    force = true;
    write();
    await stack.up();
    Object.assign(creds, (await stack.outputs())["creds"]);
    for (const { url } of servers.all) {
      expect(await admission(creds.brief, url)).toBe("admitted");
      expect(await admission(creds.paused, url)).toBe("admitted");
    }
    await until(async () => (await messagesIn("paused", "PAUSED")) === 1, 60_000);
    await until(async () => (await messagesIn("stored", "ORDERS")) === 1, 60_000);
  });

  it("goes through with `forceDelete`, and once nobody imports any more", async () => {
    await elsewhere.destroy();
    for (const name of ["stored", "market", "shop"] as const) declared.delete(name);
    write();
    await stack.up();
    for (const name of ["stored", "market", "shop"] as const) expect(copies(name)).toEqual(gone);
  });

  it.each([
    { name: "early", how: "killed", signal: "SIGKILL", backAfterMs: 500 },
    { name: "late", how: "stopped", signal: "SIGTERM", backAfterMs: 1_500 },
  ] as const)(
    "keeps them out where a server was $how and came back after $backAfterMs ms",
    async ({ name, signal, backAfterMs }) => {
      const absent = servers.named("S3") as Server;
      await absent.stop(signal);
      declared.delete(name);
      write();
      const { text } = await stack.up();
      expect(text).toMatch(
        new RegExp(`account "${name}" .* not deleted: locked until \\d{4}-\\S+; S3 did not answer`),
      );
      await sleep(backAfterMs);
      await absent.start();
      await servers.formed();
      await until(() => isRefused(name));
      await until(() => new Set(copies(name)).size === 1);
      await sleep(2_000);
      expect(await isRefused(name)).toBe(true);
    },
  );

  it("takes accounts that import from each other in one `destroy`", async () => {
    await stack.destroy();
    expect(await stack.state()).toEqual({});
    for (const name of ["left", "right", "brief"] as const) expect(copies(name)).toEqual(gone);
    expect(await isRefused("paused")).toBe(true);
  });
});
