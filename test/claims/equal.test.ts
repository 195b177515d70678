import { describe, expect, test } from "vitest";
import { claimsEqual, type TokenClaims } from "../../src/claims";
import { ACCOUNT, OPERATOR, USER } from "./fixed-keys";

function account(nats: Record<string, unknown>, rest: Partial<TokenClaims> = {}): TokenClaims {
  return {
    iat: 1,
    iss: OPERATOR.publicKey,
    sub: ACCOUNT.publicKey,
    name: "a",
    ...rest,
    nats: { limits: { conn: 1 }, ...nats, type: "account", version: 2 },
  };
}

describe("claims are equal", () => {
  test.each<[string, TokenClaims, TokenClaims]>([
    ["with another time, id and signer", account({}), account({}, { iat: 2, jti: "x", iss: "O" })],
    [
      "with another order of what has none",
      account({
        mappings: { a: [{ subject: "b" }, { subject: "c" }] },
        authorization: { auth_users: ["x", "y"] },
      }),
      account({
        mappings: { a: [{ subject: "c" }, { subject: "b" }] },
        authorization: { auth_users: ["y", "x"] },
      }),
    ],
    ["with other revocations", account({ revocations: { x: 1 } }), account({})],
    [
      "with another order where Go sorts",
      account({
        exports: [
          { subject: "a", type: "stream" },
          { subject: "a", type: "service" },
        ],
        signing_keys: ["b", "a"],
      }),
      account({
        exports: [
          { type: "service", subject: "a" },
          { subject: "a", type: "stream" },
        ],
        signing_keys: ["a", "b"],
      }),
    ],
    [
      "with empty fields that Go leaves out",
      account({}),
      account({
        authorization: {},
        default_permissions: { pub: {}, sub: { allow: [] } },
        imports: [],
        limits: { conn: 1, leaf: 0 },
      }),
    ],
  ])("%s", (_, a, b) => {
    expect(claimsEqual(a, b)).toBe(true);
  });
});

describe("claims differ", () => {
  test.each<[string, TokenClaims, TokenClaims]>([
    ["in a limit", account({}), account({ limits: { conn: 2 } })],
    ["in the name", account({}), account({}, { name: "b" })],
    ["in the expiry", account({}), account({}, { exp: 5 })],
    ["in the subject", account({}), account({}, { sub: USER.publicKey })],
    [
      "in the order of permissions",
      account({ default_permissions: { pub: { allow: ["a", "b"] } } }),
      account({ default_permissions: { pub: { allow: ["b", "a"] } } }),
    ],
    [
      "in an export's revocations",
      account({ exports: [{ subject: "a", revocations: { x: 1 } }] }),
      account({ exports: [{ subject: "a" }] }),
    ],
    [
      "in response permissions of zeros, which take publishing away",
      account({ default_permissions: { resp: { max: 0, ttl: 0 } } }),
      account({}),
    ],
    ["in fields that we do not know", account({ future: 1 }), account({})],
    [
      "in 64-bit limits",
      account({ limits: { conn: 9223372036854775807n } }),
      account({ limits: { conn: 9223372036854775806n } }),
    ],
  ])("%s", (_, a, b) => {
    expect(claimsEqual(a, b)).toBe(false);
  });
});
