/** Private exports: who gets what, by which activation token. */
import { type ActivationClaims, importProblems, signActivation } from "pulumi-nats-auth/claims";
import { generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/nats";
import { inSeconds, now, Tenant, Tenants } from "../support/tenants";
import { answered, serve, subscribed } from "../support/traffic";

let tenants: Tenants;

beforeAll(async () => {
  tenants = await Tenants.start();
});

afterAll(async () => {
  await tenants?.close();
});

/** A token of the exporter that lets the importer in. */
function activation(
  exporter: Tenant,
  importer: { publicKey: string },
  claims: ActivationClaims,
  { signer = exporter.key, issuedAt = now() } = {},
): string {
  return signActivation({
    publicKey: importer.publicKey,
    claims: { issuerAccount: exporter.publicKey, ...claims },
    signer: signerFromSeed(signer.seed),
    issuedAt,
  });
}

/** Whether all that the importer wants is what the exporter lets it have, by what is known before a push. */
function foreseen(exporter: Tenant, importer: Tenant): boolean {
  const imports = importer.claims.imports ?? [];
  const problems = imports.flatMap((item) =>
    importProblems(item, exporter, { publicKey: importer.publicKey, now: now() }),
  );
  return imports.length > 0 && problems.length === 0;
}

describe("a private stream", () => {
  const stream = "events.>";

  /** An account with a private stream, somebody who fills it, and an account that wants it. */
  async function exporting(name: string, more: object = {}) {
    const exporter = await tenants.account(name, {
      exports: [{ stream, tokenRequired: true }],
      ...more,
    });
    const importer = await tenants.account(`${name} importer`);
    const source = await exporter.connect();
    const client = await importer.connect();
    const account = exporter.publicKey;
    const arrives = async (subject = "events.new") =>
      (await subscribed(client, source, [subject])).length === 1;
    return {
      exporter,
      importer,
      arrives,
      take: (token?: string) => importer.publish({ imports: [{ stream, account, token }] }),
      /** Whether the importer gets it; validation must say the same. */
      gets: async () => {
        const received = await arrives();
        expect(foreseen(exporter, importer)).toBe(received);
        return received;
      },
    };
  }

  it("gets to an account with a token of its exporter, and not to one without", async () => {
    const { exporter, importer, take, gets } = await exporting("simple");
    expect(await gets()).toBe(false);
    await take();
    expect(await gets()).toBe(false);
    await take(activation(exporter, importer, { stream }));
    expect(await gets()).toBe(true);
    await take();
    expect(await gets()).toBe(false);
  });

  it("gets to nobody by a token of somebody else", async () => {
    const { importer, take, gets, exporter } = await exporting("foreign");
    const stranger = new Tenant(tenants, "stranger");
    const issuerAccount = exporter.publicKey;
    const forged = activation(
      exporter,
      importer,
      { stream, issuerAccount },
      { signer: stranger.key },
    );
    await take(forged);
    expect(await gets()).toBe(false);
  });

  it.each<[string, (exporter: Tenant, importer: Tenant) => string]>([
    [
      "for another account",
      (exporter) => activation(exporter, generateKeyPair("account"), { stream }),
    ],
    [
      "of another exporter",
      (_, importer) => activation(new Tenant(tenants, "other"), importer, { stream }),
    ],
    [
      "for a part of it",
      (exporter, importer) => activation(exporter, importer, { stream: "events.eu" }),
    ],
    ["for a service", (exporter, importer) => activation(exporter, importer, { service: stream })],
  ])("is refused with a token %s, by validation and by servers", async (name, token) => {
    const { exporter, importer, take, gets } = await exporting(name);
    const made = token(exporter, importer);
    await expect(take(made)).rejects.toThrow(/^imports\[0\]/);
    const imports = [{ stream, account: exporter.publicKey, token: made }];
    await expect(importer.publishUnchecked({ imports })).rejects.toMatchObject({
      code: "ERR_REJECTED",
    });
    expect(await gets()).toBe(false);
  });

  it("ends with a revocation, and comes back with a later token", async () => {
    const { exporter, importer, take, gets } = await exporting("revoked");
    const other = await tenants.account("not revoked");
    const issuedAt = now() - 10;
    await take(activation(exporter, importer, { stream }, { issuedAt }));
    expect(await gets()).toBe(true);
    const revoke = (key: string) =>
      exporter.publish({
        exports: [{ stream, tokenRequired: true, revocations: { [key]: issuedAt } }],
      });
    await revoke(other.publicKey);
    expect(await gets()).toBe(true);
    await revoke(importer.publicKey);
    expect(await gets()).toBe(false);
    await take(activation(exporter, importer, { stream }, { issuedAt: issuedAt + 1 }));
    expect(await gets()).toBe(true);
    await revoke("*");
    expect(await gets()).toBe(true);
  });

  it("ends when its token expires", async () => {
    const { exporter, importer, take, gets, arrives } = await exporting("expiring");
    await take(activation(exporter, importer, { stream, expiresAt: inSeconds(6) }));
    expect(await gets()).toBe(true);
    await until(async () => !(await arrives()));
    expect(await gets()).toBe(false);
  });

  it("ends when the signing key of its token is dropped", async () => {
    const signer = generateKeyPair("account");
    const more = { signingKeys: [signer.publicKey] };
    const { exporter, importer, take, gets } = await exporting("signed", more);
    await take(activation(exporter, importer, { stream }, { signer }));
    expect(await gets()).toBe(true);
    await exporter.publish({ exports: [{ stream, tokenRequired: true }] });
    expect(await gets()).toBe(false);
  });

  it("may be given away in part", async () => {
    const { exporter, importer, arrives } = await exporting("part");
    const part = "events.eu.>";
    const token = activation(exporter, importer, { stream: part });
    const imports = [{ stream: part, account: exporter.publicKey, token }];
    await importer.publish({ imports });
    expect(await arrives("events.eu.new")).toBe(true);
    expect(await arrives("events.us.new")).toBe(false);
  });
});

describe("a private service", () => {
  it("answers an account with a token, and one without gets no answer", async () => {
    const service = "time";
    const exporter = await tenants.account("clock", {
      exports: [{ service, tokenRequired: true }],
    });
    const [importer, without] = [
      new Tenant(tenants, "invited"),
      new Tenant(tenants, "not invited"),
    ];
    const account = exporter.publicKey;
    const token = activation(exporter, importer, { service });
    await importer.publish({ imports: [{ service, account, token, localSubject: "the.time" }] });
    await without.publish({ imports: [{ service, account, localSubject: "the.time" }] });
    await serve(await exporter.connect(), service, () => "noon");
    expect(await answered(await importer.connect(), ["the.time", "time"])).toEqual(["the.time"]);
    expect(await answered(await without.connect(), ["the.time", "time"])).toEqual([]);
    expect([importer, without].map((account) => foreseen(exporter, account))).toEqual([
      true,
      false,
    ]);
  });
});
