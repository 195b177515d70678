/** Our validation against Go's, rule for rule, and the places where we are stricter on purpose. */

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeToken, parseInstant, timeProblems } from "../../src/claims";
import { NOW } from "../claims/fixed-keys";
import { type AnyClaims, KINDS, type Kind } from "../claims/kinds";
import { buildReference, type Reference, SEED, skipReason } from "./reference";
import { type Break, type Pick, RULES, type Rule } from "./rules";
import { STRICTER } from "./stricter";

const SAMPLES = 2_000;
/** A busy machine makes minutes of seconds. */
const PATIENCE = 180_000;
/** Between the times of all valid claims. */
const TODAY = parseInstant("2026-01-01T00:00:00Z");

/** A token of claims that our encoder need not like. */
function forge(kind: Kind, claims: AnyClaims, breaks: Break[] = []): string {
  const { name, audience, expiresAt, notBefore } = claims as Record<string, string | undefined>;
  const body = kind.body(claims);
  for (const { inBody } of breaks) inBody?.(body);
  return encodeToken(
    {
      iat: NOW,
      sub: kind.publicKey,
      nats: { ...body, type: kind.type },
      ...(name ? { name } : {}),
      ...(audience ? { aud: audience } : {}),
      ...(expiresAt ? { exp: parseInstant(expiresAt) } : {}),
      ...(notBefore ? { nbf: parseInstant(notBefore) } : {}),
    },
    kind.signer,
  );
}

/** Chance that comes again with its seed (mulberry32). */
function chance(seed: number): Pick {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return (list) => list[Math.floor(next() * list.length)] as never;
}

interface Broken {
  rules: { rule: Rule; path: string }[];
  claims: AnyClaims;
  token: string;
}

/** Valid claims, broken by this rule and perhaps by another that does not meddle with it. */
function broken(kind: Kind, valid: AnyClaims, rule: Rule, pick: Pick): Broken | undefined {
  const claims = structuredClone(valid);
  const first = rule.breaks(claims, pick);
  if (first === undefined) return undefined;
  const rules = [{ rule, path: first.path }];
  const breaks = [first];
  const other = pick(RULES[kind.type] as Rule[]);
  const trial = structuredClone(valid);
  const path = other.breaks(trial, pick)?.path;
  const touched = touchedBy(rule, first.path);
  if (path !== undefined && !touchedBy(other, path).some((name) => touched.includes(name))) {
    const second = other.breaks(claims, pick) as Break;
    rules.push({ rule: other, path: second.path });
    breaks.push(second);
  }
  return { rules, token: forge(kind, claims, breaks), claims };
}

function touchedBy({ touches = [] }: Rule, path: string): string[] {
  return [/^[^.[]*/.exec(path)?.[0] ?? "", ...touches];
}

describe.skipIf(skipReason !== undefined)(
  `the rules of Go jwt v2${skipReason ? ` (${skipReason})` : ""}, CONFORMANCE_SEED=${SEED}`,
  { timeout: PATIENCE },
  () => {
    let reference: Reference;
    beforeAll(() => {
      reference = buildReference();
    }, 300_000);
    afterAll(() => reference?.remove());

    test.each(KINDS)(
      `are ours, in ${SAMPLES} random $type claims that break one or two`,
      (kind) => {
        const rules = RULES[kind.type] as Rule[];
        const samples = fc.sample(kind.arbitrary, { numRuns: SAMPLES, seed: SEED });
        const pick = chance(SEED);
        const cases = samples.map((valid, i) => {
          // Every rule gets its turn; a rule that these claims cannot break leaves it to the next.
          for (let turn = i; ; turn++) {
            const found = broken(kind, valid, rules[turn % rules.length] as Rule, pick);
            if (found !== undefined) return found;
          }
        });
        const used = new Set(cases.flatMap((one) => one.rules.map(({ rule }) => rule.id)));
        expect([...rules.map(({ id }) => id)].filter((id) => !used.has(id))).toEqual([]);
        const readings = reference.decode(cases.map(({ token }) => token));
        expect(readings).toHaveLength(SAMPLES);
        cases.forEach((one, i) => {
          const { error, issues } = readings[i] as (typeof readings)[number];
          const where = JSON.stringify({
            rules: one.rules.map(({ rule }) => rule.id),
            claims: one.claims,
          });
          expect(error, where).toBeUndefined();
          // What Go names is what was broken, all of it and nothing else.
          const named = issues.filter((issue) => !issue.startsWith("warning"));
          const saysGo = ({ go, alsoGo }: Rule, issue: string) =>
            go.test(issue) || alsoGo?.test(issue);
          expect(
            named.filter((issue) => !one.rules.some(({ rule }) => saysGo(rule, issue))),
            where,
          ).toEqual([]);
          expect(
            one.rules
              .filter(({ rule }) => !named.some((issue) => saysGo(rule, issue)))
              .map(({ rule }) => rule.id),
            where,
          ).toEqual([]);
          // And so is what we name, at the right place.
          const ours = [
            ...kind.validate(one.claims).filter(({ severity }) => severity === "error"),
            ...timeProblems(one.claims, TODAY),
          ];
          const says = ({ rule, path }: Broken["rules"][number], issue: (typeof ours)[number]) =>
            issue.path === path && rule.ours.test(issue.message);
          expect(
            ours.filter((issue) => !one.rules.some((expected) => says(expected, issue))),
            where,
          ).toEqual([]);
          expect(
            one.rules
              .filter((expected) => !ours.some((issue) => says(expected, issue)))
              .map(({ rule, path }) => `${rule.id} at ${path}`),
            where,
          ).toEqual([]);
        });
      },
    );

    test.each(STRICTER)(
      "are fewer than ours: $kind, $id",
      ({ kind: type, claims, path, message }) => {
        const kind = KINDS.find((candidate) => candidate.type === type) as Kind;
        const errors = kind.validate(claims).filter(({ severity }) => severity === "error");
        expect(errors.map((issue) => `${issue.path}: ${issue.message}`)).toEqual([
          expect.stringContaining(`${path}: `),
        ]);
        expect(errors[0]?.message).toContain(message);
      },
    );

    test("let pass what we are stricter about", () => {
      const forged = STRICTER.filter(({ token }) => token !== undefined);
      expect(forged.length).toBeGreaterThan(STRICTER.length / 2);
      const readings = reference.decode(
        forged.map(({ kind: type, token }) => {
          const kind = KINDS.find((candidate) => candidate.type === type) as Kind;
          return forge(kind, token as AnyClaims);
        }),
      );
      readings.forEach(({ error, issues }, i) => {
        expect(error, forged[i]?.id).toBeUndefined();
        expect(
          issues.filter((issue) => issue.startsWith("error")),
          forged[i]?.id,
        ).toEqual([]);
      });
    });

    test("are never broken by what we accept, however odd it looks", () => {
      const account = KINDS.find(({ type }) => type === "account") as Kind;
      const samples = fc.sample(oddAccounts, { numRuns: 20_000, seed: SEED });
      const accepted = samples.filter(
        (claims) => !account.validate(claims).some(({ severity }) => severity === "error"),
      );
      expect(accepted.length).toBeGreaterThan(200);
      for (const { error, issues } of reference.decode(accepted.map((c) => forge(account, c)))) {
        expect(error).toBeUndefined();
        expect(issues).toEqual([]);
      }
    });
  },
);

const odd = fc
  .array(fc.constantFrom("a", "b", ".", "..", "*", ">", " ", "$1", "$2", "$-1", "$0", "é", "\t"), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.join(""));
const dotted = fc
  .array(fc.constantFrom("a", "b", "*", ">", "$1", "$2", "$-1", "$0"), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join("."));
const oddSubject = fc.oneof({ weight: 4, arbitrary: dotted }, { weight: 1, arbitrary: odd });
const oddUrl = fc.constantFrom(
  "http://a",
  "x:",
  "a:b",
  "nats://",
  "http://%zz",
  "https://a:99999",
  "//a",
  "http://[::1]/",
);
const OTHER = KINDS[3]?.publicKey as string;

/** Accounts of which few are valid, in ways that are hard to tell. */
const oddAccounts: fc.Arbitrary<AnyClaims> = fc.record({
  name: fc.constant("a"),
  exports: fc.array(
    fc.oneof(
      fc.record({ stream: oddSubject, infoUrl: oddUrl }, { requiredKeys: ["stream"] }),
      fc.record(
        { service: oddSubject, accountTokenPosition: fc.integer({ min: 0, max: 4 }) },
        { requiredKeys: ["service"] },
      ),
    ),
    { maxLength: 2 },
  ),
  imports: fc.array(
    fc.record(
      { service: oddSubject, localSubject: oddSubject, account: fc.constant(OTHER) },
      { requiredKeys: ["service", "account"] },
    ),
    { maxLength: 2 },
  ),
  defaultPermissions: fc.record({
    publish: fc.array(oddSubject, { maxLength: 1 }),
    subscribe: fc.array(oddSubject, { maxLength: 1 }),
  }),
  mappings: fc.dictionary(oddSubject, fc.array(oddSubject, { minLength: 1, maxLength: 1 }), {
    maxKeys: 1,
  }),
  limits: fc.record(
    { imports: fc.nat(3), exports: fc.nat(3), wildcardExports: fc.boolean() },
    { requiredKeys: [] },
  ),
});
