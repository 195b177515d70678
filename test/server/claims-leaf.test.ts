/** Leaf nodes: how many an account may have, and with whose token. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import type { AccountLimits, UserClaims } from "pulumi-nats-auth/claims";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { admission, freePort, Server, until } from "../support/nats";
import { type Tenant, Tenants } from "../support/tenants";
import { answered, serve } from "../support/traffic";

describe("a leaf node", () => {
  let tenants: Tenants;
  let leafPort: number;
  const root = mkdtempSync(join(tmpdir(), "nats-test-"));
  const leaves: Server[] = [];

  beforeAll(async () => {
    leafPort = await freePort();
    const config = `leafnodes { listen: "127.0.0.1:${leafPort}" }`;
    tenants = await Tenants.start({ config });
  });

  afterEach(async () => {
    await Promise.all(leaves.map((leaf) => leaf.stop("SIGKILL")));
  });

  afterAll(async () => {
    await tenants?.close();
    rmSync(root, { recursive: true, force: true });
  });

  /** Starts a server that wants to be a leaf as this user, and waits for a request that crosses, or for its hub to refuse it. */
  async function leafOf(account: Tenant, claims: Partial<UserClaims> = {}) {
    const name = `LEAF${leaves.length}`;
    const port = await freePort();
    const remote = `{ url: "nats-leaf://127.0.0.1:${leafPort}", credentials: "./hub.creds" }`;
    const config = `listen: "127.0.0.1:${port}"\nserver_name: ${name}\nleafnodes { remotes: [${remote}] }`;
    const leaf = new Server(name, port, join(root, name), config);
    leaves.push(leaf);
    mkdirSync(leaf.dir);
    writeFileSync(join(leaf.dir, "hub.creds"), account.user(claims).creds);
    await leaf.start();
    const client = await connect({ servers: leaf.url });
    const refusal = /Leafnode Error '(.*)'/;
    let crosses = false;
    await until(async () => {
      crosses = (await answered(client, ["hub"]).catch(() => [])).length === 1;
      return crosses || refusal.test(leaf.log());
    });
    await client.close();
    return crosses ? "let in" : `kept out: ${refusal.exec(leaf.log())?.[1]}`;
  }

  /** An account with a service for its leaves. */
  async function hub(name: string, limits: AccountLimits = {}) {
    const account = await tenants.account(name, { limits });
    await serve(await account.connect(), "hub", () => "here");
    return account;
  }

  it("needs a user that may connect as one", async () => {
    const account = await hub("kinds");
    expect(await leafOf(account, { connectionTypes: ["LEAFNODE"] })).toBe("let in");
    expect(await leafOf(account, { connectionTypes: ["STANDARD"] })).toMatch(/^kept out/);
    const leaf = account.user({ connectionTypes: ["LEAFNODE"] });
    expect(await admission(leaf.creds, tenants.url)).toMatch(/^refused/);
  });

  it("is one of as many as its account may have", async () => {
    const account = await hub("one", { leafNodes: 1 });
    expect(await leafOf(account)).toBe("let in");
    expect(await leafOf(account)).toMatch(/^kept out: maximum account active/);
    expect(await leafOf(await hub("none", { leafNodes: 0 }))).toMatch(/^kept out/);
  });
});
