import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  accountFromWire,
  decodeToken,
  encodeGeneric,
  encodeToken,
  operatorFromWire,
  signAccount,
  signOperator,
  signUser,
  userFromWire,
  validateAccount,
} from "../../src/claims";
import { signerFromSeed } from "../../src/keys";
import { accountClaims, operatorClaims, userClaims } from "../claims/arbitrary";
import { ACCOUNT, NOW, OPERATOR, OTHER_ACCOUNT, USER } from "../claims/fixed-keys";
import { buildReference, type Reference, skipReason } from "./reference";

const SAMPLES = 300;
const operator = signerFromSeed(OPERATOR.seed);
const account = signerFromSeed(ACCOUNT.seed);

function payloadOf(token: string): string {
  return Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
}

describe.skipIf(skipReason !== undefined)(
  `Go jwt v2${skipReason ? ` (${skipReason})` : ""}`,
  () => {
    let reference: Reference;
    beforeAll(() => {
      reference = buildReference();
    }, 300_000);
    afterAll(() => reference?.remove());

    /** Go must find nothing that blocks, and write what it read exactly as we did: no field lost, renamed or reordered. */
    function expectUnderstood(tokens: string[]): void {
      const readings = reference.decode(tokens);
      expect(readings).toHaveLength(tokens.length);
      readings.forEach(({ error, issues, text }, i) => {
        expect(error).toBeUndefined();
        expect(issues.filter((issue) => issue.startsWith("true"))).toEqual([]);
        expect(text.startsWith(`{"claims":${payloadOf(tokens[i] as string)},"issues":`)).toBe(true);
      });
    }

    test("reads our operator tokens as we wrote them", () => {
      const samples = fc.sample(operatorClaims, { numRuns: SAMPLES, seed: 1 });
      expectUnderstood(
        samples.map((claims) =>
          signOperator({ publicKey: OPERATOR.publicKey, claims, signer: operator, issuedAt: NOW }),
        ),
      );
    });

    test("reads our account tokens as we wrote them", () => {
      const samples = fc.sample(accountClaims, { numRuns: SAMPLES, seed: 2 });
      expectUnderstood(
        samples.map((claims) =>
          signAccount({ publicKey: ACCOUNT.publicKey, claims, signer: operator, issuedAt: NOW }),
        ),
      );
    });

    test("reads our user tokens as we wrote them", () => {
      const samples = fc.sample(userClaims, { numRuns: SAMPLES, seed: 3 });
      expectUnderstood(
        samples.map((claims) =>
          signUser({ publicKey: USER.publicKey, claims, signer: account, issuedAt: NOW }),
        ),
      );
    });

    test("accepts whatever our validators accept", () => {
      const nasty = fc
        .array(
          fc.constantFrom("a", "b", ".", "..", "*", ">", " ", "$1", "$2", "$-1", "$0", "é", "\t"),
          {
            minLength: 1,
            maxLength: 6,
          },
        )
        .map((parts) => parts.join(""));
      const dotted = fc
        .array(fc.constantFrom("a", "b", "*", ">", "$1", "$2", "$-1", "$0"), {
          minLength: 1,
          maxLength: 4,
        })
        .map((parts) => parts.join("."));
      const subject = fc.oneof({ weight: 4, arbitrary: dotted }, { weight: 1, arbitrary: nasty });
      const url = fc.constantFrom(
        "http://a",
        "x:",
        "a:b",
        "nats://",
        "http://%zz",
        "https://a:99999",
        "//a",
        "http://[::1]/",
      );
      const candidates = fc.sample(
        fc.record({
          name: fc.constant("a"),
          exports: fc.array(
            fc.oneof(
              fc.record({ stream: subject, infoUrl: url }, { requiredKeys: ["stream"] }),
              fc.record(
                { service: subject, accountTokenPosition: fc.integer({ min: 0, max: 4 }) },
                { requiredKeys: ["service"] },
              ),
            ),
            { maxLength: 2 },
          ),
          imports: fc.array(
            fc.record(
              {
                service: subject,
                localSubject: subject,
                account: fc.constant(OTHER_ACCOUNT.publicKey),
              },
              { requiredKeys: ["service", "account"] },
            ),
            { maxLength: 2 },
          ),
          defaultPermissions: fc.record({
            publish: fc.array(subject, { maxLength: 1 }),
            subscribe: fc.array(subject, { maxLength: 1 }),
          }),
          limits: fc.record(
            { imports: fc.nat(3), exports: fc.nat(3), wildcardExports: fc.boolean() },
            { requiredKeys: [] },
          ),
        }),
        { numRuns: 20_000, seed: 4 },
      );
      const accepted = candidates.filter(
        (claims) => !validateAccount(claims).some(({ severity }) => severity === "error"),
      );
      expect(accepted.length).toBeGreaterThan(200);
      expectUnderstood(
        accepted.map((claims) =>
          signAccount({ publicKey: ACCOUNT.publicKey, claims, signer: operator, issuedAt: NOW }),
        ),
      );
    });

    test("reads our request to delete accounts", () => {
      expectUnderstood([
        encodeGeneric({
          subject: OPERATOR.publicKey,
          body: { accounts: [ACCOUNT.publicKey] },
          signer: operator,
          issuedAt: NOW,
        }),
      ]);
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

    test("signs tokens that we decode and encode byte for byte, scopes, mappings and 64-bit limits included", () => {
      const signed = reference.encode(900);
      expect(signed).toHaveLength(900);
      const types = new Set<unknown>();
      for (const { seed, token } of signed) {
        const decoded = decodeToken(token);
        types.add(decoded.nats["type"]);
        expect(encodeToken(decoded, signerFromSeed(seed))).toBe(token);
      }
      expect([...types]).toEqual([
        "operator",
        "account",
        "user",
        "activation",
        "authorization_response",
        undefined,
      ]);
    });

    test("signs claims that we can read in our words, and sign again to the same meaning", () => {
      for (const { token } of reference.encode(300)) {
        const decoded = decodeToken(token);
        const again = { signer: operator, issuedAt: NOW, publicKey: decoded.sub };
        if (decoded.nats["type"] === "operator") {
          const claims = operatorFromWire(decoded);
          expect(operatorFromWire(decodeToken(signOperator({ ...again, claims })))).toEqual(claims);
        } else if (decoded.nats["type"] === "account") {
          const claims = accountFromWire(decoded);
          expect(accountFromWire(decodeToken(signAccount({ ...again, claims })))).toEqual(claims);
        } else if (decoded.nats["type"] === "user") {
          const claims = userFromWire(decoded);
          const token = signUser({ ...again, claims, signer: account });
          expect(userFromWire(decodeToken(token))).toEqual(claims);
        }
      }
    });
  },
);
