/** nats-servers on loopback for measurements, each round in a fresh folder. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, credsAuthenticator, type NatsConnection } from "@nats-io/transport-node";
import { signAccount, signOperator, signUser } from "pulumi-nats-auth/claims";
import { formatCreds, generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { renderResolverConfig } from "pulumi-nats-auth/resolver";

const now = Math.floor(Date.now() / 1000);
const [identity, signing] = [generateKeyPair("operator"), generateKeyPair("operator")];
const system = generateKeyPair("account");

const { text } = renderResolverConfig({
  operator: {
    name: "bench",
    jwt: signOperator({
      publicKey: identity.publicKey,
      claims: {
        name: "bench",
        signingKeys: [signing.publicKey],
        systemAccount: system.publicKey,
      },
      signer: signerFromSeed(identity.seed),
      issuedAt: now,
    }),
  },
  systemAccount: {
    publicKey: system.publicKey,
    jwt: signAccount({
      publicKey: system.publicKey,
      claims: { name: "SYS" },
      signer: signerFromSeed(signing.seed),
      issuedAt: now,
    }),
  },
});

/** Creds of a system user of every server here. */
export const creds = (() => {
  const { publicKey, seed } = generateKeyPair("user");
  const signer = signerFromSeed(system.seed);
  return formatCreds(
    signUser({ publicKey, claims: { name: "bench" }, signer, issuedAt: now }),
    seed,
  );
})();

/** JWTs of so many new accounts. */
export function makeAccounts(count: number): string[] {
  const signer = signerFromSeed(signing.seed);
  return Array.from({ length: count }, (_, index) =>
    signAccount({
      publicKey: generateKeyPair("account").publicKey,
      claims: { name: `tenant-${index}`, limits: { connections: 100, payload: "1MiB" } },
      signer,
      issuedAt: now,
    }),
  );
}

/** Runs `work` against so many servers that hold nothing yet. */
export async function withServers<T>(count: number, work: (url: string) => Promise<T>): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), "bench-servers-"));
  const ports = await Promise.all(Array.from({ length: 2 * count }, freePort));
  const [clients, routes] = [ports.slice(0, count), ports.slice(count)];
  const urls = routes.map((route) => `"nats://127.0.0.1:${route}"`).join(", ");
  const running: ChildProcess[] = [];
  try {
    for (const [index, port] of clients.entries()) {
      const dir = join(root, `S${index}`);
      mkdirSync(dir);
      const file = join(dir, "nats.conf");
      const cluster =
        count > 1
          ? `cluster { name: bench, listen: "127.0.0.1:${routes[index]}", routes: [${urls}] }\n`
          : "";
      writeFileSync(file, `listen: "127.0.0.1:${port}"\nserver_name: S${index}\n${cluster}${text}`);
      running.push(spawn("nats-server", ["-c", file], { cwd: dir, stdio: "ignore" }));
    }
    const url = `nats://127.0.0.1:${clients[0]}`;
    await allThere(url, count);
    return await work(url);
  } finally {
    const ended = running.map((child) => new Promise((done) => child.once("exit", done)));
    for (const child of running) child.kill("SIGKILL");
    await Promise.all(ended);
    rmSync(root, { recursive: true, force: true });
  }
}

export function connectSystem(url: string): Promise<NatsConnection> {
  return connect({
    servers: url,
    authenticator: credsAuthenticator(new TextEncoder().encode(creds)),
    reconnect: false,
  });
}

async function allThere(url: string, count: number): Promise<void> {
  for (let attempt = 1; attempt <= 200; attempt++) {
    try {
      const nc = await connectSystem(url);
      const options = { strategy: "count", maxMessages: count, maxWait: 300 } as const;
      let replies = 0;
      for await (const _ of await nc.requestMany("$SYS.REQ.SERVER.PING", "", options)) replies++;
      await nc.close();
      if (replies === count) return;
    } catch {
      // not up yet
    }
    await sleep(50);
  }
  throw new Error("the servers did not start");
}

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}
