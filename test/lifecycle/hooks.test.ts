import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeToken, signAccount, signOperator } from "pulumi-nats-auth/claims";
import { generateKeyPair, parseCreds, signerFromSeed } from "pulumi-nats-auth/keys";
import {
  account,
  keyPair,
  operator,
  resolverConfig,
  signingKey,
  user,
} from "pulumi-nats-auth/lifecycle";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

/** What the engine sends for a value that is not known yet. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

describe("the hooks of a key", () => {
  it.each([keyPair, signingKey])(
    "keep its seed when the program names its public key",
    async (hooks) => {
      const { id, outs } = await hooks.create({ kind: "account" });
      const pinned = { kind: "account", publicKey: outs.publicKey };
      expect(await hooks.diff?.(id, outs, pinned)).toMatchObject({ changes: false });
      const updated = await hooks.update?.(id, outs, pinned);
      expect(updated?.outs).toMatchObject({ seed: outs.seed, publicKey: outs.publicKey });
    },
  );

  it("say in a preview what an adopted seed leads to", async () => {
    const { publicKey, seed } = generateKeyPair("operator");
    const checked = await keyPair.check?.({}, { kind: "operator", seed });
    expect(checked).toMatchObject({ inputs: { publicKey, seed }, failures: [] });
  });
});

describe("a KeyPair", () => {
  it("rotates when it is a curve key; other keys are identities", async () => {
    const failuresOf = async (kind: string) =>
      (await keyPair.check?.({}, { kind, rotation: "1" }))?.failures?.map(({ reason }) => reason);
    expect(await failuresOf("curve")).toEqual([]);
    for (const kind of ["operator", "account", "user"]) {
      expect(await failuresOf(kind)).toEqual([
        `rotation: is not for keys of kind ${kind}: another key is another identity`,
      ]);
    }
  });
});

describe("an operator JWT that was signed elsewhere", () => {
  const [identity, signer, system] = [
    generateKeyPair("operator"),
    generateKeyPair("operator"),
    generateKeyPair("account"),
  ];
  const claims = {
    name: "acme",
    signingKeys: [signer.publicKey],
    systemAccount: system.publicKey,
  };
  const jwt = signOperator({
    publicKey: identity.publicKey,
    claims,
    signer: signerFromSeed(identity.seed),
    issuedAt: 1,
  });
  const inputs = {
    name: "acme",
    jwt,
    key: { publicKey: identity.publicKey },
    signer,
    signingKeys: [signer.publicKey],
    system: { publicKey: system.publicKey, signer: system },
  };
  const check = async (news: object) => (await operator.check?.({}, news))?.failures;

  it("is not held against keys that a preview does not know yet", async () => {
    expect(await check(inputs)).toEqual([]);
    const vague = { publicKey: unknown, seed: unknown };
    expect(await check({ ...inputs, signer: vague, signingKeys: [unknown] })).toEqual([]);
    expect(await check({ ...inputs, system: { publicKey: unknown, signer: vague } })).toEqual([]);
    expect(await check({ ...inputs, key: { publicKey: unknown } })).toEqual([]);
    expect(await check({ ...inputs, requireSigningKeys: unknown })).toEqual([]);
    expect(await check({ ...inputs, signer: generateKeyPair("operator") })).toHaveLength(1);
  });
});

describe("a role", () => {
  const account = generateKeyPair("account");
  const role = { name: "worker", permissions: { publish: { deny: ["x.{{account-tag(tier)}}"] } } };
  const signer = { ...generateKeyPair("account"), role };
  const inputs = {
    name: "ann",
    account: { publicKey: account.publicKey, name: "orders", signer },
  };
  const check = async (tags?: string[]) =>
    (await user.check?.({}, { ...inputs, account: { ...inputs.account, tags } }))?.failures;

  it("refuses a user whose name would be a wildcard in its subjects", async () => {
    const own = { name: "own", permissions: { publish: ["names.{{name()}}"] } };
    const of = { ...inputs.account, signer: { ...signer, role: own } };
    const refused = async (name: string) =>
      (await user.check?.({}, { name, account: of }))?.failures?.map(({ reason }) => reason);
    expect(await refused("ann")).toEqual([]);
    expect(await refused("*")).toEqual([
      expect.stringMatching(
        /^account.signer.role: "own" does not fit this user: .* becomes "names\.\*" for this user/,
      ),
    ]);
  });

  it("that asks for tags of the account is judged only where these are known", async () => {
    expect(await check(["tier:gold"])).toEqual([]);
    expect(await check([])).toHaveLength(1);
    expect(await check(undefined)).toEqual([]);
  });
});

describe("the hooks of an account", () => {
  it("announce a replacement when its key is not known yet", async () => {
    const { publicKey } = generateKeyPair("account");
    const operator = generateKeyPair("operator");
    const olds = { name: "a", publicKey, jwt: "", operator: { signer: operator } };
    const diff = await account.diff?.(publicKey, olds, { ...olds, publicKey: unknown });
    expect(diff).toMatchObject({
      changes: true,
      replaces: ["publicKey"],
      deleteBeforeReplace: true,
    });
  });

  it("refuse an expiry where one missed night would end all sessions, or stop streams", async () => {
    const problemsOf = async (more: object) => {
      const operator = generateKeyPair("operator");
      const { publicKey } = generateKeyPair("account");
      const by = { publicKey: operator.publicKey, signer: operator };
      const checked = await account.check?.({}, { name: "a", publicKey, operator: by, ...more });
      return checked?.failures?.map(({ reason }) => reason);
    };
    expect(await problemsOf({ expiresIn: "30d", renewBefore: "14d" })).toEqual([
      expect.stringMatching(/^renewBefore: must be at least 15d/),
    ]);
    expect(await problemsOf({ expiresIn: "30d", renewBefore: "15d" })).toEqual([]);
    const jetstream = { diskStorage: "1GiB" };
    expect(await problemsOf({ expiresIn: "6d", jetstream })).toEqual([
      expect.stringMatching(/^expiresIn: must be at least 7d for an account with JetStream/),
    ]);
    expect(await problemsOf({ expiresIn: "7d", jetstream })).toEqual([]);
    expect(await problemsOf({ expiresIn: "6d" })).toEqual([]);
  });

  it("say that an account stays on its servers when the stack knows no more where they are", async () => {
    const { publicKey } = generateKeyPair("account");
    const operator = { publicKey: "", signer: generateKeyPair("operator") };
    const said = vi.spyOn(console, "warn").mockImplementation(() => {});
    try {
      await account.delete?.(publicKey, { name: "left", publicKey, operator, servers: ["S1"] });
      expect(said.mock.calls.join()).toMatch(/account "left" .* stays on S1, open to its users/);
    } finally {
      said.mockRestore();
    }
  });
});

describe("a file that a resource writes", () => {
  const [operator, system, orders] = [
    generateKeyPair("operator"),
    generateKeyPair("account"),
    generateKeyPair("account"),
  ];
  const signer = signerFromSeed(operator.seed);
  const issuedAt = Math.floor(Date.now() / 1000);
  let folder: string;
  const path = (name: string) => join(folder, name);
  const text = (name: string) => readFileSync(path(name), "utf8");

  const config = (name: string) => ({
    operatorJwt: signOperator({
      publicKey: operator.publicKey,
      claims: { name: "acme", systemAccount: system.publicKey },
      signer,
      issuedAt,
    }),
    systemAccount: {
      publicKey: system.publicKey,
      jwt: signAccount({ publicKey: system.publicKey, claims: { name: "SYS" }, signer, issuedAt }),
    },
    path: path(name),
  });
  const userOf = (by: typeof orders, name: string) => ({
    name: "api",
    account: { publicKey: by.publicKey, name: "orders", signer: by },
    credsPath: path(name),
  });
  const subjectIn = (name: string) => decodeToken(parseCreds(text(name)).jwt).sub;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hooks-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("does not take the place of a configuration that is not ours; what it made is kept", async () => {
    writeFileSync(path("own.conf"), "port: 4222\n");
    await expect(resolverConfig.create(config("own.conf"))).rejects.toMatchObject({
      message: expect.stringMatching(/own\.conf exists and was not written for .* \[ERR_FILE\]/),
      properties: { text: expect.stringContaining(system.publicKey), pending: expect.anything() },
    });
    expect(text("own.conf")).toBe("port: 4222\n");
  });

  it("takes the place of an earlier configuration of ours", async () => {
    await resolverConfig.create(config("resolver.conf"));
    const { outs } = await resolverConfig.create({
      ...config("resolver.conf"),
      interval: "7s",
    });
    expect(text("resolver.conf")).toBe(outs.text);
    expect(text("resolver.conf")).toContain("7s");
  });

  it("does not take the place of creds of another account, or of anything else", async () => {
    await user.create(userOf(generateKeyPair("account"), "other.creds"));
    writeFileSync(path("notes.creds"), "my notes");
    for (const name of ["other.creds", "notes.creds"]) {
      const before = text(name);
      await expect(user.create(userOf(orders, name))).rejects.toMatchObject({
        message: expect.stringMatching(/exists and was not written for .* \[ERR_FILE\]/),
        properties: { jwt: expect.any(String), seed: expect.any(String) },
      });
      expect(text(name)).toBe(before);
    }
  });

  it("takes the place of creds of its account, as after an interrupted try", async () => {
    const first = await user.create(userOf(orders, "api.creds"));
    expect(subjectIn("api.creds")).toBe(first.id);
    const second = await user.create(userOf(orders, "api.creds"));
    expect(subjectIn("api.creds")).toBe(second.id);
  });

  it("stays when its resource is deleted after a successor wrote the same", async () => {
    const before = await resolverConfig.create(config("renamed.conf"));
    await resolverConfig.create(config("renamed.conf"));
    await resolverConfig.delete?.(before.id, before.outs);
    expect(text("renamed.conf")).toBe(before.outs.text);

    const inputs = { ...userOf(orders, "renamed.creds"), key: generateKeyPair("user") };
    const old = await user.create(inputs);
    await user.create(inputs);
    await user.delete?.(old.id, old.outs);
    expect(subjectIn("renamed.creds")).toBe(inputs.key.publicKey);
  });
});
