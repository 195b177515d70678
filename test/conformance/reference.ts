/** The Go reference, built once into a temporary folder. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What Go reads out of a token. */
export interface Reading {
  claims?: Record<string, unknown>;
  /** `true …` for what blocks, `false …` for the rest. */
  issues: string[];
  error?: string;
}

/** Why the tests cannot run; `undefined` when they can. In CI a missing Go is a failure, not a reason. */
export const skipReason: string | undefined =
  spawnSync("go", ["version"]).status === 0 || ["1", "true"].includes(process.env["CI"] ?? "")
    ? undefined
    : "Go is not installed";

/** The built program. */
export interface Reference {
  decode(tokens: string[]): (Reading & { text: string })[];
  encode(count: number): { seed: string; token: string }[];
  remove(): void;
}

export function buildReference(): Reference {
  const folder = mkdtempSync(join(tmpdir(), "jwt-reference-"));
  const program = join(folder, "reference");
  execFileSync("go", ["build", "-o", program, "."], { cwd: join(__dirname, "go"), stdio: "pipe" });
  const lines = (args: string[], input: string): string[] =>
    execFileSync(program, args, { input, encoding: "utf8", maxBuffer: 2 ** 28 })
      .trim()
      .split("\n");
  return {
    decode: (tokens) =>
      lines(["decode"], tokens.join("\n")).map((line) => ({ ...JSON.parse(line), text: line })),
    encode: (count) => lines(["encode", String(count)], "").map((line) => JSON.parse(line)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
