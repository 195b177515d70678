import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import {
  accountFromWire,
  decodeToken,
  mergeRevocations,
  signAccount,
  signUser,
} from "pulumi-nats-auth/claims";
import {
  formatCreds,
  generateKeyPair,
  type KeyPairData,
  signerFromSeed,
} from "pulumi-nats-auth/keys";
import {
  closeConnections,
  publishAccount,
  removeAccount,
  revokeUser,
} from "pulumi-nats-auth/resolver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Detour } from "../support/detour";
import { admission, connectWith, freePort, Server, Servers, until } from "../support/nats";
import { addressFor, makeOperator, now, systemCreds, userOf } from "../support/operator";

describe("the resolver client", () => {
  const operator = makeOperator("acme");
  let servers: Servers;
  let server: Server;
  let at: ReturnType<typeof addressFor>;

  const copyOf = ({ publicKey }: KeyPairData) => server.accounts()[publicKey];
  const claimsOf = (account: KeyPairData) => accountFromWire(decodeToken(copyOf(account) ?? ""));

  beforeAll(async () => {
    servers = await Servers.start(operator.text, [await freePort()]);
    server = servers.all[0] as Server;
    at = addressFor(server.url, operator);
  });

  afterAll(async () => {
    await closeConnections();
    await servers?.close();
  });

  it("publishes, and keeps the token when the claims say the same", async () => {
    const account = generateKeyPair("account");
    const address = at("orders", account.publicKey);
    const first = await publishAccount(address, { name: "orders" });
    expect(first.servers).toEqual(["S1"]);
    expect(copyOf(account)).toBe(first.jwt);
    await sleep(1_100);
    expect((await publishAccount(address, { name: "orders" })).jwt).toBe(first.jwt);
    const change = { name: "orders", limits: { connections: 1 } };
    const changed = await publishAccount(address, change, first);
    expect(copyOf(account)).toBe(changed.jwt);
    expect(decodeToken(changed.jwt).iat).toBeGreaterThan(decodeToken(first.jwt).iat);
  });

  it("gives each change of one second a time of its own", async () => {
    const account = generateKeyPair("account");
    const address = at("busy", account.publicKey);
    const changes = [1, 2, 3].map((connections) =>
      publishAccount(address, { name: "busy", limits: { connections } }, { conflict: "overwrite" }),
    );
    const times = (await Promise.all(changes)).map(({ jwt }) => decodeToken(jwt).iat);
    expect(new Set(times).size).toBe(3);
    expect(claimsOf(account).limits).toMatchObject({ connections: 3 });
  });

  it("revokes, and a later change keeps what any server holds as revoked", async () => {
    const account = generateKeyPair("account");
    const address = at("shop", account.publicKey);
    const first = await publishAccount(address, { name: "shop" });
    const [gone, stays] = [userOf(account), userOf(account)];
    const session = await connectWith(gone.creds, server.url);
    expect(await revokeUser(address, gone.publicKey, now())).toBe("revoked");
    expect(String(await session.closed())).toMatch(/revoked|closed/i);
    expect(await admission(gone.creds, server.url)).toMatch(/^refused/);
    expect(await admission(stays.creds, server.url)).toBe("admitted");

    const earlier = Object.keys(claimsOf(account).revocations ?? {});
    expect(earlier).toEqual([gone.publicKey]);
    const other = generateKeyPair("user").publicKey;
    const revocations = mergeRevocations({ [other]: now() });
    const change = { name: "shop", limits: { connections: 5 }, revocations };
    await publishAccount(address, change, first);
    expect(Object.keys(claimsOf(account).revocations ?? {}).sort()).toEqual(
      [gone.publicKey, other].sort(),
    );
    expect(await admission(gone.creds, server.url)).toMatch(/^refused/);
  });

  it("does not let a later token of a revoked key pay for the earlier one", async () => {
    const account = generateKeyPair("account");
    const address = at("again", account.publicKey);
    await publishAccount(address, { name: "again" });
    const issuedAt = now() - 10;
    const { publicKey, seed } = generateKeyPair("user");
    const creds = [issuedAt, issuedAt + 1].map((time) => {
      const signer = signerFromSeed(account.seed);
      const jwt = signUser({ publicKey, claims: { name: "again" }, signer, issuedAt: time });
      return formatCreds(jwt, seed);
    });
    await revokeUser(address, publicKey, issuedAt);
    expect(await admission(creds[0] as string, server.url)).toMatch(/^refused/);
    expect(await admission(creds[1] as string, server.url)).toBe("admitted");
  });

  it("has nothing to revoke where no server holds the account", async () => {
    const { publicKey } = generateKeyPair("account");
    const user = generateKeyPair("user").publicKey;
    expect(await revokeUser(at("nowhere", publicKey), user, now())).toBe("no account");
  });

  it("removes an account and closes its sessions; it can be made again", async () => {
    const account = generateKeyPair("account");
    const address = at("brief", account.publicKey);
    await publishAccount(address, { name: "brief" });
    const user = userOf(account);
    await revokeUser(address, generateKeyPair("user").publicKey, now());
    const session = await connectWith(user.creds, server.url);
    const removed = await removeAccount(address);
    expect(removed.state).toBe("deleted");
    expect(Object.keys(removed.revocations)).toHaveLength(1);
    await session.closed();
    expect(copyOf(account)).toBeUndefined();
    expect(await admission(user.creds, server.url)).toMatch(/^refused/);
    expect((await removeAccount(address)).state).toBe("deleted");

    await publishAccount(address, { name: "brief" }, { revocations: removed.revocations });
    expect(await admission(user.creds, server.url)).toBe("admitted");
    expect(Object.keys(claimsOf(account).revocations ?? {})).toHaveLength(1);
  });

  it("sends nothing that a server would not trust", async () => {
    const account = generateKeyPair("account");
    const { jwt } = await publishAccount(at("kept", account.publicKey), { name: "kept" });
    const stranger = at("kept", account.publicKey, generateKeyPair("operator"));
    const change = { name: "kept", limits: { connections: 0 } };
    await expect(publishAccount(stranger, change)).rejects.toMatchObject({
      code: "ERR_UNTRUSTED",
      message: expect.stringMatching(
        /runs on S1 does not know the signing key .* nothing was sent/,
      ),
    });
    await expect(removeAccount(stranger)).rejects.toMatchObject({ code: "ERR_UNTRUSTED" });
    expect(copyOf(account)).toBe(jwt);
  });

  it("asks no confirmation of a leaf node that runs another operator", async () => {
    const foreign = makeOperator("foreign");
    const [port, leafPort] = [await freePort(), await freePort()];
    const root = mkdtempSync(join(tmpdir(), "nats-test-"));
    const remote = `{ url: "nats-leaf://127.0.0.1:${leafPort}", credentials: "./hub.creds", account: ${foreign.system.publicKey} }`;
    const hub = new Server(
      "HUB",
      port,
      join(root, "hub"),
      `listen: "127.0.0.1:${port}"\nserver_name: HUB\nleafnodes { listen: "127.0.0.1:${leafPort}" }\n${operator.text}`,
    );
    const edgePort = await freePort();
    const edge = new Server(
      "EDGE",
      edgePort,
      join(root, "edge"),
      `listen: "127.0.0.1:${edgePort}"\nserver_name: EDGE\nleafnodes { remotes: [${remote}] }\n${foreign.text}`,
    );
    mkdirSync(edge.dir);
    writeFileSync(join(edge.dir, "hub.creds"), systemCreds(operator));
    try {
      await hub.start();
      await edge.start();
      const system = await connectWith(systemCreds(operator), hub.url);
      // Both answer to the hub's system account from now on.
      await until(async () => (await pinged(system)).join() === "EDGE,HUB");
      await system.close();
      const account = generateKeyPair("account");
      const address = addressFor(hub.url, operator)("orders", account.publicKey);
      expect((await publishAccount(address, { name: "orders" })).servers).toEqual(["HUB"]);
      expect(await revokeUser(address, generateKeyPair("user").publicKey, now())).toBe("revoked");
      expect((await removeAccount(address)).state).toBe("deleted");
    } finally {
      await Promise.all([hub.stop("SIGKILL"), edge.stop("SIGKILL")]);
      rmSync(root, { recursive: true, force: true });
    }
  });

  it("remembers no name that a server has only until it restarts", async () => {
    const port = await freePort();
    const root = mkdtempSync(join(tmpdir(), "nats-test-"));
    const config = `listen: "127.0.0.1:${port}"\n${operator.text}`;
    const unnamed = new Server("no name", port, join(root, "unnamed"), config);
    try {
      await unnamed.start();
      const account = generateKeyPair("account");
      const address = addressFor(unnamed.url, operator)("orders", account.publicKey);
      const first = await publishAccount(address, { name: "orders" });
      expect(first.servers).toEqual([]);
      await closeConnections();
      await unnamed.restart((same) => same);
      const again = { ...address, remembered: first.servers };
      const change = { name: "orders", limits: { connections: 5 } };
      const { jwt } = await publishAccount(again, change, { jwt: first.jwt });
      expect(unnamed.accounts()[account.publicKey]).toBe(jwt);
    } finally {
      await unnamed.stop("SIGKILL");
      rmSync(root, { recursive: true, force: true });
    }
  });

  it("waits for the expected servers only, where they are named", async () => {
    const account = generateKeyPair("account");
    const address = { ...at("fewer", account.publicKey), remembered: ["GONE"] };
    await expect(publishAccount(address, { name: "fewer" })).rejects.toMatchObject({
      code: "ERR_INCOMPLETE",
      message: expect.stringMatching(/no confirmation from GONE; confirmed by S1/),
    });
    const { jwt } = await publishAccount({ ...address, expected: ["S1"] }, { name: "fewer" });
    expect(copyOf(account)).toBe(jwt);
    const more = { ...address, remembered: [], expected: ["S1", "LATER"] };
    await expect(publishAccount(more, { name: "fewer" })).rejects.toMatchObject({
      code: "ERR_INCOMPLETE",
      message: expect.stringMatching(/no confirmation from LATER/),
    });
  });

  it("signs nothing that a system user says an account holds", async () => {
    const root = mkdtempSync(join(tmpdir(), "nats-test-"));
    const [port, route, otherPort, otherRoute] = await Promise.all([1, 2, 3, 4].map(freePort));
    const slow = await Detour.to(otherRoute as number);
    slow.delayMs = 20;
    const configOf = (name: string, client: number, listen: number, routes: number[]) =>
      `listen: "127.0.0.1:${client}"\nserver_name: ${name}\n` +
      `cluster { name: test, no_advertise: true, listen: "127.0.0.1:${listen}", routes: [${routes.map((to) => `"nats://127.0.0.1:${to}"`).join()}] }\n` +
      operator.text;
    const make = (name: string, client = 0, listen = 0, routes: number[] = []) =>
      new Server(name, client, join(root, name), configOf(name, client, listen, routes));
    const near = make("NEAR", port, route, [slow.port]);
    const far = make("FAR", otherPort, otherRoute);
    try {
      await far.start();
      await near.start();
      const liar = await connectWith(systemCreds(operator), near.url);
      await until(async () => (await pinged(liar)).join() === "FAR,NEAR");
      const account = generateKeyPair("account");
      const address = addressFor(near.url, operator)("orders", account.publicKey);
      const first = await publishAccount(address, { name: "orders" });

      const [stranger, signingKey] = [generateKeyPair("operator"), generateKeyPair("account")];
      const forged = signAccount({
        publicKey: account.publicKey,
        claims: {
          name: "forged",
          signingKeys: [signingKey.publicKey],
          revocations: { "*": now() + 1_000_000 },
        },
        signer: signerFromSeed(stranger.seed),
        issuedAt: now() + 10_000,
      });
      let lies = 0;
      /** Answers the next question, before the far server can. */
      const lie = async () => {
        const subject = `$SYS.REQ.ACCOUNT.${account.publicKey}.CLAIMS.LOOKUP`;
        const callback = (_error: unknown, message: { respond: (text: string) => boolean }) => {
          lies += message.respond(forged) ? 1 : 0;
        };
        liar.subscribe(subject, { max: 1, callback });
        await liar.flush();
      };
      const user = generateKeyPair("user").publicKey;
      await lie();
      await publishAccount(address, { name: "orders", limits: { connections: 7 } }, first);
      await lie();
      const issuedAt = now();
      expect(await revokeUser(address, user, issuedAt)).toBe("revoked");
      expect(lies).toBe(2);
      for (const each of [near, far]) {
        const token = decodeToken(each.accounts()[account.publicKey] ?? "");
        expect(token.iss).toBe(operator.signing.publicKey);
        expect(token.iat).toBeLessThan(now() + 1_000);
        const claims = accountFromWire(token);
        expect(claims).toMatchObject({ name: "orders", limits: { connections: 7 } });
        expect(claims.signingKeys).toBeUndefined();
        expect(Object.keys(claims.revocations ?? {})).toEqual([user]);
      }
      await liar.close();
    } finally {
      await Promise.all([near.stop("SIGKILL"), far.stop("SIGKILL")]);
      await slow.close();
      rmSync(root, { recursive: true, force: true });
    }
  });
});

/** Names of the servers that answer a system user. */
async function pinged(system: NatsConnection): Promise<string[]> {
  const names: string[] = [];
  const replies = await system.requestMany("$SYS.REQ.SERVER.PING", "", {
    strategy: "stall",
    maxWait: 1_000,
  });
  for await (const reply of replies)
    names.push(reply.json<{ server: { name: string } }>().server.name);
  return names.sort();
}
