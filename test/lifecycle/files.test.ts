import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const files = resolve(__dirname, "../../dist/lifecycle/files.js");

/** Root may write anywhere, so the question is asked by a process that gave its rights away. */
function reasonForNobody(path: string): string {
  const script = `
    const { unwritableReason } = require(${JSON.stringify(files)});
    if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }
    process.stdout.write(String(unwritableReason(${JSON.stringify(path)})));`;
  return execFileSync(process.execPath, ["-e", script], { encoding: "utf8" });
}

describe("a file that is to be written", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "files-"));
    chmodSync(folder, 0o777);
    mkdirSync(join(folder, "locked"), { mode: 0o500 });
    writeFileSync(join(folder, "file"), "");
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("may lie in folders that are not there yet", () => {
    expect(reasonForNobody(join(folder, "a/b/x.creds"))).toBe("undefined");
  });

  it("is refused in a folder without permission, below a file, and where a folder is", () => {
    expect(reasonForNobody(join(folder, "locked/deeper/x.creds"))).toMatch(
      /^cannot be written: no permission in .*locked$/,
    );
    expect(reasonForNobody(join(folder, "file/x.creds"))).toMatch(
      /^cannot be written: .*file is no folder$/,
    );
    expect(reasonForNobody(folder)).toBe("is a folder; give the path of a file");
  });
});
