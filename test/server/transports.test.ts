import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generateKeyPair, parseCreds } from "pulumi-nats-auth/keys";
import { type ClusterTarget, closeConnections, publishAccount } from "pulumi-nats-auth/resolver";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makeCertificates } from "../support/certificates";
import { freePort, Server, until } from "../support/nats";
import { addressFor, makeOperator, systemCreds } from "../support/operator";

describe("connections to a server", () => {
  const operator = makeOperator("acme");
  const { ca, server: serverCertificate, client } = makeCertificates();
  const stranger = makeCertificates();
  let root: string;
  const started: Server[] = [];

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "nats-test-"));
    for (const [name, text] of Object.entries({
      "ca.pem": ca,
      "cert.pem": serverCertificate.cert,
      "key.pem": serverCertificate.key,
      "client.pem": client.cert,
      "client-key.pem": client.key,
    })) {
      writeFileSync(join(root, name), text);
    }
  });

  afterEach(() => closeConnections());

  afterAll(async () => {
    await Promise.all(started.map((server) => server.stop("SIGKILL")));
    rmSync(root, { recursive: true, force: true });
  });

  async function start(name: string, lines: string, text = operator.text): Promise<Server> {
    const port = await freePort();
    const config = `listen: "127.0.0.1:${port}"\nserver_name: ${name}\n${lines}\n${text}`;
    const server = new Server(name, port, join(root, name), config);
    started.push(server);
    await server.start();
    return server;
  }

  const tlsBlock = (more = "") =>
    `tls { cert_file: "${join(root, "cert.pem")}", key_file: "${join(root, "key.pem")}", ca_file: "${join(root, "ca.pem")}"${more} }`;

  /** What the client trusts and shows, as files. */
  const clientFiles = () => ({
    caFile: join(root, "ca.pem"),
    certFile: join(root, "client.pem"),
    keyFile: join(root, "client-key.pem"),
  });

  /** Publishes a new account there, and returns what went wrong; nothing when the server has it. */
  async function attempt(server: Server, target: Partial<ClusterTarget>): Promise<unknown> {
    const account = generateKeyPair("account");
    const at = addressFor(server.url, operator, { waitFor: 10_000, ...target });
    try {
      const { jwt } = await publishAccount(at("orders", account.publicKey), { name: "orders" });
      expect(server.accounts()[account.publicKey]).toBe(jwt);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  it("are by TLS, and show a client certificate where the server wants one", async () => {
    const server = await start("VERIFY", tlsBlock(", verify: true"));
    const url = `tls://localhost:${server.port}`;
    const { cert, key } = client;
    expect(await attempt(server, { url, tls: { ca, cert, key } })).toBeUndefined();
    expect(await attempt(server, { url, tls: clientFiles() })).toBeUndefined();
    expect(await attempt(server, { url, tls: { ca } })).toMatchObject({
      code: "ERR_TLS",
      message: expect.stringContaining("a client certificate where the server verifies clients"),
    });
    for (const tls of [{ ca: stranger.ca, cert, key }, undefined]) {
      expect(await attempt(server, { url, tls })).toMatchObject({
        code: "ERR_TLS",
        message: expect.stringMatching(/^no TLS connection to tls:\/\/localhost:\d+: .*`tls\.ca`/),
      });
    }
  });

  it("begin with TLS where the server expects that", async () => {
    const server = await start("FIRST", tlsBlock(', handshake_first: "2s"'));
    const url = `tls://127.0.0.1:${server.port}`;
    expect(await attempt(server, { url, tls: { ca, handshakeFirst: true } })).toBeUndefined();
  });

  it("are never in clear where the address says TLS", async () => {
    const server = await start("CLEAR", "");
    const url = `tls://127.0.0.1:${server.port}`;
    expect(await attempt(server, { url })).toMatchObject({ code: "ERR_TLS" });
  });

  it("go over WebSockets, beside others", async () => {
    const port = await freePort();
    const server = await start("WS", `websocket { listen: "127.0.0.1:${port}", no_tls: true }`);
    const other = await start("TCP", "");
    const url = `ws://127.0.0.1:${port}`;
    const both = [attempt(server, { url }), attempt(other, {}), attempt(server, {})];
    expect(await Promise.all(both)).toEqual([undefined, undefined, undefined]);
    expect(await attempt(server, { url, tls: { ca } })).toMatchObject({
      code: "ERR_INPUT",
      message: expect.stringContaining(
        "tls means nothing to ws://, which does without TLS: write wss://",
      ),
    });
    const web = createServer((_, response) => response.writeHead(403).end());
    await new Promise<void>((resolve) => web.listen(0, "127.0.0.1", resolve));
    const { port: webPort } = web.address() as AddressInfo;
    expect(await attempt(server, { url: `ws://127.0.0.1:${webPort}`, waitFor: 500 })).toMatchObject(
      {
        code: "ERR_UNREACHABLE",
        message: expect.stringContaining("(Unexpected server response: 403)"),
      },
    );
    web.close();
    // A connection of the other kind still comes back by itself.
    const account = generateKeyPair("account");
    const address = addressFor(other.url, operator)("orders", account.publicKey);
    const first = await publishAccount(address, { name: "orders" });
    expect(await attempt(server, { url })).toBeUndefined();
    await other.restart((config) => config);
    await publishAccount(address, { name: "orders", limits: { connections: 1 } }, first);
  });

  it("go over WebSockets with TLS, and show a client certificate there too", async () => {
    const port = await freePort();
    const block = tlsBlock(", verify: true").replace("tls {", "tls: {");
    const server = await start("WSS", `websocket { listen: "127.0.0.1:${port}", ${block} }`);
    const url = `wss://localhost:${port}`;
    const { cert, key } = client;
    expect(await attempt(server, { url, tls: { ca, cert, key } })).toBeUndefined();
    expect(await attempt(server, { url, tls: clientFiles() })).toBeUndefined();
    const refusals = [
      [{ ca: stranger.ca, cert, key }, "certificate signature failure"],
      [undefined, "unable to verify the first certificate.*"],
      [{ ca }, "[a-z0-9 ]*certificate required"],
    ] as const;
    for (const [tls, reason] of refusals) {
      expect(await attempt(server, { url, tls })).toMatchObject({
        code: "ERR_TLS",
        message: expect.stringMatching(
          `^no TLS connection to wss://localhost:\\d+: ${reason}\\. Give .*\`tls\\.ca\`.*a client certificate`,
        ),
      });
    }
    // An unreadable file stops neither this attempt nor the next one of the process.
    expect(
      await attempt(server, { url, tls: { ca, caFile: join(root, "none.pem") } }),
    ).toMatchObject({
      code: "ERR_INPUT",
      message: expect.stringContaining("tls.caFile cannot be read: ENOENT"),
    });
    expect(await attempt(server, {})).toBeUndefined();
    const dead = `wss://localhost:${await freePort()}`;
    expect(await attempt(server, { url: [dead, url], tls: { ca, cert, key } })).toBeUndefined();
    expect(await attempt(server, { url: `wss://localhost:${server.port}` })).toMatchObject({
      code: "ERR_TLS",
      message: expect.stringContaining(": what listens there speaks no TLS. Correct the address"),
    });
    await server.stop();
    expect(await attempt(server, { url, tls: { ca, cert, key }, waitFor: 500 })).toMatchObject({
      code: "ERR_UNREACHABLE",
    });
  });

  it("sign in with creds, a creds file, or a user's JWT and seed", async () => {
    const server = await start("CREDS", "");
    const creds = systemCreds(operator);
    const credsFile = join(root, "sys.creds");
    writeFileSync(credsFile, creds);
    const system = undefined;
    expect(await attempt(server, { system, creds })).toBeUndefined();
    expect(await attempt(server, { system, credsFile })).toBeUndefined();
    expect(await attempt(server, { system, user: parseCreds(creds) })).toBeUndefined();
    expect(await attempt(server, { creds })).toMatchObject({
      code: "ERR_INPUT",
      message: expect.stringContaining("exactly one of"),
    });
    const missing = join(root, "missing.creds");
    expect(await attempt(server, { system, credsFile: missing })).toMatchObject({
      code: "ERR_FILE",
    });
    const expired = systemCreds(operator, { expiresAt: "2020-01-01T00:00:00Z" });
    const refused = await attempt(server, { system, creds: expired });
    expect(refused).toMatchObject({
      code: "ERR_UNAUTHORIZED",
      message: expect.stringContaining("creds have expired or are revoked"),
    });
    const { jwt, seed } = parseCreds(expired);
    expect(String(refused)).not.toContain(jwt);
    expect(String(refused)).not.toContain(seed);
  });

  it("fall back to the identity key while the server holds only a bootstrap system account", async () => {
    const text = operator.text.slice(0, operator.text.indexOf("resolver_preload"));
    const server = await start("BOOT", "", text);
    const { system, systemSigning } = operator;
    const { publicKey } = system;
    const without = { system: { publicKey, signer: systemSigning } };
    expect(await attempt(server, without)).toMatchObject({ code: "ERR_UNAUTHORIZED" });
    const withIdentity = { system: { publicKey, signer: systemSigning, identity: system } };
    expect(await attempt(server, withIdentity)).toBeUndefined();

    // Once the server has the real system account, its signing key works.
    const at = addressFor(server.url, operator, withIdentity);
    await expect(publishAccount(at("SYS", publicKey), { name: "SYS" })).rejects.toMatchObject({
      code: "ERR_INPUT",
      message: expect.stringMatching(
        new RegExp(`would no longer know ${systemSigning.publicKey}.*both keys first`),
      ),
    });
    await publishAccount(at("SYS", publicKey), {
      name: "SYS",
      signingKeys: [systemSigning.publicKey],
    });
    await closeConnections();
    await until(async () => (await attempt(server, without)) === undefined);
  });
});
