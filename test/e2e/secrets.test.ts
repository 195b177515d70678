import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signUser } from "pulumi-nats-auth/claims";
import { formatCreds, generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeCertificates } from "../support/certificates";
import { admission, freePort, Servers } from "../support/nats";
import { filesBelow, foundInFiles, Secrets, spelledBackwards } from "../support/secrets";
import { Stack } from "../support/stack";

const marked = {
  operator: generateKeyPair("operator"),
  operatorSigning: generateKeyPair("operator"),
  system: generateKeyPair("account"),
  systemSigning: generateKeyPair("account"),
  account: generateKeyPair("account"),
  accountSigning: generateKeyPair("account"),
  user: generateKeyPair("user"),
  plainText: generateKeyPair("user"),
  curve: generateKeyPair("curve"),
};

function secret(key: keyof typeof marked): string {
  return `pulumi.secret(${spelledBackwards(marked[key].seed)})`;
}

function plainData(key: keyof typeof marked): string {
  return `{ publicKey: "${marked[key].publicKey}", seed: ${secret(key)} }`;
}

/** Every kind of resource, with keys given in every form. */
function program(port: number, changes: { connections?: number; more?: string } = {}): string {
  return `
const operator = new nats.Operator("acme", {
  key: new nats.KeyPair("operator-key", { kind: "operator", seed: ${secret("operator")} }),
  signingKeys: [new nats.SigningKey("operator-signing", { kind: "operator", seed: ${secret("operatorSigning")} })],
  systemAccount: { key: ${plainData("system")}, signingKey: pulumi.output(${plainData("systemSigning")}) },
  requireSigningKeys: true,
  accountServerUrl: "nats://127.0.0.1:${port}",
});
const resolver = new nats.ResolverConfig("resolver", { operator, path: "nats/resolver.conf" });
const server = new nats.LocalServer("dev", { config: resolver });
const orders = new nats.Account("orders", {
  operator,
  key: new nats.KeyPair("orders-key", { kind: "account", seed: ${secret("account")} }),
  signingKeys: [new nats.SigningKey("orders-signing", { kind: "account", seed: ${secret("accountSigning")} })],
  limits: { connections: ${changes.connections ?? 100} },
}, { dependsOn: server });
const generated = new nats.Account("generated", { operator }, { dependsOn: server });
const fromHandle = new nats.Account("from-handle", { operator: pulumi.output(operator.handle), signingKeys: [new nats.SigningKey("from-handle-signing", { kind: "account" })] }, { dependsOn: server });
new nats.KeyPair("curve-key", { kind: "curve", seed: ${secret("curve")} });
const users = [
  new nats.User("marked", {
    account: orders,
    key: new nats.KeyPair("marked-key", { kind: "user", seed: ${secret("user")} }),
    permissions: { publish: ["orders.${changes.connections ?? 100}.>"] },
    credsPath: "creds/marked.creds",
  }),
  new nats.User("bearer", { account: orders, bearer: true, tags: ["connections:${changes.connections ?? 100}"] }),
  new nats.User("own-key", { account: generated, expiresIn: "90d" }),
  new nats.User("by-handle", { account: orders.handle }),
  new nats.User("by-secret-handle", { account: pulumi.secret(orders.handle) }),
  // Nobody said that these seeds are secret.
  new nats.User("plain-text", { account: orders, key: { publicKey: "${marked.plainText.publicKey}", seed: ${spelledBackwards(marked.plainText.seed)} } }),
  new nats.User("plain-key", { account: orders, key: new nats.KeyPair("plain-key", { kind: "user", seed: ${spelledBackwards(marked.plainText.seed)} }) }),
];
exports.operator = operator.handle;
exports.orders = orders.handle;
exports.generated = generated.handle;
exports.tokens = users.map((user) => user.jwt);
exports.creds = users.map((user) => user.creds);
exports.seeds = users.map((user) => user.seed);
exports.config = resolver.text;
exports.helm = resolver.helmValues;
${changes.more ?? ""}
`;
}

describe("secrets", () => {
  const secrets = new Secrets();
  let stack: Stack;
  let port: number;
  let storage: string;

  /** Everything that was printed since the last look, and all of the backend's files. */
  async function expectNothingReadable(): Promise<void> {
    secrets.learn(JSON.stringify(await stack.openState()));
    const printed = stack.printed
      .splice(0)
      .flatMap(({ command, text }) =>
        secrets.foundIn(text).map((what) => `pulumi ${command}: ${what}`),
      );
    expect(printed).toEqual([]);
    expect(foundInFiles(secrets, filesBelow(stack.backend))).toEqual([]);
  }

  beforeAll(async () => {
    secrets.learn(JSON.stringify(marked));
    port = await freePort();
    stack = await Stack.create(program(port));
  });

  afterAll(async () => {
    await stack?.end();
  });

  it("are not readable after an up, neither in what it printed nor in the state", async () => {
    await stack.must("up", "--yes", "--diff", "--show-sames", "--non-interactive");
    await stack.must("stack", "output");
    await stack.must("stack", "output", "--json");
    await stack.must("stack", "history", "--json", "--full-dates");
    await expectNothingReadable();
    // Nine marked ones, and those of accounts and users that made their own.
    expect(secrets.known).toEqual({ seeds: 9 + 4 + 4, userTokens: 7 });
    const state = await stack.openState();
    storage = state["LocalServer::dev"]?.outputs["storage"] as string;
  });

  it("are on disk only where a path was asked for, readable by the owner alone", async () => {
    const creds = stack.path("creds/marked.creds");
    const holders = filesBelow(stack.dir).filter(
      (path) => foundInFiles(secrets, [path]).length > 0,
    );
    expect(holders).toEqual([creds]);
    expect(statSync(creds).mode & 0o777).toBe(0o600);
    expect(await admission(stack.file("creds/marked.creds"), `nats://127.0.0.1:${port}`)).toBe(
      "admitted",
    );
    expect(foundInFiles(secrets, filesBelow(storage))).toEqual([]);
  });

  it("are not readable in the preview of a change, as text or JSON", async () => {
    stack.write(program(port, { connections: 200 }));
    await stack.must("preview", "--diff", "--show-sames", "--non-interactive");
    await stack.must("preview", "--json", "--show-sames", "--non-interactive");
    await expectNothingReadable();
  });

  it("are not readable after an update, and a creds file keeps its mode", async () => {
    const creds = stack.path("creds/marked.creds");
    chmodSync(creds, 0o644);
    const before = secrets.known.userTokens;
    await stack.up("--diff");
    await expectNothingReadable();
    // Two users changed.
    expect(secrets.known.userTokens).toBe(before + 2);
    expect(statSync(creds).mode & 0o777).toBe(0o600);
  });

  it("are not readable after pushes and a file that failed", async () => {
    const dead = await freePort();
    const longName = "x".repeat(300);
    stack.write(
      program(port, { connections: 200 }).replace(
        'new nats.Account("generated", { operator }',
        `new nats.Account("generated", { operator, limits: { connections: 5 }, server: { url: "nats://127.0.0.1:${dead}", waitFor: "1s" } }`,
      ) +
        `
new nats.Account("unreachable", { operator, server: { url: "nats://127.0.0.1:${dead}", waitFor: "1s" } });
exports.lost = new nats.User("unwritable", { account: orders, credsPath: "creds/${longName}.creds" }).creds;
`,
    );
    const { code, text } = await stack.tryUp("--diff", "--continue-on-error");
    expect(code).not.toBe(0);
    expect(text).toMatch(/no nats-server answered at/);
    expect(text).toMatch(/could not be written/);
    const state = await stack.state();
    // All three got half-way: what they made is in the state.
    for (const resource of ["Account::generated", "Account::unreachable", "User::unwritable"])
      expect(state[resource]?.outputs["pending"]).toBeTypeOf("string");
    await expectNothingReadable();
    await stack.run("preview", "--diff", "--non-interactive");
    await stack.run("preview", "--json", "--non-interactive");
    await expectNothingReadable();
  });

  it("are not readable after a refresh, an up that repairs and a destroy", async () => {
    await stack.refresh("--diff");
    await expectNothingReadable();
    stack.write(program(port, { connections: 200 }));
    await stack.up("--diff");
    await expectNothingReadable();
    await stack.destroy("--diff");
    await expectNothingReadable();
    expect(await stack.state()).toEqual({});
    // Of what the tests made on disk, only the program is left.
    expect(foundInFiles(secrets, filesBelow(stack.dir))).toEqual([]);
  });
});

describe("secrets of rotations, connections, roles and handles", () => {
  const secrets = new Secrets();
  const files = mkdtempSync(join(tmpdir(), "secrets-"));
  const { ca, server: certificate, client } = makeCertificates();
  let platform: Stack;
  let tenant: Stack;
  let port: number;
  let servers: Servers;
  let config: string;
  let systemCreds = "";
  // The rest of the text says which curve it is, and the public half, as the certificate does.
  const privateHalf = client.key.split("\n")[2]?.slice(0, 26) as string;

  interface Changes {
    rotation?: string;
    connections?: number;
  }

  /** What servers have to be started with, before anything can be pushed to them. */
  function operatorProgram(rotation?: string): string {
    const turns = rotation === undefined ? "" : `, rotation: "${rotation}", overlap: "1d"`;
    return `
const signing = (name, kind, more = {}) => new nats.SigningKey(name, { kind, ...more ${turns} });
const operator = new nats.Operator("acme", {
  signingKeys: [signing("operator-signing", "operator")],
  systemAccount: { signingKey: signing("system-signing", "account") },
  accountServerUrl: "tls://localhost:${port}", waitForServer: "2s",
  tls: { ca: ${JSON.stringify(ca)}, cert: ${JSON.stringify(client.cert)}, key: ${spelledBackwards(client.key)} },
  ${systemCreds === "" ? "" : `systemCreds: ${spelledBackwards(systemCreds)},`}
});
exports.config = new nats.ResolverConfig("acme", { operator, interval: "1s" }).text;
`;
  }

  function platformProgram({ rotation, connections = 10 }: Changes): string {
    return `
${operatorProgram(rotation)}
const role = { name: "reader", permissions: { subscribe: ["of.{{name()}}.>", "tier.{{account-tag(tier)}}"] } };
const reader = signing("reader-signing", "account", { role });
const clock = new nats.Account("clock", { operator, exports: [{ service: "time", tokenRequired: true }] });
const orders = new nats.Account("orders", {
  operator, signingKeys: [reader], tags: ["tier:gold"], imports: [{ service: "time", account: clock }],
  limits: { connections: ${connections} },
});
const abroad = new nats.Activation("abroad", { account: clock.handle, importer: "${marked.account.publicKey}", service: "time" });
const user = new nats.User("reader", { account: orders, signingKey: reader, onReissue: "revoke" });
exports.operator = operator.handle;
exports.orders = orders.handle;
exports.readers = { publicKey: orders.publicKey, name: orders.name, signer: { publicKey: reader.publicKey, seed: reader.seed, role } };
exports.creds = user.creds;
exports.token = abroad.token;
exports.former = reader.former;
`;
  }

  const tenantProgram = (tag: string) => `
const { operator, orders, readers } = Object.fromEntries(["operator", "orders", "readers"].map((name) => [name, new pulumi.Config().requireSecretObject(name)]));
const shop = new nats.Account("shop", { operator, tags: ["${tag}"] });
const users = [
  new nats.User("of-shop", { account: shop, tags: ["${tag}"] }),
  new nats.User("of-orders", { account: orders, tags: ["${tag}"] }),
  new nats.User("reader", { account: readers, tags: ["${tag}"] }),
  new nats.User("revocable", { account: pulumi.all([readers, operator]).apply(([account, operator]) => ({ ...account, operator })), tags: ["${tag}"], onReissue: "revoke" }),
];
exports.shop = shop.handle;
exports.creds = users.map((user) => user.creds);
`;

  /** In no file of either backend, and in nothing that was printed. */
  async function expectNothingReadable(): Promise<void> {
    const stacks = [platform, tenant].filter((stack) => stack !== undefined);
    for (const stack of stacks) secrets.learn(JSON.stringify(await stack.openState()));
    for (const stack of stacks) {
      const printed = stack.printed
        .splice(0)
        .flatMap(({ command, text }) => secrets.foundIn(text).map((what) => `${command}: ${what}`));
      expect(printed).toEqual([]);
      expect(foundInFiles(secrets, filesBelow(stack.backend))).toEqual([]);
    }
  }

  async function bothUp(changes: Changes, tag: string): Promise<void> {
    platform.write(platformProgram(changes));
    await platform.must("preview", "--diff", "--show-sames", "--non-interactive");
    await platform.up("--diff");
    await handOver();
    tenant.write(tenantProgram(tag));
    await tenant.must("preview", "--diff", "--show-sames", "--non-interactive");
    await tenant.up("--diff");
  }

  async function handOver(): Promise<void> {
    const outputs = await platform.outputs();
    for (const name of ["operator", "orders", "readers"]) {
      await tenant.must("config", "set", "--secret", name, JSON.stringify(outputs[name]));
    }
  }

  beforeAll(async () => {
    const texts = { "ca.pem": ca, "cert.pem": certificate.cert, "key.pem": certificate.key };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(files, name), text);
    secrets.hold("a TLS key", privateHalf);
    port = await freePort();
    const at = (name: string) => JSON.stringify(join(files, name));
    const tls = `tls { cert_file: ${at("cert.pem")}, key_file: ${at("key.pem")}, ca_file: ${at("ca.pem")}, verify: true }`;
    platform = await Stack.create(operatorProgram("1"));
    await platform.up("--diff");
    config = (await platform.outputs())["config"] as string;
    servers = await Servers.start(`${tls}\n${config}`, [port]);
    tenant = await Stack.create("");
  });

  afterAll(async () => {
    await platform?.end();
    await tenant?.end();
    await servers?.close();
    rmSync(files, { recursive: true, force: true });
  });

  it("are not readable after an up", async () => {
    await bothUp({ rotation: "1" }, "first");
    await expectNothingReadable();
    expect(JSON.stringify(await platform.openState())).toContain(privateHalf);
  });

  it("are not readable after a rotation of every signing key, with creds of a system user", async () => {
    const system = (await platform.openState())["Operator::acme"]?.outputs["system"] as {
      publicKey: string;
      signer: { seed: string };
    };
    const pusher = generateKeyPair("user");
    const jwt = signUser({
      publicKey: pusher.publicKey,
      claims: { name: "pusher", issuerAccount: system.publicKey },
      signer: signerFromSeed(system.signer.seed),
      issuedAt: Math.floor(Date.now() / 1000),
    });
    systemCreds = formatCreds(jwt, pusher.seed);
    secrets.learn(systemCreds);
    await bothUp({ rotation: "2" }, "second");
    const state = await platform.openState();
    for (const name of ["operator-signing", "system-signing", "reader-signing"]) {
      const outputs = state[`SigningKey::${name}`]?.outputs;
      expect(outputs?.["former"]).toMatchObject({ seed: expect.stringMatching(/^S[OA]/) });
    }
    await platform.must("stack", "output", "--json");
    await tenant.must("stack", "output", "--json");
    await expectNothingReadable();
  });

  it("are not readable after pushes that failed", async () => {
    await servers.all[0]?.stop();
    platform.write(platformProgram({ rotation: "2", connections: 20 }));
    tenant.write(tenantProgram("third"));
    for (const stack of [platform, tenant]) {
      const { code, text } = await stack.tryUp("--diff", "--continue-on-error");
      expect(code).not.toBe(0);
      expect(text).toMatch(/no nats-server answered/);
      await stack.run("preview", "--diff", "--non-interactive");
      await stack.run("preview", "--json", "--non-interactive");
      await stack.refresh("--diff");
    }
    await expectNothingReadable();
  });

  it("are not readable after a refresh, and an up that makes it good", async () => {
    await servers.all[0]?.start();
    for (const stack of [platform, tenant]) await stack.refresh("--diff");
    await bothUp({ rotation: "2", connections: 20 }, "third");
    await expectNothingReadable();
  });

  it("are not readable when the program rotates no more", async () => {
    // Servers take the new operator key with a restart, and then all is signed by it.
    const { config: current = "" } = await platform.outputs();
    await servers.all[0]?.restart((text) => text.replace(config, current));
    await bothUp({ rotation: "2", connections: 20 }, "third");
    systemCreds = ""; // the former key of the system account signed them, and goes
    await bothUp({ connections: 20 }, "fourth");
    await expectNothingReadable();
    for (const stack of [platform, tenant]) await stack.refresh("--diff");
    await expectNothingReadable();
  });

  it("are not readable after a destroy", async () => {
    for (const stack of [tenant, platform]) await stack.destroy("--diff");
    await expectNothingReadable();
  });
});

describe("a seed where it does not belong is refused without being shown", () => {
  const secrets = new Secrets();
  let stack: Stack;

  const seed = marked.account.seed;
  /** One letter is wrong, so that it is a seed no more; most of its pieces are still right. */
  const mistyped = `${seed.slice(0, 40)}${seed[40] === "A" ? "B" : "A"}${seed.slice(41)}`;
  const head = `
const [seed, mistyped] = [${spelledBackwards(seed)}, ${spelledBackwards(mistyped)}];
const publicKey = "${marked.account.publicKey}";
const operator = { publicKey: "${marked.operator.publicKey}", signer: ${plainData("operatorSigning")} };
const account = { publicKey, signer: ${plainData("account")} };
`;
  const isSeed = "is a seed (secret); give the public key, which starts with";
  const notValid = "is no valid seed: wrong checksum";

  const cases: { what: string; program: string; expected: string[] }[] = [
    {
      what: "a mistyped seed of a KeyPair",
      program: 'new nats.KeyPair("key", { kind: "account", seed: pulumi.secret(mistyped) });',
      expected: [`seed: ${notValid}`],
    },
    {
      what: "a mistyped seed of a SigningKey that nobody marked as a secret",
      program: 'new nats.SigningKey("key", { kind: "account", seed: mistyped });',
      expected: [`seed: ${notValid}`],
    },
    {
      what: "the seed as public key of a KeyPair",
      program: 'new nats.KeyPair("key", { kind: "account", publicKey: seed });',
      expected: [`publicKey: ${isSeed} A`],
    },
    {
      what: "the seed all over an Account",
      program: `new nats.Account("orders", {
  operator: { ...operator, publicKey: seed },
  key: { publicKey: seed },
  signingKeys: [seed, { publicKey: mistyped }],
  imports: [{ stream: "a.>", account: seed }, { stream: "b.>", account: { publicKey: seed } }],
  exports: [{ stream: seed + " b" }],
  name: "orders of " + seed,
  tags: [seed],
  limits: { payload: seed },
});`,
      expected: [
        `imports[0].account: ${isSeed} A`,
        `imports[1].account: ${isSeed} A`,
        'limits.payload: "[secret]" is no size:',
        "name: holds a secret; claims are public",
        `publicKey: ${isSeed} A`,
        `signingKeys[0]: ${isSeed} A`,
        `signingKeys[1]: ${isSeed} A`,
        "tags[0]: holds a secret; claims are public",
      ],
    },
    {
      what: "the seed all over a User",
      program: `new nats.User("api", {
  account: { ...account, publicKey: seed },
  key: { publicKey: seed, seed: mistyped },
  expiresIn: seed,
  sourceNetworks: [seed],
  permissions: { publish: [mistyped] },
});`,
      expected: [
        `account.publicKey: ${isSeed} A`,
        `key.publicKey: ${isSeed} U`,
        `key.seed: ${notValid}`,
        "permissions.publish[0]: holds a secret; claims are public",
        "sourceNetworks[0]: holds a secret; claims are public",
      ],
    },
    {
      what: "a seed as the user's key",
      program: 'new nats.User("api", { account, key: seed });',
      expected: [`key.publicKey: ${isSeed} U`],
    },
    {
      what: "a seed as the system account of an Operator",
      program: `new nats.Operator("acme", {
  key: ${plainData("operator")}, signingKeys: [{ publicKey: seed }],
  systemAccount: { key: { publicKey: seed }, signingKey: { publicKey: seed } },
});`,
      expected: [`signingKeys[0]: ${isSeed} O`, `system.publicKey: ${isSeed} A`],
    },
  ];

  beforeAll(async () => {
    secrets.learn(JSON.stringify(marked) + mistyped);
    stack = await Stack.create("");
  });

  afterAll(async () => {
    await stack?.end();
  });

  it.each(cases)("$what", async ({ program, expected }) => {
    stack.write(head + program);
    const { code, text } = await stack.run("preview", "--diff", "--non-interactive");
    expect(code).not.toBe(0);
    for (const words of expected) expect(text).toContain(words);
    expect(secrets.foundIn(text)).toEqual([]);
    expect(foundInFiles(secrets, filesBelow(stack.backend))).toEqual([]);
  });
});
