/** Approved fixtures: a case is two data files, `<case>.input.json` and `<case>.approved.json`. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { AnyClaims } from "./kinds";

/** Where they are. */
export const FOLDER = join(__dirname, "..", "fixtures", "claims");

/** One case. */
export interface Fixture {
  name: string;
  /** Type of the claims on the wire. */
  kind: string;
  claims: AnyClaims;
}

/** All cases, found by their files. */
export const FIXTURES: Fixture[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".input.json"))
  .sort()
  .map((file) => ({
    name: file.replace(".input.json", ""),
    ...JSON.parse(readFileSync(join(FOLDER, file), "utf8")),
  }));

/** The file that says what a case gives. */
export function approvedPath(name: string): string {
  return join(FOLDER, `${name}.approved.json`);
}
