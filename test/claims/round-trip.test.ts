import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  accountFromWire,
  claimsEqual,
  decodeToken,
  encodeToken,
  operatorFromWire,
  signAccount,
  signOperator,
  signUser,
  userFromWire,
  validateAccount,
  validateOperator,
  validateUser,
} from "../../src/claims";
import { signerFromSeed } from "../../src/keys";
import { accountClaims, operatorClaims, userClaims } from "./arbitrary";
import { ACCOUNT, NOW, OPERATOR, USER } from "./fixed-keys";

const operator = signerFromSeed(OPERATOR.seed);
const account = signerFromSeed(ACCOUNT.seed);

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

test("validators take anything without throwing", () => {
  const hostile = {
    get name(): string {
      throw new Error("no");
    },
  };
  for (const validate of [validateAccount, validateOperator, validateUser]) {
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
