import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { signAccount } from "pulumi-nats-auth/claims";
import { generateKeyPair, type KeyPairData, signerFromSeed } from "pulumi-nats-auth/keys";
import {
  closeConnections,
  connectResolver,
  PushFailed,
  publishAccount,
  type Resolver,
  revokeUser,
} from "pulumi-nats-auth/resolver";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Detour } from "../support/detour";
import { Servers, until } from "../support/nats";
import { addressFor, makeOperator, now, systemCreds } from "../support/operator";

describe("a push, when something breaks", () => {
  const operator = makeOperator("acme");
  let servers: Servers;
  let detour: Detour;
  let resolver: Resolver | undefined;

  beforeAll(async () => {
    servers = await Servers.cluster(operator.text);
  });

  afterEach(async () => {
    await closeConnections();
    await detour?.close();
  });

  afterAll(() => servers?.close());

  function makeAccounts(count: number) {
    const signer = signerFromSeed(operator.signing.seed);
    return Array.from({ length: count }, (_, index) => {
      const { publicKey } = generateKeyPair("account");
      const claims = { name: `account-${index}` };
      return { publicKey, jwt: signAccount({ publicKey, claims, signer, issuedAt: now() }) };
    });
  }

  /** A resolver whose connection to S1 goes through the detour. */
  async function through(): Promise<Resolver> {
    detour = await Detour.to(servers.named("S1").port);
    return connectResolver({ url: detour.url, creds: systemCreds(operator), waitFor: 10_000 });
  }

  const isEverywhere = ({ publicKey, jwt }: { publicKey: string; jwt: string }) =>
    servers.copiesOf(publicKey).every((copy) => copy === jwt);

  it("goes on over a new connection after each cut", async () => {
    resolver = await through();
    const accounts = makeAccounts(200);
    let [seen, cuts] = [0, 0];
    detour.onReply = (text) => {
      seen += text.split("jwt updated").length - 1;
      if (cuts === 3 || seen < (cuts + 1) * 100) return true;
      cuts += 1;
      return false;
    };
    // The first server that a cut connection turns to is the same one again.
    const pushed = await resolver.push(accounts.map(({ jwt }) => jwt));
    expect(cuts).toBeGreaterThan(0);
    expect(pushed).toHaveLength(200);
    expect(accounts.every(isEverywhere)).toBe(true);
  });

  it("is sent again when its reply is lost", async () => {
    detour = await Detour.to(servers.named("S1").port);
    const account = generateKeyPair("account");
    const address = addressFor(detour.url, operator)("orders", account.publicKey);
    let sent = 0;
    detour.onRequest = (text) => {
      sent += text.split("PUB $SYS.REQ.CLAIMS.UPDATE").length - 1;
      return true;
    };
    let lost = 0;
    detour.onReply = (text) => !(text.includes("jwt updated") && ++lost === 1);
    const { jwt } = await publishAccount(address, { name: "orders" });
    expect(lost).toBeGreaterThan(0);
    expect(isEverywhere({ publicKey: account.publicKey, jwt })).toBe(true);
    // Through the other servers it goes directly.
    expect(sent).toBeGreaterThan(0);
  });

  it("waits for a slow server", async () => {
    detour = await Detour.to(servers.named("S1").port);
    detour.delayMs = 400;
    const account = generateKeyPair("account");
    const address = addressFor(detour.url, operator)("orders", account.publicKey);
    const { jwt } = await publishAccount(address, { name: "orders" });
    expect(isEverywhere({ publicKey: account.publicKey, jwt })).toBe(true);
  });

  it("names the server that was killed in its middle, and is completed by the next one", async () => {
    const victim = servers.named("S3");
    resolver = await through();
    const accounts = makeAccounts(300);
    let killed: Promise<void> | undefined;
    let replies = 0;
    detour.onReply = (text) => {
      replies += text.split("jwt updated").length - 1;
      if (replies > 150) killed ??= victim.stop("SIGKILL");
      return true;
    };
    const jwts = accounts.map(({ jwt }) => jwt);
    const failure = await resolver.push(jwts).catch((error: unknown) => error);
    await killed;
    expect(failure).toBeInstanceOf(PushFailed);
    const { failed, pushed } = failure as PushFailed;
    expect(failed.size + pushed.length).toBe(300);
    expect(failed.size).toBeGreaterThan(0);
    for (const error of failed.values()) {
      expect(error).toMatchObject({
        code: "ERR_INCOMPLETE",
        message: expect.stringMatching(/no confirmation from S3; confirmed by S1, S2\./),
      });
    }
    await victim.start();
    await servers.formed();
    await resolver.push(jwts);
    expect(accounts.every(isEverywhere)).toBe(true);
  });

  it("ends within the bound when the server does not come back", async () => {
    detour = await Detour.to(servers.named("S1").port);
    const account = generateKeyPair("account");
    const address = addressFor(detour.url, operator, { waitFor: 1_000 })(
      "orders",
      account.publicKey,
    );
    const { jwt } = await publishAccount(address, { name: "orders" });
    const said: string[] = [];
    detour.onRequest = () => false;
    const change = { name: "orders", limits: { connections: 1 } };
    const quiet = { ...address, log: (line: string) => said.push(line) };
    detour.cut();
    await Promise.all(servers.all.map((server) => server.stop()));
    await sleep(100);
    await expect(publishAccount(quiet, change, { jwt })).rejects.toMatchObject({
      code: "ERR_UNREACHABLE",
      message: expect.stringMatching(/no nats-server answered at .* for 1 s/),
    });
    await Promise.all(servers.all.map((server) => server.start()));
    await servers.formed();
    detour.onRequest = () => true;
    await publishAccount(address, change, { jwt });
  });

  it("says which permission the system user lacks", async () => {
    const account = generateKeyPair("account");
    const url = servers.named("S1").url;
    const limited = (publish: string[], subscribe = ["_INBOX.>"]) =>
      addressFor(url, operator, {
        system: undefined,
        creds: systemCreds(operator, { permissions: { publish, subscribe } }),
      })("orders", account.publicKey);
    const pings = ["$SYS.REQ.SERVER.PING.>", "$SYS.REQ.SERVER.PING"];
    const lookups = [...pings, "$SYS.REQ.ACCOUNT.*.CLAIMS.LOOKUP"];
    const watch = ["_INBOX.>", "$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.ACCOUNT.*.CLAIMS.UPDATE"];
    for (const [address, subject] of [
      [limited(["$SYS.REQ.SERVER.PING"]), "PING.VARZ"],
      [limited(lookups, watch), "$SYS.REQ.CLAIMS.UPDATE"],
      [limited(["$SYS.REQ.>"]), "$SYS.REQ.CLAIMS.UPDATE"],
      [limited(["$SYS.REQ.>"], ["nothing"]), "_INBOX"],
    ] as const) {
      await expect(publishAccount(address, { name: "orders" })).rejects.toMatchObject({
        code: "ERR_UNAUTHORIZED",
        message: expect.stringMatching(
          new RegExp(`too few permissions: .*${subject.replaceAll("$", "\\$")}.* Give it these`),
        ),
      });
    }
    const enough = limited(["$SYS.REQ.>"], watch);
    const { jwt } = await publishAccount(enough, { name: "orders" });
    expect(isEverywhere({ publicKey: account.publicKey, jwt })).toBe(true);
  });

  it("says what is to be changed where a server refuses", async () => {
    const [full, broken] = [servers.named("S2"), servers.named("S3")];
    const at = addressFor(servers.named("S1").url, operator);
    const publish = (account: KeyPairData) =>
      publishAccount(at("orders", account.publicKey), { name: "orders" });
    await full.restart((config) => config.replace(/interval: .*/, "$&\n  limit: 1"));
    await servers.formed();
    const account = generateKeyPair("account");
    await expect(publish(account)).rejects.toMatchObject({
      code: "ERR_REJECTED",
      message: expect.stringMatching(
        /was rejected: S2 says ".*jwt store is full" \(raise `limit` in the resolver of the server configuration\)\. Accepted by S1, S3\./,
      ),
    });
    await full.restart((config) => config.replace("limit: 1", ""));
    await servers.formed();
    await closeConnections();
    await publish(account);

    // A folder that cannot be written, as on a full disk.
    const folder = join(broken.dir, "jwt");
    rmSync(folder, { recursive: true });
    writeFileSync(folder, "");
    await expect(publish(generateKeyPair("account"))).rejects.toMatchObject({
      code: "ERR_REJECTED",
      message: expect.stringMatching(/was rejected: S3 says "jwt update resulted in error/),
    });
    await broken.stop();
    rmSync(folder);
    await broken.start();
    await servers.formed();
    await closeConnections();
    await until(() => broken.accounts()[account.publicKey] !== undefined);
  });

  it("says how large an account may be", async () => {
    const small = servers.named("S1");
    await small.restart((config) => `max_payload: 4KiB\nmax_pending: 1MiB\n${config}`);
    await servers.formed();
    const account = generateKeyPair("account");
    const address = addressFor(small.url, operator)("orders", account.publicKey);
    const tags = Array.from({ length: 300 }, (_, index) => `a-tag-with-a-number:${index}`);
    await expect(publishAccount(address, { name: "orders", tags })).rejects.toMatchObject({
      code: "ERR_REJECTED",
      message: expect.stringMatching(
        /has \d+ bytes, and the server takes messages of 4096: raise `max_payload`/,
      ),
    });
    expect(await revokeUser(address, generateKeyPair("user").publicKey, now())).toBe("no account");
  });
});
