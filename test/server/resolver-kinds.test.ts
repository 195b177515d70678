import { signAccount } from "pulumi-nats-auth/claims";
import { generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import {
  type AccountAddress,
  closeConnections,
  connectResolver,
  inspectAccount,
  publishAccount,
  removeAccount,
  revokeUser,
} from "pulumi-nats-auth/resolver";
import { afterEach, describe, expect, it } from "vitest";
import { AccountServer } from "../support/account-server";
import { admission, connectWith, freePort, Servers } from "../support/nats";
import { addressFor, makeOperator, now, systemCreds, userOf } from "../support/operator";

describe("resolvers of type", () => {
  const open: { close(): Promise<void> }[] = [];
  const started = <T extends { close(): Promise<void> }>(one: T): T => {
    open.push(one);
    return one;
  };

  afterEach(async () => {
    await closeConnections();
    await Promise.all(open.splice(0).map((one) => one.close()));
  });

  it("memory take no pushes, and the error says where the account belongs", async () => {
    const operator = makeOperator("acme", { type: "memory" });
    const servers = started(await Servers.start(operator.text, [await freePort()]));
    const { url } = servers.named("S1");
    const account = generateKeyPair("account");
    const address = addressFor(url, operator)("orders", account.publicKey);
    await expect(publishAccount(address, { name: "orders" })).rejects.toMatchObject({
      code: "ERR_NO_RESOLVER",
      message: expect.stringMatching(/give the account to `ResolverConfig\.preload`/),
    });
    // Where another tool watches what is pushed, servers do not say that they take none: nobody answers.
    const watcher = await connectWith(systemCreds(operator), url);
    watcher.subscribe("$SYS.REQ.CLAIMS.UPDATE");
    await watcher.flush();
    await expect(publishAccount(address, { name: "orders" })).rejects.toMatchObject({
      code: "ERR_INCOMPLETE",
      message: expect.stringMatching(/no confirmation from S1; .*`ResolverConfig\.preload`/),
    });
    await watcher.close();
  });

  it("cache confirm what they have loaded, and what they skip they get when asked", async () => {
    const operator = makeOperator("acme");
    const cache = operator.textWith([operator.signing.publicKey], { type: "cache" });
    const servers = started(await Servers.cluster([operator.text, operator.text, cache]));
    const account = generateKeyPair("account");
    const address = addressFor(servers.named("S3").url, operator)("orders", account.publicKey);
    const first = await publishAccount(address, { name: "orders" });
    expect(first.servers).toEqual(["S1", "S2", "S3"]);
    const held = async () =>
      (await inspectAccount(address)).servers.map(({ server, jwt }) => [server, jwt]);
    expect(await held()).toEqual(["S1", "S2", "S3"].map((name) => [name, first.jwt]));
    const claims = { name: "orders", limits: { connections: 5 } };
    const second = await publishAccount(address, claims, first);
    expect(await held()).toEqual(["S1", "S2", "S3"].map((name) => [name, second.jwt]));
    const user = userOf(account);
    expect(await revokeUser(address, user.publicKey, now())).toBe("revoked");
    expect(await admission(user.creds, servers.named("S3").url)).toMatch(/^refused/);
    expect((await removeAccount(address)).state).toBe("deleted");
    expect(await admission(userOf(account).creds, servers.named("S3").url)).toMatch(/^refused/);
  });

  it("cache alone lose an account, which is said by the server's name", async () => {
    const operator = makeOperator("acme", { type: "cache" });
    const servers = started(await Servers.start(operator.text, [await freePort()]));
    const { url } = servers.named("S1");
    const account = generateKeyPair("account");
    const address = addressFor(url, operator, { waitFor: 2_000 })("orders", account.publicKey);
    await expect(publishAccount(address, { name: "orders" })).rejects.toMatchObject({
      code: "ERR_REJECTED",
      message: expect.stringMatching(/S1 took the JWT without running it: its resolver is a cache/),
    });
  });

  it("url are served by an HTTP account server, which is pushed to instead", async () => {
    const accountServer = started(await AccountServer.start());
    const url = `${accountServer.url}/accounts/`;
    const operator = makeOperator("acme", { type: "url", url });
    accountServer.accounts.set(operator.system.publicKey, operator.systemJwt);
    const servers = started(await Servers.start(operator.text, [await freePort()]));
    const server = servers.named("S1");
    const account = generateKeyPair("account");
    const target = { url: accountServer.url, system: undefined };
    const address: AccountAddress = addressFor(
      server.url,
      operator,
      target,
    )("orders", account.publicKey);
    const held = () => accountServer.accounts.get(account.publicKey);
    const user = userOf(account);
    const first = await publishAccount(address, { name: "orders" });
    expect(held()).toBe(first.jwt);
    expect(await admission(user.creds, server.url)).toBe("admitted");

    expect(await revokeUser(address, user.publicKey, now())).toBe("revoked");
    const change = { name: "orders", limits: { connections: 5 } };
    const { jwt } = await publishAccount(address, change, first);
    expect(held()).toBe(jwt);
    expect(Object.keys((await inspectAccount(address)).revocations)).toEqual([user.publicKey]);

    const removed = await removeAccount(address);
    expect(removed).toMatchObject({
      state: "locked",
      reason: expect.stringMatching(/an HTTP account server deletes nothing; remove it there/),
    });
    expect((await inspectAccount(address)).newest?.claims.exp).toBeGreaterThan(now());

    const resolver = await connectResolver({ url: accountServer.url });
    const own = generateKeyPair("account");
    const signer = signerFromSeed(operator.signing.seed);
    const { publicKey } = own;
    const token = signAccount({ publicKey, claims: { name: "own" }, signer, issuedAt: now() });
    await resolver.push(token);
    expect(await resolver.lookup(publicKey)).toBe(token);
    accountServer.refusal = "no";
    await expect(resolver.push(token)).rejects.toMatchObject({
      code: "ERR_REJECTED",
      message: expect.stringMatching(/says "400 no"/),
    });
  });
});
