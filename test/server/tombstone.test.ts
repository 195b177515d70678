import { generateKeyPair } from "pulumi-nats-auth/keys";
import { closeConnections, publishAccount, removeAccount } from "pulumi-nats-auth/resolver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, Servers, until } from "../support/nats";
import { addressFor, makeOperator, userOf } from "../support/operator";

/** Servers look for expired accounts once a minute. */
const sweepMs = 90_000;

describe("a tombstone", () => {
  const operator = makeOperator("acme", { allowDelete: false });
  let servers: Servers;

  beforeAll(async () => {
    servers = await Servers.cluster(operator.text);
  });

  afterAll(async () => {
    await closeConnections();
    await servers?.close();
  });

  it("goes by itself; only a server that was away for longer brings the account back", async () => {
    const at = addressFor(servers.named("S1").url, operator);
    const [removed, returned] = [generateKeyPair("account"), generateKeyPair("account")];
    for (const { publicKey } of [removed, returned]) {
      await publishAccount(at("brief", publicKey), { name: "brief" });
    }
    const remembered = ["S1", "S2", "S3"];
    const all = await removeAccount(at("brief", removed.publicKey), { tombstoneFor: 3 });
    expect(all).toMatchObject({ state: "locked", reason: expect.stringMatching(/allowDelete/) });
    const absent = servers.named("S3");
    await absent.stop();
    await closeConnections();
    const address = { ...at("brief", returned.publicKey), remembered };
    const some = await removeAccount(address, { tombstoneFor: 3 });
    expect(some).toMatchObject({
      state: "locked",
      reason: expect.stringMatching(/^locked until .*; S3 did not/),
    });
    const [first, second] = servers.all;
    await until(() => first?.accounts()[returned.publicKey] === undefined, sweepMs);
    await until(() => second?.accounts()[returned.publicKey] === undefined, sweepMs);
    await absent.start();
    await servers.formed();
    const back = userOf(returned).creds;
    await until(async () => (await admission(back, servers.named("S1").url)) === "admitted");
    const { creds } = userOf(removed);
    for (const { url } of servers.all) expect(await admission(creds, url)).toMatch(/^refused/);
  });
});
