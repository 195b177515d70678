/** What a change of the encoder or the validation would change, for people to approve: run with APPROVE=1 and read the difference. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { decodeToken } from "../../src/claims";
import { approvedPath, FIXTURES, FOLDER } from "./fixtures";
import { lines } from "./issues";
import { kindOf, signFixed } from "./kinds";

/** JSON of numbers beyond 2^53. */
const exact = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? `${value}n` : value;

test.each(FIXTURES)("$name is as approved", ({ name, kind: type, claims }) => {
  const kind = kindOf(type);
  const token = decodeToken(signFixed(kind, claims));
  const received = {
    issues: lines(kind.validate(claims)),
    canonical: kind.fromWire(token),
    token,
  };
  const file = approvedPath(name);
  if (process.env["APPROVE"] === "1") {
    writeFileSync(file, `${JSON.stringify(received, exact, 2)}\n`);
  }
  expect(existsSync(file), `${file} is missing: run with APPROVE=1`).toBe(true);
  expect(JSON.parse(JSON.stringify(received, exact))).toEqual(
    JSON.parse(readFileSync(file, "utf8")),
  );
});

test("each approved file has its input", () => {
  const names = new Set(FIXTURES.map(({ name }) => name));
  const approved = readdirSync(FOLDER).filter((file) => file.endsWith(".approved.json"));
  expect(approved.filter((file) => !names.has(file.replace(".approved.json", "")))).toEqual([]);
  expect(approved).toHaveLength(names.size);
});
