import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type AccountClaims, decodeToken, signAccount } from "pulumi-nats-auth/claims";
import { generateKeyPair, type KeyPairData, signerFromSeed } from "pulumi-nats-auth/keys";
import { connectResolver, type Resolver } from "pulumi-nats-auth/resolver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, Servers, until } from "../support/nats";
import { makeOperator, now, systemCreds, userOf } from "../support/operator";

const repository = join(__dirname, "..", "..");

describe("a resolver in a few lines", () => {
  const operator = makeOperator("acme");
  const operatorSeed = operator.signing.seed;
  let servers: Servers;
  let resolver: Resolver;

  beforeAll(async () => {
    servers = await Servers.cluster(operator.text);
    const { url } = servers.named("S1");
    resolver = await connectResolver({ url, creds: systemCreds(operator) });
  });

  afterAll(async () => {
    await resolver?.close();
    await servers?.close();
  });

  function tokenOf(
    { publicKey }: KeyPairData,
    claims: Partial<AccountClaims> = {},
    { issuedAt = now(), signer = operator.signing } = {},
  ): string {
    return signAccount({
      publicKey,
      claims: { name: "orders", ...claims },
      signer: signerFromSeed(signer.seed),
      issuedAt,
    });
  }

  it("pushes, looks up, lists, inspects, revokes and removes", async () => {
    const account = generateKeyPair("account");
    const { publicKey } = account;
    const jwt = tokenOf(account);
    const [pushed] = await resolver.push(jwt);
    expect(pushed).toEqual({ account: publicKey, jwt, servers: ["S1", "S2", "S3"], warnings: [] });
    expect(await resolver.lookup(publicKey)).toBe(jwt);
    expect(await resolver.list()).toContain(publicKey);
    const seen = await resolver.inspect(publicKey);
    expect(seen.servers.map((one) => one.jwt)).toEqual([jwt, jwt, jwt]);
    const user = userOf(account);
    expect(await resolver.revoke(publicKey, user.publicKey, { operatorSeed })).toBe("revoked");
    expect(await admission(user.creds, servers.named("S2").url)).toMatch(/^refused/);
    expect((await resolver.remove(publicKey, { operatorSeed })).state).toBe("deleted");
    expect(await resolver.lookup(publicKey)).toBeUndefined();
    expect(await resolver.list()).not.toContain(publicKey);
  });

  it("pushes exporters before importers", async () => {
    const exporters = Array.from({ length: 5 }, () => generateKeyPair("account"));
    const importer = generateKeyPair("account");
    const imports = exporters.map(({ publicKey }, index) => ({
      stream: "prices.>",
      account: publicKey,
      localSubject: `from.${index}.>`,
    }));
    const exports = [{ stream: "prices.>" }];
    const pushed = await resolver.push([
      tokenOf(importer, { imports }),
      ...exporters.map((account) => tokenOf(account, { exports })),
    ]);
    expect(pushed.flatMap(({ warnings }) => warnings)).toEqual([]);
    expect(pushed.at(-1)?.account).toBe(importer.publicKey);
  });

  it("takes nothing back: neither a newer copy nor a revocation", async () => {
    const account = generateKeyPair("account");
    const newer = tokenOf(account, { limits: { connections: 5 } }, { issuedAt: now() + 10 });
    await resolver.push(newer);
    const older = tokenOf(account);
    await expect(resolver.push(older)).rejects.toMatchObject({
      code: "ERR_CONFLICT",
      message: expect.stringMatching(/a server holds a copy that is not older; nothing was sent/),
    });
    const user = generateKeyPair("user").publicKey;
    await resolver.revoke(account.publicKey, user, { operatorSeed });
    const newest = tokenOf(account, {}, { issuedAt: now() + 100 });
    await expect(resolver.push(newest)).rejects.toMatchObject({
      code: "ERR_CONFLICT",
      message: expect.stringMatching(/revokes what this one does not/),
    });
    // A server that compares just now brings back what is newer.
    await until(async () => {
      await resolver.push(older, { overwrite: true });
      return servers.copiesOf(account.publicKey).every((copy) => copy === older);
    });
  });

  it("tells which of several failed, and pushes the others", async () => {
    const [good, bad] = [generateKeyPair("account"), generateKeyPair("account")];
    const stranger = tokenOf(bad, {}, { signer: generateKeyPair("operator") });
    await expect(resolver.push([stranger, tokenOf(good)])).rejects.toMatchObject({
      message: expect.stringMatching(/^1 of 2 accounts failed: .* does not know the signing key/),
      failed: new Map([[bad.publicKey, expect.objectContaining({ code: "ERR_UNTRUSTED" })]]),
      pushed: [expect.objectContaining({ account: good.publicKey })],
    });
    expect(servers.copiesOf(bad.publicKey)).toEqual([undefined, undefined, undefined]);
  });

  it("is closed when told so, and then lets the process end: examples/library", async () => {
    const work = join(repository, "test", ".work");
    mkdirSync(work, { recursive: true });
    const folder = mkdtempSync(join(work, "library-"));
    try {
      cpSync(join(repository, "examples", "library"), folder, { recursive: true });
      writeFileSync(join(folder, "sys.creds"), systemCreds(operator));
      const env = {
        ...process.env,
        NATS_URL: servers.named("S1").url,
        NATS_CREDS: join(folder, "sys.creds"),
        OPERATOR_SEED: operatorSeed,
      };
      const script = join(folder, "push-account.mjs");
      const run = promisify(execFile);
      const { stdout, stderr } = await run(process.execPath, [script, "billing"], { env });
      expect(stderr).toBe('account "billing" is on S1, S2, S3\n');
      const account: KeyPairData = JSON.parse(stdout);
      const [copy] = servers.copiesOf(account.publicKey);
      expect(decodeToken(copy ?? "").name).toBe("billing");
      const { creds } = userOf(account);
      expect(await admission(creds, servers.named("S3").url)).toBe("admitted");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
