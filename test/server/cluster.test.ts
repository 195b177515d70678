import { rmSync } from "node:fs";
import { join } from "node:path";
import { decodeToken, revocationsOf, signAccount } from "pulumi-nats-auth/claims";
import { generateKeyPair, type KeyPairData, signerFromSeed } from "pulumi-nats-auth/keys";
import {
  closeConnections,
  driftOf,
  inspectAccount,
  publishAccount,
  removeAccount,
  revokeUser,
} from "pulumi-nats-auth/resolver";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { admission, connectWith, type Server, Servers, until } from "../support/nats";
import { addressFor, makeOperator, now, systemCreds, userOf } from "../support/operator";

describe("a cluster of three", () => {
  const operator = makeOperator("acme");
  let servers: Servers;
  let at: ReturnType<typeof addressFor>;

  beforeAll(async () => {
    servers = await Servers.cluster(operator.text, { jetstream: true });
    at = addressFor(servers.named("S1").url, operator);
  });

  afterEach(() => closeConnections());

  afterAll(() => servers?.close());

  const copies = (account: KeyPairData) => servers.copiesOf(account.publicKey);

  /** What another tool writes: claims of this account, signed by the operator, pushed to all servers. */
  async function pushByHand(account: KeyPairData, claims: object, issuedAt = now() + 5) {
    const jwt = signAccount({
      publicKey: account.publicKey,
      claims: { name: "orders", ...claims },
      signer: signerFromSeed(operator.signing.seed),
      issuedAt,
    });
    const nc = await connectWith(systemCreds(operator), servers.named("S2").url);
    await until(async () => {
      // A server that compares just now brings back what is newer.
      await nc.request("$SYS.REQ.CLAIMS.UPDATE", jwt, { timeout: 5_000 });
      return copies(account).every((copy) => copy === jwt);
    });
    await nc.close();
    return jwt;
  }

  it("runs the very JWT on every server when a publication is done", async () => {
    const account = generateKeyPair("account");
    const address = at("orders", account.publicKey);
    const { jwt, servers: names, warnings } = await publishAccount(address, { name: "orders" });
    expect(names).toEqual(["S1", "S2", "S3"]);
    expect(warnings).toEqual([]);
    const seen = await inspectAccount(address);
    expect(seen.servers.map(({ server, jwt: held }) => [server, held === jwt])).toEqual([
      ["S1", true],
      ["S2", true],
      ["S3", true],
    ]);
    expect(copies(account)).toEqual([jwt, jwt, jwt]);
  });

  it("is not content with a server that takes a JWT and does not run it", async () => {
    const account = generateKeyPair("account");
    const address = at("later", account.publicKey);
    const notBefore = new Date(Date.now() + 3_600_000).toISOString();
    await expect(publishAccount(address, { name: "later", notBefore })).rejects.toMatchObject({
      code: "ERR_REJECTED",
      message: expect.stringMatching(
        /account "later" .*: S1, S2, S3 took the JWT without running it: .* not valid at the server's time/,
      ),
    });
    // Every server answered "jwt updated", and keeps it.
    expect(copies(account).every((copy) => copy !== undefined)).toBe(true);
  });

  it("sends nothing when one server does not know the signer, and names key and server", async () => {
    const account = generateKeyPair("account");
    const { jwt } = await publishAccount(at("kept", account.publicKey), { name: "kept" });
    const next = generateKeyPair("operator");
    const both = [operator.signing.publicKey, next.publicKey];
    for (const name of ["S1", "S3"]) {
      await servers.named(name).restart(renewedTo(operator.textWith(both)));
    }
    await servers.formed();
    await closeConnections();
    const address = at("kept", account.publicKey, next);
    const change = { name: "kept", limits: { connections: 1 } };
    for (const attempt of [
      () => publishAccount(address, change, { jwt }),
      () => revokeUser(address, generateKeyPair("user").publicKey, now()),
      () => removeAccount(address),
    ]) {
      await expect(attempt()).rejects.toMatchObject({
        code: "ERR_UNTRUSTED",
        message: expect.stringContaining(
          `the operator JWT that runs on S2 does not know the signing key ${next.publicKey}; nothing was sent. ` +
            "Give the server(s) the current ResolverConfig, restart them",
        ),
      });
    }
    expect(copies(account)).toEqual([jwt, jwt, jwt]);
    await servers.named("S2").restart(renewedTo(operator.textWith(both)));
    await servers.formed();
    await closeConnections();
    const changed = await publishAccount(address, change, { jwt });
    expect(copies(account)).toEqual(Array(3).fill(changed.jwt));
  });

  it("names the claims that somebody else changed, and overwrites them only when told to", async () => {
    const account = generateKeyPair("account");
    const address = at("orders", account.publicKey);
    const claims = { name: "orders", limits: { connections: 100 } };
    const first = await publishAccount(address, claims);
    const byHand = await pushByHand(account, {
      limits: { connections: 7 },
      exports: [{ stream: "orders.>" }],
    });
    const change = { ...claims, limits: { connections: 200 } };
    await expect(publishAccount(address, change, first)).rejects.toMatchObject({
      code: "ERR_CONFLICT",
      message: expect.stringMatching(
        /account "orders" .* was changed by somebody else on S1, S2, S3 .*: limits\.connections, exports\["orders\.>"\]\. Nothing was sent/,
      ),
    });
    expect(copies(account)).toEqual([byHand, byHand, byHand]);
    const won = await publishAccount(address, change, { ...first, conflict: "overwrite" });
    expect(copies(account)).toEqual([won.jwt, won.jwt, won.jwt]);
  });

  it("takes neither a revocation nor an older copy of its own for a conflict", async () => {
    const account = generateKeyPair("account");
    const address = at("orders", account.publicKey);
    const first = await publishAccount(address, { name: "orders" });
    const user = generateKeyPair("user").publicKey;
    await revokeUser(address, user, now());
    const second = await publishAccount(
      address,
      { name: "orders", limits: { connections: 5 } },
      first,
    );
    expect(Object.keys(revocationsOf(decodeToken(second.jwt)))).toEqual([user]);
    await pushByHand(account, {}, decodeToken(first.jwt).iat);
    const third = await publishAccount(
      address,
      { name: "orders", limits: { connections: 6 } },
      second,
    );
    expect(Object.keys(revocationsOf(decodeToken(third.jwt)))).toEqual([user]);
    expect(copies(account)).toEqual(Array(3).fill(third.jwt));
  });

  it("says which imports have no effect, where, and why", async () => {
    const [exporter, importer] = [generateKeyPair("account"), generateKeyPair("account")];
    const imports = [{ stream: "prices.>", account: exporter.publicKey }];
    const address = at("shop", importer.publicKey);
    const early = await publishAccount(address, { name: "shop", imports });
    expect(early.warnings).toEqual([
      `account "shop" (${importer.publicKey}): the import of prices.> has no effect on S1, S2, S3: ` +
        `account ${exporter.publicKey} is on no server yet; it takes effect once that is pushed`,
    ]);
    const exports = [{ stream: "prices.>", tokenRequired: true }];
    const market = at("market", exporter.publicKey);
    const closed = await publishAccount(market, { name: "market", exports });
    const again = await publishAccount(address, { name: "shop", imports, tags: ["a"] }, early);
    expect(again.warnings.join()).toMatch(/prices\.> has no effect .* does not export it to this/);
    await publishAccount(market, { name: "market", exports: [{ stream: "prices.>" }] }, closed);
    const done = await publishAccount(address, { name: "shop", imports, tags: ["b"] }, again);
    expect(done.warnings).toEqual([]);
  });

  it("tells by name which server lost, or altered, or did not get an account", async () => {
    const account = generateKeyPair("account");
    const address = at("orders", account.publicKey);
    const first = await publishAccount(address, { name: "orders" });
    const claims = { name: "orders", limits: { connections: 100 } };
    const { jwt } = await publishAccount(address, claims, first);
    const drift = async () =>
      driftOf(await inspectAccount(address), decodeToken(jwt)).map(({ text }) => text);
    expect(await drift()).toEqual([]);

    // Revoked by another stack: kept, and no drift.
    await revokeUser(address, generateKeyPair("user").publicKey, now());
    expect(await drift()).toEqual([]);

    await pushByHand(account, { limits: { connections: 7 } }, now() + 10);
    const altered = await drift();
    expect(altered[0]).toBe(
      "S1 runs a copy that somebody else changed: limits.connections: 7 instead of 100",
    );
    expect(altered).toHaveLength(3);
    const repaired = await publishAccount(address, claims, { jwt, conflict: "overwrite" });
    expect(driftOf(await inspectAccount(address), decodeToken(repaired.jwt))).toEqual([]);
  });

  it("finds a server that was emptied, and fills it again", async () => {
    const account = generateKeyPair("account");
    const address = at("orders", account.publicKey);
    const { jwt } = await publishAccount(address, { name: "orders" });
    await Promise.all(servers.all.map((server) => server.stop()));
    for (const server of servers.all) rmSync(join(server.dir, "jwt"), { recursive: true });
    await Promise.all(servers.all.map((server) => server.start()));
    await servers.formed();
    const seen = await inspectAccount(address);
    expect(driftOf(seen, decodeToken(jwt)).map(({ text }) => text)).toEqual([
      "S1 does not run it",
      "S2 does not run it",
      "S3 does not run it",
    ]);
    expect(seen.newest).toBeUndefined();
    const again = await publishAccount(address, { name: "orders" }, { jwt });
    expect(copies(account)).toEqual(Array(3).fill(again.jwt));
    const { creds } = userOf(account);
    for (const { url } of servers.all) expect(await admission(creds, url)).toBe("admitted");
  });

  it("misses a stopped server whose name only the others know", async () => {
    const account = generateKeyPair("account");
    const address = at("orders", account.publicKey);
    const gone = servers.named("S3");
    await until(hasLeader, 60_000);
    await gone.stop();
    try {
      await until(async () => {
        await closeConnections();
        const { missing } = await inspectAccount(address);
        return missing.includes("S3");
      }, 60_000);
      await expect(publishAccount(address, { name: "orders" })).rejects.toMatchObject({
        code: "ERR_INCOMPLETE",
        message: expect.stringMatching(/no confirmation from S3; confirmed by S1, S2\./),
      });
      const expected = { ...address, expected: ["S1", "S2"] };
      await publishAccount(expected, { name: "orders" });
    } finally {
      await gone.start();
      await servers.formed();
    }
    // It was away for longer than the others: it takes the account over at its next comparison.
    await until(() => new Set(copies(account)).size === 1 && copies(account)[0] !== undefined);
  });

  /** Whether the JetStream cluster knows its members. */
  async function hasLeader(): Promise<boolean> {
    const nc = await connectWith(systemCreds(operator), servers.named("S1").url);
    const reply = await nc
      .request("$SYS.REQ.SERVER.PING.JSZ", "", { timeout: 5_000 })
      .finally(() => nc.close());
    const { data } = reply.json<{ data: { meta_cluster?: { leader?: string } } }>();
    return Boolean(data.meta_cluster?.leader);
  }

  /** Another configuration of the resolver for a server; what it listens on stays. */
  function renewedTo(text: string): Parameters<Server["restart"]>[0] {
    return (config) => config.slice(0, config.indexOf("# Operator")) + text;
  }
});
