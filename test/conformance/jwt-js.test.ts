/** `@nats-io/jwt` reads what we sign, and we read what it signs, where it is right (it breaks other than ASCII text, and has no limits by default). */

import {
  decode,
  encodeAccount,
  encodeOperator,
  encodeUser,
  parseCreds as theirParseCreds,
} from "@nats-io/jwt";
import { fromPublic, fromSeed } from "@nats-io/nkeys";
import { describe, expect, test } from "vitest";
import {
  accountFromWire,
  decodeToken,
  operatorFromWire,
  signAccount,
  signOperator,
  signUser,
  userFromWire,
} from "../../src/claims";
import {
  formatCreds,
  generateKeyPair,
  publicKeyOf,
  signerFromSeed,
  verifySignature,
} from "../../src/keys";
import { ACCOUNT, NOW, OPERATOR, USER } from "../claims/fixed-keys";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const operator = signerFromSeed(OPERATOR.seed);
const account = signerFromSeed(ACCOUNT.seed);

describe("nkeys.js", () => {
  test.each(["operator", "account", "user"] as const)("reads our %s keys", (kind) => {
    const { publicKey, seed } = generateKeyPair(kind);
    expect(fromSeed(bytes(seed)).getPublicKey()).toBe(publicKey);
    const signature = signerFromSeed(seed).sign(bytes("text"));
    expect(fromPublic(publicKey).verify(bytes("text"), signature)).toBe(true);
    expect(
      verifySignature(publicKey, bytes("text"), fromSeed(bytes(seed)).sign(bytes("text"))),
    ).toBe(true);
  });

  test("has the same curve keys", async () => {
    const { createCurve } = await import("@nats-io/nkeys");
    const theirs = createCurve();
    expect(publicKeyOf(new TextDecoder().decode(theirs.getSeed()))).toBe(theirs.getPublicKey());
  });
});

describe("jwt.js", () => {
  const limits = { subscriptions: 10, payload: 1024 };
  const permissions = { publish: ["a.>"], subscribe: { allow: ["b"], deny: ["c queue"] } };

  test("reads our tokens", () => {
    const user = signUser({
      publicKey: USER.publicKey,
      claims: { name: "u", permissions, limits },
      signer: account,
      issuedAt: NOW,
    });
    const read = decode<Record<string, unknown>>(user);
    expect(read).toEqual(decodeToken(user));
    expect(read.nats["pub"]).toEqual({ allow: ["a.>"] });
    const claims = { name: "a", exports: [{ service: "time" }] };
    const ours = signAccount({
      publicKey: ACCOUNT.publicKey,
      claims,
      signer: operator,
      issuedAt: NOW,
    });
    expect(decode(ours)).toEqual(decodeToken(ours));
    const top = signOperator({
      publicKey: OPERATOR.publicKey,
      claims: { name: "o", systemAccount: ACCOUNT.publicKey },
      signer: operator,
      issuedAt: NOW,
    });
    expect(decode(top)).toEqual(decodeToken(top));
  });

  test("reads our creds", async () => {
    const jwt = signUser({
      publicKey: USER.publicKey,
      claims: { name: "u" },
      signer: account,
      issuedAt: NOW,
    });
    const read = await theirParseCreds(bytes(formatCreds(jwt, USER.seed)));
    expect(read).toMatchObject({ key: USER.seed, jwt, aid: ACCOUNT.publicKey });
  });

  test("writes tokens that we read", async () => {
    const o = fromSeed(bytes(OPERATOR.seed));
    const a = fromSeed(bytes(ACCOUNT.seed));
    const u = fromSeed(bytes(USER.seed));
    const operatorToken = await encodeOperator("o", o, { system_account: ACCOUNT.publicKey });
    expect(operatorFromWire(decodeToken(operatorToken))).toEqual({
      name: "o",
      systemAccount: ACCOUNT.publicKey,
    });
    const accountToken = await encodeAccount(
      "a",
      a,
      {
        limits: {
          conn: 5,
          subs: -1,
          payload: -1,
          imports: -1,
          exports: -1,
          leaf: -1,
          wildcards: true,
        },
      },
      { signer: o },
    );
    expect(accountFromWire(decodeToken(accountToken))).toEqual({
      name: "a",
      limits: { connections: 5 },
    });
    const userToken = await encodeUser(
      "u",
      u,
      a,
      {
        pub: { allow: ["a.>"], deny: [] },
        sub: { allow: ["b"], deny: ["c queue"] },
        subs: 10,
        payload: 1024,
      },
      { exp: NOW },
    );
    expect(userFromWire(decodeToken(userToken))).toEqual({
      name: "u",
      permissions,
      limits,
      expiresAt: "2023-11-14T22:13:20Z",
    });
  });
});
