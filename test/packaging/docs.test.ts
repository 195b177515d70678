/** docs/pushing.md cannot lie: each of its rows names a test that exists. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repository } from "../support/pack";

const rows = readFileSync(join(repository, "docs/pushing.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (---|fault)/.test(line))
  .map((line) => line.split(" | ") as [string, string, string, string]);

/** The texts in quotes of a file, as patterns: `$name` and `${…}` stand for anything. */
function texts(file: string): RegExp[] {
  const source = readFileSync(join(repository, file), "utf8");
  return [...source.matchAll(/(["'`])((?:(?!\1).)+)\1/g)].map(([, , text = ""]) => {
    const parts = text
      .split(/\$\{.*?\}|\$\w+/)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return new RegExp(`^${parts.join(".+")}$`);
  });
}

describe("each row of docs/pushing.md", () => {
  it.each(rows)("%s", (_fault, _reported, _next, shown) => {
    const [, name = "", path = ""] =
      /^\[(.*)\]\(\.\.\/(test\/.*\.test\.ts)\) \|$/.exec(shown) ?? [];
    expect(name).not.toBe("");
    expect(texts(path).some((text) => text.test(name))).toBe(true);
  });

  it("is found", () => {
    expect(rows.length).toBeGreaterThan(30);
  });
});
