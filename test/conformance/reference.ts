/** The Go reference, built once into a temporary folder. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What Go reads out of a token. */
export interface Reading {
  claims?: Record<string, unknown>;
  /** `error …` for what blocks, `time …` for what the clock says, `warning …` for the rest. */
  issues: string[];
  error?: string;
}

/** What the random claims of this run come from; given again by `CONFORMANCE_SEED`, a failure comes again. */
export const SEED = Number(process.env["CONFORMANCE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** Why the tests cannot run; `undefined` when they can. In CI a missing Go is a failure, not a reason. */
export const skipReason: string | undefined =
  spawnSync("go", ["version"]).status === 0 || ["1", "true"].includes(process.env["CI"] ?? "")
    ? undefined
    : "Go is not installed";

/** The built program. */
export interface Reference {
  decode(tokens: string[]): (Reading & { text: string })[];
  /** Random tokens; `plain` ones keep to the forms that this library writes too. */
  encode(count: number, seed: number, form: "any" | "plain"): { seed: string; token: string }[];
  /** Paths of all fields, by type of claims. */
  fields(): Record<string, string[]>;
  remove(): void;
}

export function buildReference(): Reference {
  const folder = mkdtempSync(join(tmpdir(), "jwt-reference-"));
  const program = join(folder, "reference");
  execFileSync("go", ["build", "-o", program, "."], { cwd: join(__dirname, "go"), stdio: "pipe" });
  const lines = (args: string[], input: string): string[] =>
    execFileSync(program, args, { input, encoding: "utf8", maxBuffer: 2 ** 30 })
      .trim()
      .split("\n");
  return {
    decode: (tokens) =>
      lines(["decode"], tokens.join("\n")).map((line) => ({ ...JSON.parse(line), text: line })),
    encode: (count, seed, form) =>
      lines(["encode", String(count), String(seed), form], "").map((line) => JSON.parse(line)),
    fields: () => JSON.parse(lines(["fields"], "")[0] as string),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
