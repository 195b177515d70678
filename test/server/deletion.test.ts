import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { decodeToken } from "pulumi-nats-auth/claims";
import { generateKeyPair, type KeyPairData } from "pulumi-nats-auth/keys";
import {
  closeConnections,
  driftOf,
  inspectAccount,
  publishAccount,
  removeAccount,
} from "pulumi-nats-auth/resolver";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makeStream, type StreamConfig, store } from "../support/jetstream";
import { admission, connectWith, Servers, until } from "../support/nats";
import { addressFor, makeOperator, userOf } from "../support/operator";

const names = ["S1", "S2", "S3"];
const jetstream = { diskStorage: "1MiB" };

describe("a removed account", () => {
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
  const gone = [undefined, undefined, undefined];
  const isRefused = async (creds: string) => {
    const answers = servers.all.map(({ url }) => admission(creds, url));
    return (await Promise.all(answers)).every((answer) => answer.startsWith("refused"));
  };

  it.each([
    { signal: "SIGKILL", how: "killed", backAfterMs: 500 },
    { signal: "SIGTERM", how: "stopped", backAfterMs: 500 },
    { signal: "SIGKILL", how: "killed", backAfterMs: 2_500 },
    { signal: "SIGTERM", how: "stopped", backAfterMs: 2_500 },
  ] as const)(
    "stays away when a server was $how and is back after $backAfterMs ms",
    async ({ signal, backAfterMs }) => {
      const account = generateKeyPair("account");
      const address = at("closing", account.publicKey);
      await publishAccount(address, { name: "closing" });
      const { creds } = userOf(account);
      const absent = servers.named("S3");
      await absent.stop(signal);
      await closeConnections();
      const removed = await removeAccount({ ...address, remembered: names });
      expect(removed.state).toBe("locked");
      expect(removed.reason).toMatch(
        /^locked until \d{4}-\S+Z; S3 did not answer; it takes the lock over when it returns before then$/,
      );
      await sleep(backAfterMs);
      await absent.start();
      await servers.formed();
      // Until it has compared its accounts with the others', it alone lets the old creds in.
      await until(() => isRefused(creds));
      await until(() => new Set(copies(account)).size === 1);
      expect(copies(account)[0]).toBeDefined();

      await closeConnections();
      const again = await removeAccount({ ...address, remembered: names });
      expect(again.state).toBe("deleted");
      expect(copies(account)).toEqual(gone);
      expect(await isRefused(creds)).toBe(true);
      await sleep(2_500);
      expect(copies(account)).toEqual(gone);
    },
  );

  it("is refused while it has streams, unless forced; they survive", async () => {
    const account = generateKeyPair("account");
    const address = at("orders", account.publicKey);
    const claims = { name: "orders", jetstream };
    await publishAccount(address, claims);
    const { creds } = userOf(account);
    const nc = await connectWith(creds, servers.named("S1").url);
    await withStream(nc, "ORDERS", "orders.>");
    await nc.close();
    const before = copies(account);
    await expect(removeAccount(address)).rejects.toMatchObject({
      code: "ERR_IN_USE",
      message: expect.stringMatching(
        /account "orders" .* is still needed: it has the stream\(s\) ORDERS\. Nothing was changed\..*`forceDelete`/,
      ),
    });
    expect(copies(account)).toEqual(before);
    expect((await removeAccount(address, { force: true })).state).toBe("deleted");
    expect(copies(account)).toEqual(gone);

    await publishAccount(address, claims);
    await until(async () => (await messagesOf(creds, "ORDERS")) === 3, 60_000);
  });

  it("is refused while another account imports from it; both go together", async () => {
    const [exporter, importer] = [generateKeyPair("account"), generateKeyPair("account")];
    const market = at("market", exporter.publicKey);
    const shop = at("shop", importer.publicKey);
    const of = (account: KeyPairData) => [{ stream: "prices.>", account: account.publicKey }];
    const exports = [{ stream: "prices.>" }];
    const localSubject = "theirs.>";
    await publishAccount(market, {
      name: "market",
      exports,
      imports: of(importer).map((one) => ({ ...one, localSubject })),
    });
    await publishAccount(shop, {
      name: "shop",
      exports,
      imports: of(exporter).map((one) => ({ ...one, localSubject })),
    });
    await expect(removeAccount(market)).rejects.toMatchObject({
      code: "ERR_IN_USE",
      message: expect.stringContaining(
        `account(s) "shop" (${importer.publicKey}) import from it. Nothing was changed.`,
      ),
    });
    const removed = await Promise.all([removeAccount(market), removeAccount(shop)]);
    expect(removed.map(({ state }) => state)).toEqual(["deleted", "deleted"]);
  });

  it("can be locked instead: it keeps its streams, and opens when it is published again", async () => {
    const account = generateKeyPair("account");
    const address = at("paused", account.publicKey);
    const exports = [{ stream: "paused.>" }];
    const claims = { name: "paused", jetstream, exports };
    const first = await publishAccount(address, claims);
    const { creds } = userOf(account);
    const nc = await connectWith(creds, servers.named("S1").url);
    await withStream(nc, "PAUSED", "paused.>");
    const session = nc.closed();
    const removed = await removeAccount(address, { mode: "lock", force: true });
    expect(removed).toMatchObject({ state: "locked", reason: "locked" });
    await session;
    expect(await isRefused(creds)).toBe(true);
    const [token] = new Set(copies(account));
    const lock = decodeToken(token ?? "");
    expect(lock.exp).toBeUndefined();
    expect(lock.nats["exports"]).toEqual(decodeToken(first.jwt).nats["exports"]);
    const seen = driftOf(await inspectAccount(address), decodeToken(first.jwt));
    expect(seen.map(({ text }) => text)).toEqual(names.map((name) => `${name} keeps it locked`));

    // No conflict: nobody but us locked it.
    await publishAccount(address, claims, first);
    await until(async () => (await messagesOf(creds, "PAUSED")) === 3, 60_000);
  });

  it("says which server came to know nothing of the deletion, and keeps the lock there and everywhere", async () => {
    const without = servers.named("S2");
    await without.restart((config) => config.replace("allow_delete: true", "allow_delete: false"));
    await servers.formed();
    const account = generateKeyPair("account");
    const address = at("kept", account.publicKey);
    await publishAccount(address, { name: "kept" });
    const removed = await removeAccount(address);
    expect(removed.state).toBe("locked");
    expect(removed.reason).toMatch(
      /S2 says ".*delete must be enabled.*" \(`allowDelete` of ResolverConfig/,
    );
    const { creds } = userOf(account);
    await until(() => copies(account).every((copy) => copy !== undefined));
    expect(await isRefused(creds)).toBe(true);
    await without.restart((config) => config.replace("allow_delete: false", "allow_delete: true"));
    await servers.formed();
  });

  async function messagesOf(creds: string, stream: string): Promise<number | undefined> {
    const nc = await connectWith(creds, servers.named("S1").url);
    try {
      const reply = await nc.request(`$JS.API.STREAM.INFO.${stream}`, "", { timeout: 5_000 });
      return reply.json<{ state?: { messages: number } }>().state?.messages;
    } catch {
      return undefined; // JetStream of the account is only just back
    } finally {
      await nc.close();
    }
  }
});

/** Makes a stream with three messages. Its server may be another one, which this one hears of a moment later. */
async function withStream(nc: NatsConnection, name: string, subject: string): Promise<void> {
  const config: StreamConfig = { name, subjects: [subject] };
  await until(async () => (await makeStream(nc, config).catch(String)) === "made", 60_000);
  for (const id of ["1", "2", "3"]) await store(nc, subject.replace(">", id), id);
}
