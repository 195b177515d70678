/** docs/claims.md cannot lie: each of its rows is looked at in a fixture, and each field of a fixture has a row. */

import { describe, expect, test } from "vitest";
import { parseInstant } from "../../src/claims";
import { FIXTURES } from "./fixtures";
import { type AnyClaims, type Kind, kindOf } from "./kinds";
import { readTables } from "./reference-tables";

const ROWS = readTables();

/** Every value of an object by its path: lists as `[]`, maps as `*`. */
function leaves(value: unknown, path: string, isMap: boolean, to: Map<string, unknown[]>): void {
  if (value === undefined) return;
  if (Array.isArray(value)) {
    for (const item of value) leaves(item, `${path}[]`, false, to);
    return;
  }
  if (typeof value === "object" && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      const own = isMap ? "*" : name;
      const inside = /^(?:revocations|mappings|tiers|tiered_limits)$/.test(own);
      leaves(field, path === "" ? own : `${path}.${own}`, inside, to);
    }
    return;
  }
  const name = path.replace(/(?:\[\])+$/, "");
  to.set(name, [...(to.get(name) ?? []), value]);
}

function leavesOf(value: unknown): Map<string, unknown[]> {
  const to = new Map<string, unknown[]>();
  leaves(value, "", false, to);
  return to;
}

/** What claims look like on the wire, by path. */
function wireOf(kind: Kind, claims: AnyClaims): Map<string, unknown[]> {
  const { name, audience, expiresAt, notBefore } = claims as Record<string, string | undefined>;
  return leavesOf({
    ...kind.body(claims),
    name: name || undefined,
    aud: audience,
    exp: expiresAt && parseInstant(expiresAt),
    nbf: notBefore && parseInstant(notBefore),
  });
}

/** A copy without the field at the path; `undefined` when it has none. */
function without(claims: AnyClaims, path: string): AnyClaims | undefined {
  const copy = structuredClone(claims);
  return remove(copy, path.split(".")) ? copy : undefined;
}

function remove(value: unknown, [step = "", ...rest]: string[]): boolean {
  if (typeof value !== "object" || value === null) return false;
  const name = step.replace("[]", "");
  const fields = value as AnyClaims;
  const names = name === "*" ? Object.keys(fields) : [name];
  for (const one of names) {
    if (!(one in fields)) continue;
    if (rest.length === 0) return delete fields[one];
    const inner = fields[one];
    const items = step.endsWith("[]") ? (Array.isArray(inner) ? inner : []) : [inner];
    if (items.some((item) => remove(item, rest))) return true;
  }
  return false;
}

function differing(a: Map<string, unknown[]>, b: Map<string, unknown[]>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])]
    .filter((path) => String(a.get(path)) !== String(b.get(path)))
    .sort();
}

describe("each row of docs/claims.md", () => {
  test.each(ROWS)("$type $ours is $wire", ({ type, ours, wire, cells }) => {
    expect(cells).toHaveLength(3);
    expect(cells.every((cell) => cell.length > 0)).toBe(true);
    const kind = kindOf(type);
    // Taking the field away changes on the wire what the row says, and nothing else.
    const seen = FIXTURES.filter((fixture) => fixture.kind === type).flatMap(({ claims }) => {
      const less = without(claims, ours);
      if (less === undefined) return [];
      return [differing(wireOf(kind, claims), wireOf(kind, less))];
    });
    expect(seen.length).toBeGreaterThan(0);
    expect(seen).toContainEqual([...wire].sort());
  });
});

test("each field of the fixtures has a row", () => {
  const listed = new Set(ROWS.map(({ type, ours }) => `${type} ${ours}`));
  const fields = FIXTURES.flatMap(({ kind, claims }) =>
    [...leavesOf(claims).keys()].map((path) => `${kind} ${path}`),
  );
  const hasRow = (field: string): boolean =>
    listed.has(field) ||
    // A bare list of subjects is what is allowed.
    listed.has(`${field}.allow`) ||
    // A target or a key that says no more than its subject.
    listed.has(`${field}[].subject`);
  expect([...new Set(fields)].filter((field) => !hasRow(field))).toEqual([]);
});
