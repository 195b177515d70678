/** What an operator's claims make its servers refuse. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OperatorClaims } from "pulumi-nats-auth/claims";
import { generateKeyPair } from "pulumi-nats-auth/keys";
import { describe, expect, it } from "vitest";
import { admission, freePort } from "../support/nats";
import { makeOperator } from "../support/operator";
import { Tenants } from "../support/tenants";

/** Whether a server of such an operator lets in users of a signing key, and of the account's identity key. */
async function admissions(claims: Partial<OperatorClaims>) {
  const tenants = await Tenants.start({ operator: makeOperator("acme", {}, claims) });
  try {
    const signer = generateKeyPair("account");
    const account = await tenants.account("shop", { signingKeys: [signer.publicKey] });
    const users = [account.user({}, { signer }), account.user()];
    return await Promise.all(users.map(({ creds }) => admission(creds, tenants.url)));
  } finally {
    await tenants.close();
  }
}

describe("an operator", () => {
  it("that requires signing keys has no users of an identity key", async () => {
    expect(await admissions({})).toEqual(["admitted", "admitted"]);
    expect(await admissions({ requireSigningKeys: true })).toEqual([
      "admitted",
      expect.stringMatching(/^refused/),
    ]);
  });

  it("has no servers that are older than it wants", async () => {
    expect(await admissions({ assertServerVersion: "2.2.0" })).toContain("admitted");
    const dir = mkdtempSync(join(tmpdir(), "nats-test-"));
    try {
      const { text } = makeOperator("acme", {}, { assertServerVersion: "99.0.0" });
      const file = join(dir, "nats.conf");
      writeFileSync(file, `listen: "127.0.0.1:${await freePort()}"\n${text}`);
      // Ends at once, or is ended.
      const { status, stderr } = spawnSync("nats-server", ["-c", file], {
        cwd: dir,
        encoding: "utf8",
        timeout: 10_000,
      });
      expect(stderr).toMatch(/expected major version 99/);
      expect(status).toBe(1);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
