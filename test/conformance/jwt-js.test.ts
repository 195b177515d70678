/** `@nats-io/jwt` reads what we sign, and we read what it signs, where it is right (it breaks other than ASCII text, and has no limits by default). */

import {
  decode,
  encodeAccount,
  encodeActivation,
  encodeAuthorizationResponse,
  encodeGeneric,
  encodeOperator,
  encodeUser,
  fmtCreds,
  newScopedSigner,
  parseCreds as theirParseCreds,
} from "@nats-io/jwt";
import { fromPublic, fromSeed } from "@nats-io/nkeys";
import { describe, expect, test } from "vitest";
import {
  accountFromWire,
  activationFromWire,
  authorizationResponseFromWire,
  decodeGeneric,
  decodeToken,
  encodeToken,
  operatorFromWire,
  signAccount,
  signOperator,
  signUser,
  userFromWire,
} from "../../src/claims";
import {
  formatCreds,
  generateKeyPair,
  parseCreds,
  publicKeyOf,
  signerFromSeed,
  verifySignature,
} from "../../src/keys";
import { ACCOUNT, NOW, OPERATOR, OTHER_ACCOUNT, SERVER, USER } from "../claims/fixed-keys";

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
      audience: "NATS",
      systemAccount: ACCOUNT.publicKey,
    });
    const accountToken = await encodeAccount(
      "a",
      a,
      {
        limits: {
          conn: 5,
          subs: -1,
          data: -1,
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
      audience: "NATS",
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
      audience: "NATS",
      permissions,
      limits,
      expiresAt: "2023-11-14T22:13:20Z",
    });
  });

  test("writes activations and answers that we read", async () => {
    const a = fromSeed(bytes(ACCOUNT.seed));
    const activation = await encodeActivation("act", OTHER_ACCOUNT.publicKey, a, "stream", {
      subject: "orders.>",
    });
    expect(activationFromWire(decodeToken(activation))).toEqual({
      name: "act",
      audience: "NATS",
      stream: "orders.>",
    });
    const answer = await encodeAuthorizationResponse(
      USER.publicKey,
      SERVER.publicKey,
      a,
      { error: "no" },
      {},
    );
    expect(authorizationResponseFromWire(decodeToken(answer))).toEqual({
      audience: SERVER.publicKey,
      error: "no",
    });
    const generic = decodeGeneric(await encodeGeneric("g", a, "note", { accounts: ["x"] }));
    expect(generic).toMatchObject({ name: "g", subject: ACCOUNT.publicKey });
    expect(generic.body).toMatchObject({ accounts: ["x"] });
  });
});

/** Why it is not our encoder. When one of these fails, it has been repaired, and a reason is gone. */
describe("jwt.js has faults", () => {
  const operator = fromSeed(bytes(OPERATOR.seed));
  const account = fromSeed(bytes(ACCOUNT.seed));
  const user = fromSeed(bytes(USER.seed));

  test("other than ASCII text is broken, or thrown at", async () => {
    const token = await encodeUser("caf\u00e9", user, account);
    expect(decodeToken(token).name).toBe("caf\ufffd");
    await expect(encodeUser("\u65e5\u672c", user, account)).rejects.toThrow("Invalid character");
    const ours = signUser({
      publicKey: USER.publicKey,
      claims: { name: "caf\u00e9" },
      signer: signerFromSeed(ACCOUNT.seed),
      issuedAt: NOW,
    });
    expect(decode(ours).name).not.toBe("caf\u00e9");
  });

  test("an account without limits lets nobody in", async () => {
    const token = await encodeAccount("a", account, {}, { signer: operator });
    expect(accountFromWire(decodeToken(token)).limits).toMatchObject({
      connections: 0,
      subscriptions: 0,
      payload: 0,
    });
  });

  test("the key of a role takes publishing away", () => {
    const scope = newScopedSigner(account, "worker", {}) as unknown as { template: object };
    expect(scope.template).toMatchObject({ resp: { max: 0, ttl: 0 }, bearer_token: false });
  });

  test("a time zone is written where nobody reads it", async () => {
    const token = await encodeUser("u", user, account, {
      times: [{ start: "08:00:00", end: "18:00:00" }],
      locale: "Europe/Zurich",
    });
    expect(decodeToken(token).nats).toMatchObject({ locale: "Europe/Zurich" });
    expect(userFromWire(decodeToken(token)).timeZone).toBeUndefined();
  });

  test("what it is given is changed", async () => {
    const claims: Record<string, unknown> = {};
    await encodeAccount("a", account, claims, { signer: operator });
    expect(claims).not.toEqual({});
  });

  test("exports are written as they come, so the same account has several tokens", async () => {
    const exports = [
      { subject: "b", type: "stream" },
      { subject: "a", type: "stream" },
    ] as never;
    const token = await encodeAccount("a", account, { exports }, { signer: operator });
    const written = decodeToken(token).nats["exports"] as { subject: string }[];
    expect(written.map(({ subject }) => subject)).toEqual(["b", "a"]);
  });

  test("it reads what no server accepts: a user that an operator signed", () => {
    const token = encodeToken(
      { iat: NOW, sub: USER.publicKey, name: "u", nats: { type: "user" } },
      signerFromSeed(OPERATOR.seed),
    );
    expect(decode(token).name).toBe("u");
    expect(() => decodeToken(token)).toThrow("cannot sign this type");
  });

  test("its creds lack a line, and we read them all the same", async () => {
    const jwt = await encodeUser("u", user, account);
    const text = new TextDecoder().decode(fmtCreds(jwt, user));
    expect(text).not.toContain("*************************************************************");
    expect(parseCreds(text)).toEqual({ jwt, seed: USER.seed });
  });
});
