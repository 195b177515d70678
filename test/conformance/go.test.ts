import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  claimsEqual,
  decodeGeneric,
  decodeToken,
  encodeGeneric,
  encodeToken,
  signUser,
  type TokenClaims,
} from "../../src/claims";
import { type Signer, signerFromSeed } from "../../src/keys";
import { genericClaims } from "../claims/arbitrary";
import { ACCOUNT, NOW, OPERATOR, USER } from "../claims/fixed-keys";
import { FIXTURES } from "../claims/fixtures";
import { KINDS, kindOf, signFixed } from "../claims/kinds";
import { readTables } from "../claims/reference-tables";
import { buildReference, type Reference, SEED, skipReason } from "./reference";

const SAMPLES = 2_000;
/** A busy machine makes minutes of seconds. */
const PATIENCE = 180_000;
const operator = signerFromSeed(OPERATOR.seed);
const account = signerFromSeed(ACCOUNT.seed);

function payloadOf(token: string): string {
  return Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
}

describe.skipIf(skipReason !== undefined)(
  `Go jwt v2${skipReason ? ` (${skipReason})` : ""}, CONFORMANCE_SEED=${SEED}`,
  { timeout: PATIENCE },
  () => {
    let reference: Reference;
    beforeAll(() => {
      reference = buildReference();
    }, 300_000);
    afterAll(() => reference?.remove());

    /** Go must find nothing wrong, and write what it read exactly as we did: no field lost, renamed or reordered. */
    function expectUnderstood(tokens: string[]): void {
      const readings = reference.decode(tokens);
      expect(readings).toHaveLength(tokens.length);
      readings.forEach(({ error, issues, text }, i) => {
        expect(error).toBeUndefined();
        // The times of fixtures will have passed one day.
        expect(issues.filter((issue) => !issue.startsWith("time"))).toEqual([]);
        const wanted = `{"claims":${payloadOf(tokens[i] as string)},"issues":`;
        expect(text.slice(0, wanted.length)).toBe(wanted);
      });
    }

    test.each(KINDS)(`reads ${SAMPLES} random $type tokens as we wrote them`, (kind) => {
      const samples = fc.sample(kind.arbitrary, { numRuns: SAMPLES, seed: SEED });
      expectUnderstood(samples.map((claims) => signFixed(kind, claims)));
    });

    test(`reads ${SAMPLES} random generic tokens as we wrote them`, () => {
      const samples = fc.sample(genericClaims, { numRuns: SAMPLES, seed: SEED });
      expectUnderstood(
        samples.map((claims) => encodeGeneric({ ...claims, signer: operator, issuedAt: NOW })),
      );
    });

    test("reads the approved fixtures as we wrote them: odd texts, empty lists, zeros, the largest numbers", () => {
      expect(FIXTURES.length).toBeGreaterThan(30);
      expectUnderstood(FIXTURES.map(({ kind, claims }) => signFixed(kindOf(kind), claims)));
    });

    test("has no field without a row in docs/claims.md, and the rows have no other field", () => {
      // What signing writes by itself, what is always the same, and what is read only.
      const own = /^(?:iss|sub|iat|jti|type|version|signing_keys\[\]\.kind|imports\[\]\.to)$/;
      const rows = readTables();
      for (const [type, fields] of Object.entries(reference.fields())) {
        const documented = rows.filter((row) => row.type === type).flatMap(({ wire }) => wire);
        const known = fields.filter((field) => !own.test(field));
        expect([...new Set(documented)].sort(), type).toEqual([...new Set(known)].sort());
      }
    });

    test("refuses a token of ours whose body was changed", () => {
      const token = signUser({
        publicKey: USER.publicKey,
        claims: { name: "a" },
        signer: account,
        issuedAt: NOW,
      });
      const [header, payload, signature] = token.split(".");
      const forged = Buffer.from(payload as string, "base64url")
        .toString()
        .replace('"a"', '"b"');
      const [reading] = reference.decode([
        [header, Buffer.from(forged).toString("base64url"), signature].join("."),
      ]);
      expect(reading?.error).toContain("signature verification");
    });

    describe("signs", () => {
      const TYPES = [...KINDS.map(({ type }) => type), undefined];

      test("tokens that we decode and encode byte for byte, numbers of 64 bits included", () => {
        const signed = reference.encode(TYPES.length * 300, SEED, "any");
        const seen = new Set<unknown>();
        for (const { seed, token } of signed) {
          const decoded = decodeToken(token);
          seen.add(decoded.nats["type"]);
          expect(encodeToken(decoded, signerFromSeed(seed))).toBe(token);
        }
        expect([...seen]).toEqual(TYPES);
      });

      test("claims that we read in our words and write again byte for byte", () => {
        const signed = reference.encode(TYPES.length * 300, SEED, "plain");
        const seen = new Set<unknown>();
        for (const { seed, token } of signed) {
          const decoded = decodeToken(token);
          seen.add(decoded.nats["type"]);
          expect(signAgain(decoded, token, signerFromSeed(seed))).toBe(token);
        }
        expect([...seen]).toEqual(TYPES);
      });

      test("claims of every form that mean the same once we have written them", () => {
        for (const { token } of reference.encode(TYPES.length * 100, SEED, "any")) {
          const decoded = decodeToken(token);
          const type = decoded.nats["type"];
          if (type === undefined) continue;
          const { fromWire, body } = kindOf(type);
          const claims = fromWire(decoded);
          const again = { ...decoded, nats: { ...body(claims), type, version: 2 } };
          expect(fromWire(again)).toEqual(claims);
        }
      });
    });

    /** Through our words and back, with the clock and the id it had. */
    function signAgain(decoded: TokenClaims, token: string, signer: Signer): string {
      const { sub: publicKey, iat: issuedAt, jti: id, nats } = decoded;
      if (nats["type"] === undefined) return encodeGeneric({ ...decodeGeneric(token), signer, id });
      const { fromWire, sign } = kindOf(nats["type"]);
      const claims = fromWire(decoded);
      return sign({ publicKey, claims: claims as never, signer, issuedAt, id });
    }

    test("finds claims equal that differ in who signed when", () => {
      for (const { token } of reference.encode(70, SEED, "any")) {
        const decoded = decodeToken(token);
        expect(claimsEqual(decoded, { ...decoded, iat: 1, jti: "x", iss: "y" })).toBe(true);
      }
    });
  },
);
