import { expect, describe as group, test } from "vitest";
import {
  accountFromWire,
  decodeToken,
  describe,
  encodeGeneric,
  signAccount,
  signUser,
  verifyToken,
} from "../../src/claims";
import { signerFromSeed } from "../../src/keys";
import { ACCOUNT, NOW, OPERATOR, OTHER_ACCOUNT, USER } from "./fixed-keys";
import { FIXTURES } from "./fixtures";
import { kindOf, signFixed } from "./kinds";

const operator = signerFromSeed(OPERATOR.seed);
const account = signerFromSeed(ACCOUNT.seed);

function fixture(name: string): string {
  const found = FIXTURES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no fixture ${name}`);
  return signFixed(kindOf(found.kind), found.claims);
}

group("describing", () => {
  test("an account says what is unlimited, and what is not allowed", () => {
    const token = signAccount({
      publicKey: ACCOUNT.publicKey,
      claims: {
        name: "orders",
        description: "takes orders",
        limits: { connections: 0, payload: "1MiB" },
        exports: [{ stream: "orders.>", tokenRequired: true }],
        imports: [{ service: "time", account: OTHER_ACCOUNT.publicKey, localSubject: "t" }],
        revocations: { "*": NOW },
      },
      signer: operator,
      issuedAt: NOW,
    });
    expect(describe(token)).toBe(`account orders
  public key        ${ACCOUNT.publicKey}
  signed by         ${OPERATOR.publicKey}
  issued            2023-11-14T22:13:20Z
  expires           never
  description       takes orders

limits
  connections       not allowed
  leaf nodes        unlimited
  subscriptions     unlimited
  payload           1 MiB
  imports           unlimited
  exports           unlimited
  wildcard exports  allowed
  bearers           allowed

JetStream
  JetStream         off

exports the stream orders.>
  open to           accounts with an activation token

imports the service time
  from              ${OTHER_ACCOUNT.publicKey}
  here              t

revoked users
  everyone          tokens up to 2023-11-14T22:13:20Z
`);
  });

  test("a user says what it may do, a scoped one who says it", () => {
    expect(describe(fixture("user-full"))).toContain(`  publish           orders.>
  publish, not      orders.internal.>
  subscribe         _INBOX.>, jobs workers
  subscribe, not    secret
  responses         5 messages within 1m30s
  subscriptions     10
  payload           64 KiB
`);
    expect(describe(fixture("user-scoped"))).toContain("what the scoped signing key says");
  });

  test("roles and tiers have a part each", () => {
    expect(describe(fixture("account-scoped-key"))).toMatch(
      /\nrole worker\n {2}description +does the work\n {2}publish +done\.\{\{name\(\)\}\}, team/,
    );
    const tiers = describe(fixture("account-jetstream-tiers"));
    expect(tiers).toMatch(
      /\nJetStream, tier R1\n {2}memory storage +none\n {2}disk storage +unlimited\n/,
    );
    expect(tiers).toMatch(/\nJetStream, tier R3\n {2}memory storage +512 MiB\n/);
  });

  test.each(FIXTURES)(
    "$name says every name and subject of it, and no secret",
    ({ kind, claims }) => {
      const text = describe(signFixed(kindOf(kind), claims));
      expect(text.startsWith(`${kind.replace("_", " ")}`)).toBe(true);
      expect(text).not.toContain("eyJ");
      expect(text).not.toMatch(/password +p\b|token +t\b/);
      const subjects = [
        ...JSON.stringify(claims).matchAll(
          /"(?:stream|service|destination|results)":"([\w.*>]+)"/g,
        ),
      ];
      for (const [, subject] of subjects) expect(text).toContain(subject);
    },
  );

  test("what strangers wrote does not play with the terminal", () => {
    const token = signUser({
      publicKey: USER.publicKey,
      claims: { name: "\u001b[2Jx\u0085\u2028y\n" },
      signer: account,
      issuedAt: NOW,
    });
    expect(describe(token)).toContain("user \\u001b[2Jx\\u0085\\u2028y\\n\n");
  });

  test("a generic token says its body", () => {
    const token = encodeGeneric({
      subject: OPERATOR.publicKey,
      body: { accounts: [ACCOUNT.publicKey], big: 2n ** 60n },
      signer: operator,
      issuedAt: NOW,
    });
    expect(describe(token)).toContain(`generic token
  public key  ${OPERATOR.publicKey}
  signed by   itself`);
    expect(describe(token)).toContain(`accounts    ["${ACCOUNT.publicKey}"]`);
  });

  test("what is no token is refused", () => {
    expect(() => describe("x")).toThrow(expect.objectContaining({ code: "ERR_TOKEN" }));
  });
});

group("verifying", () => {
  const token = signUser({
    publicKey: USER.publicKey,
    claims: { name: "u", notBefore: "2023-01-01T00:00:00Z", expiresAt: "2024-01-01T00:00:00Z" },
    signer: account,
    issuedAt: NOW,
  });
  const good = {
    type: "user",
    issuers: [ACCOUNT.publicKey],
    subject: USER.publicKey,
    now: NOW,
  };

  test("gives the claims of what is expected", () => {
    expect(verifyToken(token, good)).toEqual(decodeToken(token));
    expect(verifyToken(token)).toEqual(decodeToken(token));
  });

  test.each<[object, string]>([
    [{ type: "account" }, "its type is user, not account"],
    [{ type: "generic" }, "its type is user, not generic"],
    [{ issuers: [] }, "is not among the trusted keys"],
    [{ issuers: [OTHER_ACCOUNT.publicKey] }, "is not among the trusted keys"],
    [{ subject: ACCOUNT.publicKey }, "it is about"],
    [{ now: 1_704_067_201 }, "it has expired at 2024-01-01T00:00:00Z"],
    [{ now: 1_672_531_199 }, "it is not in force before 2023-01-01T00:00:00Z"],
  ])("refuses what is not: %j", (change, reason) => {
    expect(() => verifyToken(token, { ...good, ...change })).toThrow(
      expect.objectContaining({ code: "ERR_TOKEN", message: expect.stringContaining(reason) }),
    );
  });

  test("takes the last second", () => {
    expect(verifyToken(token, { now: 1_704_067_200 }).name).toBe("u");
    expect(accountFromWire(decodeToken(fixture("account-empty"))).name).toBe("orders");
  });
});
