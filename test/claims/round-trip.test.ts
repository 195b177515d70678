import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  accountFromWire,
  activationFromWire,
  authorizationRequestFromWire,
  authorizationResponseFromWire,
  claimsEqual,
  decodeGeneric,
  decodeToken,
  encodeGeneric,
  encodeToken,
  operatorFromWire,
  signAccount,
  signActivation,
  signAuthorizationRequest,
  signAuthorizationResponse,
  signOperator,
  signUser,
  userFromWire,
  validateAccount,
  validateActivation,
  validateAuthorizationRequest,
  validateAuthorizationResponse,
  validateOperator,
  validateUser,
} from "../../src/claims";
import { signerFromSeed } from "../../src/keys";
import {
  accountClaims,
  activationClaims,
  authorizationRequests,
  authorizationResponses,
  genericClaims,
  operatorClaims,
  userClaims,
} from "./arbitrary";
import { ACCOUNT, NOW, OPERATOR, OTHER_ACCOUNT, SERVER, USER } from "./fixed-keys";

const operator = signerFromSeed(OPERATOR.seed);
const account = signerFromSeed(ACCOUNT.seed);
const server = signerFromSeed(SERVER.seed);

/** How claims of each kind are signed and read. Signing keys sign where `issuerAccount` is to stay. */
const KINDS = [
  {
    kind: "operator",
    arbitrary: operatorClaims,
    signer: operator,
    sign: (claims: never) =>
      signOperator({ publicKey: OPERATOR.publicKey, claims, signer: operator, issuedAt: NOW }),
    fromWire: operatorFromWire,
    validate: validateOperator,
  },
  {
    kind: "account",
    arbitrary: accountClaims,
    signer: operator,
    sign: (claims: never) =>
      signAccount({ publicKey: ACCOUNT.publicKey, claims, signer: operator, issuedAt: NOW }),
    fromWire: accountFromWire,
    validate: validateAccount,
  },
  {
    kind: "user",
    arbitrary: userClaims,
    signer: account,
    sign: (claims: never) =>
      signUser({ publicKey: USER.publicKey, claims, signer: account, issuedAt: NOW }),
    fromWire: userFromWire,
    validate: validateUser,
  },
  {
    kind: "activation",
    arbitrary: activationClaims,
    signer: account,
    sign: (claims: never) =>
      signActivation({
        publicKey: OTHER_ACCOUNT.publicKey,
        claims,
        signer: account,
        issuedAt: NOW,
      }),
    fromWire: activationFromWire,
    validate: validateActivation,
  },
  {
    kind: "authorization request",
    arbitrary: authorizationRequests,
    signer: server,
    sign: (claims: never) =>
      signAuthorizationRequest({
        publicKey: ACCOUNT.publicKey,
        claims,
        signer: server,
        issuedAt: NOW,
      }),
    fromWire: authorizationRequestFromWire,
    validate: validateAuthorizationRequest,
  },
  {
    kind: "authorization response",
    arbitrary: authorizationResponses,
    signer: account,
    sign: (claims: never) =>
      signAuthorizationResponse({
        publicKey: USER.publicKey,
        claims,
        signer: account,
        issuedAt: NOW,
      }),
    fromWire: authorizationResponseFromWire,
    validate: validateAuthorizationResponse,
  },
];

describe.each(KINDS)("random $kind claims", ({ arbitrary, sign, fromWire, validate, signer }) => {
  test("are valid, and come back from the token as they went in", () => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<object>, (claims) => {
        expect(validate(claims).filter(({ severity }) => severity === "error")).toEqual([]);
        const decoded = decodeToken(sign(claims as never));
        expect(fromWire(decoded)).toEqual(claims);
      }),
      { numRuns: 300 },
    );
  });

  test("give the same token again when decoded and encoded", () => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<object>, (claims) => {
        const token = sign(claims as never);
        const decoded = decodeToken(token);
        expect(encodeToken(decoded, signer)).toBe(token);
        const { jti: _, ...withoutId } = decoded;
        expect(encodeToken(withoutId, signer)).toBe(token);
        expect(claimsEqual(decoded, { ...decoded, iat: 1, jti: "x", iss: "y" })).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test("are not changed by signing and validating", () => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<object>, (claims) => {
        const before = structuredClone(claims);
        validate(claims);
        sign(claims as never);
        expect(claims).toEqual(before);
      }),
      { numRuns: 50 },
    );
  });
});

test("random generic claims come back from the token as they went in", () => {
  fc.assert(
    fc.property(genericClaims, (claims) => {
      const token = encodeGeneric({ ...claims, signer: operator, issuedAt: NOW });
      expect(decodeGeneric(token)).toEqual({
        ...claims,
        // JSON has one zero only.
        body: JSON.parse(JSON.stringify(claims.body)),
        issuer: OPERATOR.publicKey,
        issuedAt: NOW,
      });
    }),
    { numRuns: 300 },
  );
});

test("validators take anything without throwing", () => {
  const hostile = {
    get name(): string {
      throw new Error("no");
    },
  };
  for (const { validate } of KINDS) {
    expect(validate(hostile)).toHaveLength(1);
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withNullPrototype: true, withSparseArray: true }),
        (value) => {
          expect(Array.isArray(validate(value))).toBe(true);
          for (const name of [
            "exports",
            "imports",
            "limits",
            "permissions",
            "jetstream",
            "revocations",
            "times",
            "tags",
            "mappings",
            "authorization",
            "trace",
            "signingKeys",
            "server",
            "client",
            "connection",
            "tls",
          ]) {
            expect(
              validate({ name: "x", [name]: value }).every(({ message }) => message.length > 0),
            ).toBe(true);
            expect(Array.isArray(validate({ name: "x", [name]: [value, value] }))).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  }
});
