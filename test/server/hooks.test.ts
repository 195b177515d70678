import { chmodSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { accountFromWire, decodeToken, signUser } from "pulumi-nats-auth/claims";
import { formatCreds, generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { account, localServer, user } from "pulumi-nats-auth/lifecycle";
import { closeConnections } from "pulumi-nats-auth/resolver";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { admission, freePort, type Server, Servers } from "../support/nats";
import { makeOperator } from "../support/operator";

const operator = makeOperator("acme");
type Outs = Record<string, unknown>;

describe("the hooks of accounts and users, on a server", () => {
  let servers: Servers;
  let server: Server;

  const inputsOf = (name: string) => ({
    name,
    publicKey: "",
    operator: { publicKey: operator.identity.publicKey, signer: operator.signing },
    server: {
      url: server.url,
      system: { publicKey: operator.system.publicKey, signer: operator.systemSigning },
      waitFor: "1s",
    },
  });

  async function accountWithUser(name: string) {
    const key = generateKeyPair("account");
    const inputs = { ...inputsOf(name), publicKey: key.publicKey };
    const made = await account.create(inputs);
    const authority = JSON.stringify({ operator: inputs.operator, server: inputs.server });
    const one = await user.create({
      name: "one",
      account: { publicKey: key.publicKey, name, signer: key, authority },
    });
    const creds = formatCreds(one.outs.jwt, one.outs.seed);
    return { inputs, made, one, creds };
  }

  beforeAll(async () => {
    servers = await Servers.start(operator.text, [await freePort()]);
    server = servers.all[0] as Server;
  });

  afterAll(async () => {
    await closeConnections();
    await servers?.close();
  });

  it("refuse a revoked user also when making its account again failed at first", async () => {
    const { inputs, made, one, creds } = await accountWithUser("again");
    expect(await admission(creds, server.url)).toBe("admitted");
    await user.delete?.(one.id, one.outs);
    await account.delete?.(made.id, made.outs);
    await closeConnections();
    await server.stop();
    const half: Outs = await account.create(inputs).then(
      () => ({}),
      (error) => error.properties,
    );
    await server.start();
    const { revocations } = accountFromWire(decodeToken(half["jwt"] as string));
    expect(Object.keys(revocations ?? {})).toEqual([one.id]);
    await account.update?.(made.id, half, inputs);
    expect(await admission(creds, server.url)).toMatch(/^refused/);
  });

  it("call a user revoked only when every server of its account has it", async () => {
    const { inputs, made, one, creds } = await accountWithUser("two-servers");
    const outs = { ...made.outs, servers: ["AWAY", "S1"] };
    await account.diff?.(made.id, outs, inputs);
    await expect(user.delete?.(one.id, one.outs)).rejects.toThrow(
      /no confirmation from AWAY; confirmed by S1/,
    );
    expect(await admission(creds, server.url)).toMatch(/^refused/);
  });

  it("refuse a deleted user whose token is older than the account's longest lifetime", async () => {
    const key = generateKeyPair("account");
    const inputs = { ...inputsOf("old"), publicKey: key.publicKey, maxUserLifetime: "30d" };
    await account.create(inputs);
    const authority = JSON.stringify({ operator: inputs.operator, server: inputs.server });
    const { publicKey, seed } = generateKeyPair("user");
    const now = Math.floor(Date.now() / 1000);
    const jwt = signUser({
      publicKey,
      claims: { name: "old", expiresAt: new Date((now + 864_000) * 1000).toISOString() },
      signer: signerFromSeed(key.seed),
      issuedAt: now - 100 * 86_400,
    });
    const creds = formatCreds(jwt, seed);
    expect(await admission(creds, server.url)).toBe("admitted");
    const of = { publicKey: key.publicKey, name: "old", authority, maxUserLifetime: "30d" };
    await user.delete?.(publicKey, { name: "old", account: of, publicKey, seed, jwt });
    expect(await admission(creds, server.url)).toMatch(/^refused/);
    // A change of the account does not forget it.
    const olds = { ...inputs, jwt: server.accounts()[key.publicKey], servers: [server.name] };
    await account.update?.(key.publicKey, olds, { ...inputs, tags: ["changed"] });
    expect(await admission(creds, server.url)).toMatch(/^refused/);
  });
});

describe("the hooks of a server", () => {
  it("leave it running when a successor uses it", async () => {
    const inputs = { config: operator.text, host: "127.0.0.1", port: await freePort() };
    const before = await localServer.create(inputs);
    const { pid, storage } = before.outs as { pid: number; storage: string };
    try {
      const successor = await localServer.create(inputs);
      expect(successor.outs.pid).toBe(pid);
      await localServer.delete?.(before.id, before.outs);
      await sleep(300);
      expect(() => process.kill(pid, 0)).not.toThrow();
    } finally {
      process.kill(pid, "SIGKILL");
      rmSync(storage, { recursive: true, force: true });
    }
  });

  it.skipIf(process.platform === "win32")("refuse a folder that others can write to", async () => {
    const port = await freePort();
    const storage = join(tmpdir(), `pulumi-nats-auth-${userInfo().uid}-${port}`);
    mkdirSync(storage);
    chmodSync(storage, 0o777);
    try {
      const inputs = { config: operator.text, host: "127.0.0.1", port };
      await expect(localServer.create(inputs)).rejects.toThrow(
        /is not a private folder of yours; .* \[ERR_LOCAL_SERVER\]/,
      );
      expect(readdirSync(storage)).toEqual([]);
    } finally {
      rmSync(storage, { recursive: true, force: true });
    }
  });
});

describe("the hooks of a system account", () => {
  it("say which server did not take a change, and try again", async () => {
    const servers = await Servers.cluster(operator.text);
    const said = vi.spyOn(console, "warn").mockImplementation(() => {});
    try {
      const { system, systemSigning, systemJwt, identity, signing } = operator;
      const inputs = {
        name: "SYS",
        system: true,
        publicKey: system.publicKey,
        operator: { publicKey: identity.publicKey, signer: signing },
        signingKeys: [systemSigning.publicKey],
        server: {
          url: servers.all[0]?.url,
          system: { publicKey: system.publicKey, signer: systemSigning },
          waitFor: "3s",
          expect: ["S1", "S2", "S3"],
        },
      };
      const olds = { ...inputs, jwt: systemJwt };
      const { publicKey } = generateKeyPair("account");
      const news = { ...inputs, signingKeys: [systemSigning.publicKey, publicKey] };
      await servers.all[2]?.stop("SIGKILL");
      const first = (await account.update?.(system.publicKey, olds, news)) as { outs: Outs };
      expect(said.mock.calls.join()).toMatch(/"SYS" .* no confirmation from S3/);
      expect(await account.diff?.(system.publicKey, first.outs, news)).toEqual({ changes: true });

      await servers.all[2]?.start();
      await servers.formed();
      await closeConnections(); // the next command is another process
      const second = (await account.update?.(system.publicKey, first.outs, news)) as { outs: Outs };
      expect(await account.diff?.(system.publicKey, second.outs, news)).toEqual({ changes: false });
      for (const server of servers.all) {
        const held = accountFromWire(decodeToken(server.accounts()[system.publicKey] ?? ""));
        expect(held.signingKeys).toContain(publicKey);
      }
    } finally {
      said.mockRestore();
      await closeConnections();
      await servers.close();
    }
  });
});
