import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  claimsEqual,
  decodeGeneric,
  decodeToken,
  encodeGeneric,
  encodeToken,
} from "../../src/claims";
import { signerFromSeed } from "../../src/keys";
import { genericClaims } from "./arbitrary";
import { NOW, OPERATOR } from "./fixed-keys";
import { KINDS, signFixed } from "./kinds";

const operator = signerFromSeed(OPERATOR.seed);

describe.each(KINDS)("random $type claims", (kind) => {
  const { arbitrary, fromWire, validate, signer } = kind;
  test("are valid, and come back from the token as they went in", () => {
    fc.assert(
      fc.property(arbitrary, (claims) => {
        expect(validate(claims).filter(({ severity }) => severity === "error")).toEqual([]);
        const decoded = decodeToken(signFixed(kind, claims));
        expect(fromWire(decoded)).toEqual(claims);
      }),
      { numRuns: 300 },
    );
  });

  test("give the same token again when decoded and encoded", () => {
    fc.assert(
      fc.property(arbitrary, (claims) => {
        const token = signFixed(kind, claims);
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
      fc.property(arbitrary, (claims) => {
        const before = structuredClone(claims);
        validate(claims);
        signFixed(kind, claims);
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
