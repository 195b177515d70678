import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeToken, signUser } from "pulumi-nats-auth/claims";
import { formatCreds, generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AccountServer } from "../support/account-server";
import { makeCertificates } from "../support/certificates";
import { admission, freePort, Servers } from "../support/nats";
import { Secrets, spelledBackwards } from "../support/secrets";
import { Stack } from "../support/stack";

/** The private key without its frame, as text in a state or an output would have it. */
const bodyOf = (pem: string) => pem.split("\n")[1] as string;

describe("connections of a stack to its servers", () => {
  const root = mkdtempSync(join(tmpdir(), "nats-test-"));
  const { ca, server: certificate, client } = makeCertificates();
  let platform: Stack;
  let tenant: Stack;
  let port: number;
  let webSocketPort: number;
  let servers: Servers;
  let tlsLines: string;

  const operatorArgs = (more: string) => `
const operator = new nats.Operator("acme", {
  accountServerUrl: "tls://localhost:${port}", waitForServer: "30s",
  ${more}
});
exports.config = new nats.ResolverConfig("acme", { operator, interval: "1s" }).text;
`;
  const tls = (key: string | undefined) => `tls: {
    ca: ${JSON.stringify(ca)},
    ${key === undefined ? "" : `cert: ${JSON.stringify(client.cert)}, key: ${spelledBackwards(key)},`}
  },`;

  beforeAll(async () => {
    for (const [name, text] of Object.entries({
      "ca.pem": ca,
      "cert.pem": certificate.cert,
      "key.pem": certificate.key,
    })) {
      writeFileSync(join(root, name), text);
    }
    [port, webSocketPort] = [await freePort(), await freePort()];
    tlsLines = `tls { cert_file: "${join(root, "cert.pem")}", key_file: "${join(root, "key.pem")}", ca_file: "${join(root, "ca.pem")}", verify: true }
websocket { listen: "127.0.0.1:${webSocketPort}", no_tls: true }
`;
    platform = await Stack.create(operatorArgs(tls(client.key)));
    await platform.up();
    const { config } = await platform.outputs();
    servers = await Servers.start(`${tlsLines}${config}`, [port]);
  });

  afterAll(async () => {
    await servers?.close();
    platform?.close();
    tenant?.close();
    rmSync(root, { recursive: true, force: true });
  });

  const held = (account: string | undefined) => servers.all[0]?.accounts()[account ?? ""];

  it("are by TLS with an authority and a certificate of its own, also from another stack by its handle", async () => {
    platform.write(`
${operatorArgs(tls(client.key))}
exports.orders = new nats.Account("orders", { operator }).publicKey;
exports.handle = operator.handle;
`);
    await platform.up();
    const { orders, handle } = await platform.outputs();
    expect(held(orders)).toBeDefined();

    tenant = await Stack.create("");
    await tenant.must("config", "set", "--secret", "handle", JSON.stringify(handle));
    tenant.write(`
const operator = new pulumi.Config().requireSecretObject("handle");
const shop = new nats.Account("shop", { operator });
exports.shop = shop.publicKey;
exports.user = new nats.User("user", { account: shop }).creds;
`);
    await tenant.up();
    const { shop } = await tenant.outputs();
    expect(held(shop)).toBeDefined();
    await tenant.refresh("--expect-no-changes");
  });

  it("keep the private key secret: in states, outputs and previews of both stacks", async () => {
    const needle = bodyOf(client.key);
    for (const stack of [platform, tenant]) {
      expect(await stack.stateText()).not.toContain(needle);
      expect((await stack.must("stack", "output", "--json")).stdout).not.toContain(needle);
      const { text } = await stack.run("preview", "--diff", "--refresh", "--non-interactive");
      expect(text).not.toContain(needle);
      for (const { text: printed } of stack.printed) expect(printed).not.toContain(needle);
    }
    // It is there, though.
    expect(JSON.stringify(await platform.openState())).toContain(needle);
  });

  it("say what is missing without a certificate, and lose nothing", async () => {
    platform.write(`
${operatorArgs(tls(undefined))}
exports.orders = new nats.Account("orders", { operator, limits: { connections: 5 } }).publicKey;
`);
    const { code, text } = await platform.tryUp();
    expect(code).not.toBe(0);
    expect(text).toMatch(
      /no TLS connection to tls:\/\/localhost:\d+: .*a client certificate where the server verifies clients.*\[ERR_TLS\]/,
    );
  });

  it("are with given creds, which stay secret, and through a WebSocket where the account says so", async () => {
    const state = await platform.openState();
    const system = state["Operator::acme"]?.outputs["system"] as {
      publicKey: string;
      signer: { seed: string };
    };
    const { publicKey, seed } = generateKeyPair("user");
    const jwt = signUser({
      publicKey,
      claims: { name: "pusher", issuerAccount: system.publicKey },
      signer: signerFromSeed(system.signer.seed),
      issuedAt: Math.floor(Date.now() / 1000),
    });
    const creds = formatCreds(jwt, seed);
    platform.write(`
${operatorArgs(`${tls(client.key)} systemCreds: ${spelledBackwards(creds)},`)}
exports.orders = new nats.Account("orders", { operator, limits: { connections: 6 } }).publicKey;
exports.web = new nats.Account("web", {
  operator, server: { url: "ws://127.0.0.1:${webSocketPort}", tls: {} },
}).publicKey;
`);
    const { text } = await platform.up();
    const { orders, web } = await platform.outputs();
    expect(held(web)).toBeDefined();
    expect(decodeToken(held(orders) ?? "").nats["limits"]).toMatchObject({ conn: 6 });
    const secrets = new Secrets();
    secrets.learn(creds);
    expect(secrets.foundIn(text)).toEqual([]);
    expect(secrets.foundIn(await platform.stateText())).toEqual([]);
  });
});

describe("a WebSocket with TLS", () => {
  it("is the way to the servers, with the authority that the operator names", async () => {
    const root = mkdtempSync(join(tmpdir(), "nats-test-"));
    const file = (name: string) => join(root, name);
    const { ca, server: certificate } = makeCertificates();
    writeFileSync(file("ca.pem"), ca);
    writeFileSync(file("cert.pem"), certificate.cert);
    writeFileSync(file("key.pem"), certificate.key);
    const [port, webSocketPort] = [await freePort(), await freePort()];
    const program = (tls: object, more: string) => `
const operator = new nats.Operator("acme", {
  accountServerUrl: "wss://localhost:${webSocketPort}", waitForServer: "30s", tls: ${JSON.stringify(tls)},
});
exports.config = new nats.ResolverConfig("acme", { operator }).text;
${more}
`;
    const orders = 'exports.orders = new nats.Account("orders", { operator }).publicKey;';
    const stack = await Stack.create(program({}, ""));
    let servers: Servers | undefined;
    try {
      await stack.up();
      const { config } = await stack.outputs();
      const listener = `websocket {
  listen: "127.0.0.1:${webSocketPort}"
  tls { cert_file: "${file("cert.pem")}", key_file: "${file("key.pem")}" }
}
`;
      servers = await Servers.start(`${listener}${config}`, [port]);
      stack.write(program({}, orders));
      const { code, text } = await stack.tryUp();
      expect(code).not.toBe(0);
      expect(text).toMatch(
        /no TLS connection to wss:\/\/localhost:\d+: .*certificate.*`tls\.ca`.*\[ERR_TLS\]/,
      );
      stack.write(program({ ca }, orders));
      await stack.up();
      const account = (await stack.outputs())["orders"] as string;
      expect(servers.all[0]?.accounts()[account]).toBeDefined();
    } finally {
      await servers?.close();
      stack.close();
      rmSync(root, { recursive: true, force: true });
    }
  });
});

describe("an HTTP account server", () => {
  it("is pushed to in place of the nats-servers that ask it", async () => {
    const accountServer = await AccountServer.start();
    const port = await freePort();
    const program = (more: string, connections = 5) => `
const operator = new nats.Operator("acme", { accountServerUrl: "${accountServer.url}", waitForServer: "3s" });
exports.config = new nats.ResolverConfig("acme", { operator, type: "url", url: "${accountServer.url}/accounts/" }).text;
const orders = new nats.Account("orders", { operator, limits: { connections: ${connections} } });
exports.orders = orders.publicKey;
exports.alice = new nats.User("alice", { account: orders }).creds;
${more}
`;
    const stack = await Stack.create(
      program('exports.bob = new nats.User("bob", { account: orders }).creds;'),
    );
    let servers: Servers | undefined;
    try {
      await stack.up();
      const { config = "", orders = "", alice = "", bob = "" } = await stack.outputs();
      servers = await Servers.start(config, [port]);
      const url = `nats://127.0.0.1:${port}`;
      for (const creds of [alice, bob]) expect(await admission(creds, url)).toBe("admitted");
      stack.write(program("", 6));
      await stack.up();
      const { nats } = decodeToken(accountServer.accounts.get(orders) ?? "");
      expect(nats).toMatchObject({
        limits: { conn: 6 },
        revocations: { [keyOf(bob)]: expect.any(Number) },
      });
      await stack.refresh("--expect-no-changes");

      accountServer.accounts.delete(orders);
      await stack.up("--refresh");
      expect(accountServer.accounts.has(orders)).toBe(true);
      const { text } = await stack.destroy();
      expect(text).toMatch(/is locked .* an HTTP account server deletes nothing; remove it there/);
    } finally {
      await servers?.close();
      await accountServer.close();
      stack.close();
    }
  });
});

function keyOf(creds: string): string {
  return decodeToken(/ey\S+/.exec(creds)?.[0] ?? "").sub;
}
