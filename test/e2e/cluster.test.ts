import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { accountFromWire, decodeToken } from "pulumi-nats-auth/claims";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrap } from "../support/bootstrap";
import {
  admission,
  connectWith,
  freePort,
  type Server,
  type Servers,
  until,
} from "../support/nats";
import { operatorFor } from "../support/programs";
import type { Stack } from "../support/stack";

describe("a cluster of three", () => {
  let stack: Stack;
  let servers: Servers;
  let ports: number[];
  let s3: Server;
  let orders: string;
  let outputs: Record<"orders" | "jwt" | "alice" | "bob" | "closing" | "carol", string>;

  /** What the program declares; each test changes its part. */
  const declared = { connections: 100, bob: true, closing: true, billing: false };

  const change = (changes: Partial<typeof declared>) => {
    const { connections, bob, closing, billing } = Object.assign(declared, changes);
    stack.write(`
${operatorFor(ports)}
const orders = new nats.Account("orders", { operator, limits: { connections: ${connections} } });
exports.orders = orders.publicKey;
exports.jwt = orders.jwt;
exports.alice = new nats.User("alice", { account: orders }).creds;
${bob ? 'exports.bob = new nats.User("bob", { account: orders }).creds;' : ""}
${
  closing
    ? `const closing = new nats.Account("closing", { operator });
exports.closing = closing.publicKey;
exports.carol = new nats.User("carol", { account: closing }).creds;`
    : ""
}
${billing ? 'exports.billing = new nats.Account("billing", { operator }).publicKey;' : ""}
`);
  };

  /** The copy of the account on each server's disk. */
  const copies = (account = orders) => servers.all.map((server) => server.accounts()[account]);

  const connectionsIn = (jwt: string | undefined) =>
    accountFromWire(decodeToken(jwt ?? "")).limits?.connections;

  const revokedIn = (jwt: string | undefined) =>
    Object.keys(accountFromWire(decodeToken(jwt ?? "")).revocations ?? {});

  const written = () =>
    servers.all.flatMap(({ dir, accounts }, index) =>
      Object.keys(accounts.call(servers.all[index])).map(
        (account) => statSync(join(dir, "jwt", `${account}.jwt`)).mtimeMs,
      ),
    );

  const expectEqual = (connections: number) => {
    expect(new Set(copies()).size).toBe(1);
    expect(connectionsIn(copies()[0])).toBe(connections);
  };

  /** The keys of everything in the state. */
  const keys = async () =>
    Object.fromEntries(
      Object.entries(await stack.state())
        .filter(([name]) => /^(KeyPair|SigningKey|Operator|Account|User)::/.test(name))
        .map(([name, { id, outputs }]) => [name, [id, outputs["publicKey"]]]),
    );

  beforeAll(async () => {
    ports = await Promise.all([freePort(), freePort(), freePort()]);
    ({ stack, servers } = await bootstrap(ports));
    await servers.formed();
    s3 = servers.all[2] as Server;
    change({});
    await stack.up();
    outputs = (await stack.outputs()) as typeof outputs;
    orders = outputs.orders;
  });

  afterAll(async () => {
    await servers?.close();
    stack?.close();
  });

  it("holds the account on all three after `up`", async () => {
    expect(copies()).toEqual(Array(3).fill(outputs.jwt));
    for (const { url } of servers.all) expect(await admission(outputs.alice, url)).toBe("admitted");
  });

  it("changes nothing on any server when nothing changed", async () => {
    const before = written();
    expect(before).toHaveLength(9); // the system account and two more, on three servers
    const { text } = await stack.up();
    expect(text).toMatch(/unchanged/);
    expect(text).not.toMatch(/created|updated|deleted|replaced/);
    expect(written()).toEqual(before);
  });

  it("fails while a cleanly stopped server is away, and finishes after its return", async () => {
    const identities = await keys();
    await s3.stop("SIGINT");
    change({ connections: 101 });
    const failed = await stack.tryUp();
    expect(failed.code).not.toBe(0);
    expect(failed.text).toMatch(/no confirmation from S3; confirmed by S1, S2\./);
    expect(copies().map(connectionsIn)).toEqual([101, 101, 100]);

    await s3.start();
    await servers.formed();
    await stack.up();
    expectEqual(101);
    expect(await keys()).toEqual(identities);
  });

  it("closes a deleted user's sessions on every server, and lets it in on none", async () => {
    const open = (text: string) =>
      Promise.all(servers.all.map(({ url }) => connectWith(text, url)));
    const sessions: { alice: NatsConnection[]; bob: NatsConnection[] } = {
      alice: await open(outputs.alice),
      bob: await open(outputs.bob),
    };
    const bob = (await keys())["User::bob"]?.[0] as string;
    change({ bob: false });
    await stack.up();
    const reasons = await Promise.all(sessions.bob.map((nc) => nc.closed()));
    for (const reason of reasons) expect(String(reason)).toMatch(/revoked|closed/i);
    for (const { url } of servers.all)
      expect(await admission(outputs.bob, url)).toMatch(/^refused/);
    for (const copy of copies()) expect(revokedIn(copy)).toEqual([bob]);

    change({ connections: 102 });
    await stack.up();
    expectEqual(102);
    for (const copy of copies()) expect(revokedIn(copy)).toEqual([bob]);
    for (const { url } of servers.all)
      expect(await admission(outputs.bob, url)).toMatch(/^refused/);
    for (const nc of sessions.alice) {
      expect(nc.isClosed()).toBe(false);
      await nc.flush();
      await nc.close();
    }
  });

  it("keeps a deleted account locked, also where a server brings its old copy back", async () => {
    const closing = outputs.closing;
    await s3.stop("SIGINT");
    change({ closing: false });
    const { text } = await stack.up();
    expect(text).toMatch(
      /account "closing" .* is locked on the servers .* not deleted: locked until \d{4}-.*; S3 did not answer/,
    );
    expect((await stack.state())["Account::closing"]).toBeUndefined();
    const [one, two] = servers.all as [Server, Server];
    for (const { url } of [one, two])
      expect(await admission(outputs.carol, url)).toMatch(/^refused/);

    expect(copies(closing).map(connectionsIn)).toEqual([0, 0, undefined]);
    await s3.start();
    await servers.formed();
    // S3 asks the others for what is newer every second; till then it alone serves its old copy.
    await until(() => new Set(copies(closing)).size === 1);
    await sleep(2_500);
    expect(copies(closing).map(connectionsIn)).toEqual([0, 0, 0]);
    for (const { url } of servers.all)
      expect(await admission(outputs.carol, url)).toMatch(/^refused/);
  });

  it("fails while a killed server is away, and goes on after a refresh and its return", async () => {
    const [before, identities] = [copies()[2], await keys()];
    await s3.stop("SIGKILL");
    change({ connections: 103, billing: true });
    const failed = await stack.tryUp("--continue-on-error");
    expect(failed.code).not.toBe(0);
    expect(failed.text).toMatch(
      /account "orders" .* is not on every server: no confirmation from S3; confirmed by S1, S2\. .*\[ERR_INCOMPLETE\]/,
    );
    // Nobody knows the name of a server that never held this account, but the others still count it.
    expect(failed.text).toMatch(/account "billing" .* no confirmation from 1 server\(s\)/);
    expect(copies().slice(0, 2).map(connectionsIn)).toEqual([103, 103]);
    expect(copies()[2]).toBe(before);
    expect(await keys()).toMatchObject(identities);

    await stack.refresh();
    const planned = (await stack.preview()).map(({ op, resource }) => `${op} ${resource}`).sort();
    expect(planned).toEqual(["update Account::billing", "update Account::orders"]);

    // For minutes the others count the killed server beside the one that came back.
    await s3.start();
    await servers.formed();
    await stack.up();
    expectEqual(103);
    const { billing } = await stack.outputs();
    expect(copies(billing)).toEqual(Array(3).fill(expect.stringMatching(/^ey/)));
    expect(new Set(copies(billing)).size).toBe(1);
    expect(await keys()).toMatchObject(identities);
  });
});
