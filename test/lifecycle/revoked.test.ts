/** Nobody who was revoked, or should have been, gets in again. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeToken, formatInstant, signAccount } from "pulumi-nats-auth/claims";
import { generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { account, user } from "pulumi-nats-auth/lifecycle";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

type Outs = Record<string, unknown>;

const day = 24 * 3600;
const now = () => Math.floor(Date.now() / 1000);
const inDays = (days: number) => formatInstant(now() + days * day);

const [operator, system, orders] = [
  generateKeyPair("operator"),
  generateKeyPair("account"),
  generateKeyPair("account"),
];
// Nobody listens there: whoever tries to revoke says so.
const server = {
  url: "nats://127.0.0.1:1",
  system: { publicKey: system.publicKey, signer: system },
  waitFor: "1s",
};
const authority = JSON.stringify({
  operator: { publicKey: operator.publicKey, signer: operator },
  server,
});
const ofOrders = { publicKey: orders.publicKey, name: "orders", signer: orders, authority };
const tried = /no nats-server answered/;

async function reissued(first: object, then: object): Promise<{ id: string; outs: Outs }> {
  const inputs = { name: "api", account: ofOrders };
  const { id, outs } = await user.create({ ...inputs, ...first });
  return { id, outs: (await user.update?.(id, outs, { ...inputs, ...then }))?.outs as Outs };
}

describe("a deleted user is revoked", () => {
  it("unless its only token has expired", async () => {
    const { id, outs } = await user.create({
      name: "api",
      account: ofOrders,
      expiresAt: inDays(-1),
    });
    await expect(user.delete?.(id, outs)).resolves.toBeUndefined();
  });

  it.each<[string, object]>([
    ["never ends", {}],
    ["ends later", { expiresAt: inDays(30) }],
  ])("although its token has expired, when one before it %s", async (_, first) => {
    const { id, outs } = await reissued(first, { expiresAt: inDays(-1) });
    await expect(user.delete?.(id, outs)).rejects.toThrow(tried);
  });

  it("also when several tokens came after the one that lives on", async () => {
    const inputs = { name: "api", account: ofOrders, expiresAt: inDays(-1) };
    const { id, outs } = await reissued({ expiresAt: inDays(30) }, { expiresAt: inDays(-2) });
    const again = (await user.update?.(id, outs, inputs))?.outs as Outs;
    await expect(user.delete?.(id, again)).rejects.toThrow(tried);
  });

  it("when its key was given, as nobody knows what else was signed for it", async () => {
    const key = generateKeyPair("user");
    const inputs = { name: "api", account: ofOrders, key, expiresAt: inDays(-1) };
    const { id, outs } = await user.create(inputs);
    await expect(user.delete?.(id, outs)).rejects.toThrow(tried);
  });
});

describe("a deleted user that this stack cannot revoke", () => {
  const { authority: _authority, ...account } = ofOrders;

  it("is said to get in still, and fails only where revoking was asked for", async () => {
    const said = vi.spyOn(console, "warn").mockImplementation(() => {});
    try {
      const { id, outs } = await user.create({ name: "api", account });
      await user.delete?.(id, outs);
      const { iat } = decodeToken(outs["jwt"] as string);
      expect(said.mock.calls.join()).toContain(
        `its creds stay valid: this stack cannot push account "orders". Revoke it with the stack that owns the account: revocations: { ${id}: ${iat} }`,
      );
      await expect(user.delete?.(id, { ...outs, onDelete: "revoke" })).rejects.toThrow(
        /its creds stay valid: this stack cannot push .* \[ERR_AUTHORITY\]/,
      );
    } finally {
      said.mockRestore();
    }
  });
});

describe("a token that was to be revoked by its successor", () => {
  let dir: string;

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "revoked-"));
  });

  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it("is not forgotten when the creds file could not be written", async () => {
    const inputs = { name: "api", account: ofOrders, onReissue: "revoke" };
    const { id, outs } = await user.create(inputs);
    const credsPath = join(dir, "api.creds");
    writeFileSync(credsPath, "somebody else's");
    const news = { ...inputs, tags: ["new"], credsPath };
    const failed = await user.update?.(id, outs, news).then(
      () => undefined,
      (error) => error,
    );
    expect(failed?.message).toMatch(/was not written for this resource/);
    rmSync(credsPath);
    await expect(user.update?.(id, failed.properties, news)).rejects.toThrow(tried);
    expect(failed.properties.revokeUpTo).toBe(decodeToken(outs["jwt"] as string).iat);
  });
});

describe("an account whose users get a longest lifetime", () => {
  const signer = signerFromSeed(operator.seed);
  const inputs = {
    name: "orders",
    publicKey: orders.publicKey,
    operator: { publicKey: operator.publicKey, signer: operator },
  };
  const leaver = generateKeyPair("user").publicKey;
  const check = async (olds: object, maxUserLifetime: string) => {
    const said = vi.spyOn(console, "warn").mockImplementation(() => {});
    try {
      const checked = await account.check?.(olds, { ...inputs, maxUserLifetime });
      expect(checked?.failures).toEqual([]);
      return said.mock.calls.join("\n");
    } finally {
      said.mockRestore();
    }
  };

  it("refuses all tokens of the age of revocations that are dropped: which is said before", async () => {
    const longAgo = now() - 400 * day;
    const jwt = signAccount({
      publicKey: orders.publicKey,
      claims: { name: "orders", revocations: { [leaver]: longAgo } },
      signer,
      issuedAt: longAgo,
    });
    const news = { ...inputs, tags: ["signed:anew"], maxUserLifetime: "30d" };
    const updated = await account.update?.(orders.publicKey, { ...inputs, jwt }, news);
    expect(decodeToken(updated?.outs?.jwt).nats["revocations"]).toEqual({ "*": longAgo });
    const warning = /maxUserLifetime: .* signed before may live longer. They are refused when/;
    expect(await check(inputs, "30d")).toMatch(warning);
    expect(await check({ ...inputs, maxUserLifetime: "90d" }, "30d")).toMatch(warning);
  });

  it("says nothing where it is new, the same, or longer", async () => {
    expect(await check({}, "30d")).toBe("");
    expect(await check({ ...inputs, maxUserLifetime: "30d" }, "30d")).toBe("");
    expect(await check({ ...inputs, maxUserLifetime: "30d" }, "90d")).toBe("");
  });
});
