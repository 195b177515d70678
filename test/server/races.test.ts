import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeToken, revocationsOf } from "pulumi-nats-auth/claims";
import { generateKeyPair, type KeyPairData } from "pulumi-nats-auth/keys";
import {
  type AccountAddress,
  closeConnections,
  publishAccount,
  revokeUser,
} from "pulumi-nats-auth/resolver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Detour } from "../support/detour";
import { connectWith, Servers } from "../support/nats";
import { addressFor, makeOperator, now, systemCreds } from "../support/operator";

const program = join(__dirname, "programs", "revoke-users.mjs");

describe("several writers of one account", () => {
  const operator = makeOperator("acme");
  let servers: Servers;

  beforeAll(async () => {
    servers = await Servers.cluster(operator.text);
  });

  afterAll(async () => {
    await closeConnections();
    await servers?.close();
  });

  const at = (server: string, account: KeyPairData, name = "orders") =>
    addressFor(servers.named(server).url, operator, { waitFor: 20_000 })(name, account.publicKey);
  const makeUsers = (count: number) =>
    Array.from({ length: count }, () => generateKeyPair("user").publicKey);

  /** The revocations of the one copy that all servers hold. */
  function settled(account: KeyPairData): string[] {
    const copies = new Set(servers.copiesOf(account.publicKey));
    expect(copies.size).toBe(1);
    const [copy] = copies;
    return Object.keys(revocationsOf(decodeToken(copy ?? "")));
  }

  it("lose no revocation when two processes delete 50 users each at the same time", async () => {
    const account = generateKeyPair("account");
    await publishAccount(at("S1", account), { name: "orders" });
    const halves = [makeUsers(50), makeUsers(50)];
    const writers = await Promise.all(
      halves.map((users, index) => Writer.start(at(`S${index + 1}`, account), users)),
    );
    for (const writer of writers) writer.go();
    const results = await Promise.all(writers.map((writer) => writer.ended));
    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(settled(account).sort()).toEqual(halves.flat().sort());
  });

  it("lose no revocation while another tool writes an older copy in a loop", async () => {
    const account = generateKeyPair("account");
    const { jwt } = await publishAccount(at("S1", account), { name: "orders" });
    const users = makeUsers(50);
    const nc = await connectWith(systemCreds(operator), servers.named("S3").url);
    const writer = await Writer.start(at("S2", account), users);
    writer.go();
    let writes = 0;
    while (writer.revoked < 40) {
      const asked = Date.now();
      await nc.request("$SYS.REQ.CLAIMS.UPDATE", jwt, { timeout: 10_000 });
      writes += 1;
      // On a slow machine a change takes longer, and must get its chance.
      await sleep(20 + Math.random() * Math.min(500, 100 + 20 * (Date.now() - asked)));
    }
    const { code } = await writer.ended;
    await nc.close();
    expect(code).toBe(0);
    expect(writes).toBeGreaterThan(2);
    expect(settled(account).sort()).toEqual(users.sort());
  });

  it("see that another one wrote between their look and their push", async () => {
    const account = generateKeyPair("account");
    await publishAccount(at("S1", account), { name: "orders" });
    const [early, late] = makeUsers(2) as [string, string];
    const detour = await Detour.to(servers.named("S2").port);
    try {
      // The late one has looked, and is held up with its push until the early one is done.
      let done = false;
      detour.onRequest = async (text) => {
        if (!done && text.includes("PUB $SYS.REQ.CLAIMS.UPDATE")) {
          await revokeUser(at("S1", account), early, now());
          done = true;
        }
        return true;
      };
      const slow = addressFor(detour.url, operator)("orders", account.publicKey);
      await revokeUser(slow, late, now());
      expect(done).toBe(true);
      expect(settled(account).sort()).toEqual([early, late].sort());
    } finally {
      await detour.close();
    }
  });

  it("keep a change of claims and a revocation that cross", async () => {
    for (let round = 1; round <= 5; round += 1) {
      const account = generateKeyPair("account");
      const first = await publishAccount(at("S1", account), { name: "orders" });
      const users = makeUsers(8);
      const writer = await Writer.start(at("S2", account), users);
      writer.go();
      const change = { name: "orders", limits: { connections: round } };
      await sleep(Math.random() * 300);
      const { jwt } = await publishAccount(at("S1", account), change, first);
      const { code } = await writer.ended;
      expect(code).toBe(0);
      expect(settled(account).sort()).toEqual(users.sort());
      const [copy] = servers.copiesOf(account.publicKey);
      const { conn } = decodeToken(copy ?? "").nats["limits"] as { conn: number };
      expect(conn).toBe(round);
      expect(decodeToken(jwt).sub).toBe(account.publicKey);
    }
  });
});

/** A process that revokes users. */
class Writer {
  readonly ended: Promise<{ code: number | null }>;
  /** How many users it said are revoked. */
  revoked = 0;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on("data", (text) => {
      this.revoked += String(text).split("revoked").length - 1;
    });
    this.ended = new Promise((resolve) => child.on("exit", (code) => resolve({ code })));
  }

  static async start(address: AccountAddress, users: string[]): Promise<Writer> {
    const child = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
    const writer = new Writer(child);
    const ready = new Promise((resolve) => child.stdout?.once("data", resolve));
    child.stdin?.write(`${JSON.stringify({ address, users, issuedAt: now() })}\n`);
    await ready;
    return writer;
  }

  go(): void {
    this.#child.stdin?.write("go\n");
  }
}
