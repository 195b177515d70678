import { generateKeyPair } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Stack } from "../support/stack";

const [operatorKey, accountKey, userKey] = [
  generateKeyPair("operator"),
  generateKeyPair("account"),
  generateKeyPair("user"),
];

/** Plain data, so that nothing but the resource under test is in the program. */
const given = `
const operatorKey = ${JSON.stringify(operatorKey)};
const accountKey = ${JSON.stringify(accountKey)};
const userKey = ${JSON.stringify(userKey)};
const operator = { publicKey: operatorKey.publicKey, signer: operatorKey };
const account = { publicKey: accountKey.publicKey, signer: accountKey };
`;

/** A regular file, so that nothing can be written below it, whoever runs the tests. */
const belowFile = "Pulumi.yaml/below";

const cases: { kind: string; program: string; problems: (string | RegExp)[] }[] = [
  {
    kind: "KeyPair",
    program: 'new nats.KeyPair("x", { kind: "server", seed: "SAAA", publicKey: "ABC" });',
    problems: [
      "kind: must be one of operator, account, user, curve",
      /^publicKey: is no valid key: /,
      /^seed: is no valid seed: /,
    ],
  },
  {
    kind: "KeyPair of another kind",
    program:
      'new nats.KeyPair("x", { kind: "user", seed: accountKey.seed, publicKey: operatorKey.publicKey });',
    problems: [
      "publicKey: is an operator key, a user key (U…) is needed",
      "seed: is an account seed, a user seed (SU…) is needed",
    ],
  },
  {
    kind: "SigningKey",
    program:
      'new nats.SigningKey("x", { kind: "user", seed: userKey.seed, publicKey: userKey.publicKey });',
    problems: [
      "kind: must be one of operator, account",
      /^publicKey: is a user key, /,
      /^seed: is a user seed, /,
    ],
  },
  {
    kind: "Operator",
    program: `new nats.Operator("x", {
  key: { publicKey: operatorKey.publicKey },
  signingKeys: [accountKey],
  systemAccount: { key: userKey, signingKey: { publicKey: accountKey.publicKey, seed: userKey.seed } },
  accountServerUrl: "nowhere",
  serviceUrls: ["http://example.com"],
  tags: ["fine", " "],
  requireSigningKeys: "yes",
  serviceUrl: "nats://example.com",
});`,
    problems: [
      /^accountServerUrl: "nowhere" is no address with a scheme/,
      /^key\.seed: is needed to sign the operator JWT \(or give the signed JWT itself as `jwt`\); /,
      "requireSigningKeys: must be true or false, not text",
      /^serviceUrl: is no known property; /,
      /^serviceUrls\[0\]: "http:\/\/example\.com" is no address with the scheme nats, /,
      /^signer\.publicKey: is an account key, /,
      /^signer\.seed: is an account seed, /,
      /^signingKeys\[0\]: is an account key, /,
      /^system\.publicKey: is a user key, /,
      /^system\.signer\.seed: is a user seed, /,
      "tags[1]: is empty",
    ],
  },
  {
    kind: "Account",
    program: `new nats.Account("x", {
  operator: { publicKey: operatorKey.publicKey, signer: { publicKey: operatorKey.publicKey, seed: accountKey.seed } },
  key: userKey,
  server: { url: ["gopher://example.com", "nats://me:pass@example.com"], waitFor: "soon", expect: "S1" },
  conflict: "ignore", onDelete: "keep", forceDelete: "yes", tombstoneFor: "long",
  limits: { connections: 1.5, payload: -1, leafNodes: -2, subscriptions: "many", conections: 3 },
  jetstream: { diskStorage: "ten", streams: -1 },
  exports: [{ topic: "x" }, { stream: "a b" }, { stream: "a", service: "b" }, { stream: "c", responseType: "stream" }],
  imports: [{ stream: "x", account: userKey.publicKey }, { service: "y..z", account: accountKey.publicKey }],
  signingKeys: [operatorKey.publicKey],
  defaultPermissions: { publish: ["a b"], subscribe: { alow: ["x"] } },
  infoUrl: "nope",
  tags: [""],
  limit: { connections: 5 },
  expiresAt: "tomorrow",
});`,
    problems: [
      "conflict: must be one of fail, overwrite",
      /^defaultPermissions\.publish\[0\]: "a b" contains a space/,
      "defaultPermissions.subscribe.alow: is no known property; did you mean allow?",
      /^expiresAt: "tomorrow" is no instant: /,
      /^exports\[0\]\.topic: is no known property; /,
      "exports[0]: needs exactly one of stream and service",
      'exports[1].stream: "a b" contains a space',
      "exports[2]: needs exactly one of stream and service",
      "exports[3].responseType: is for services only",
      "forceDelete: must be true or false",
      /^imports\[0\]\.account: is a user key, /,
      'imports[1].service: "y..z" contains two dots in a row',
      /^infoUrl: "nope" is no web address /,
      /^jetstream\.diskStorage: "ten" is no size: /,
      /^jetstream\.streams: must be at least 1; /,
      /^limit: is no known property; /,
      /^limits\.conections: is no known property; did you mean connections\?/,
      "limits.connections: must be a whole number",
      /^limits\.leafNodes: must be at least 0; /,
      /^limits\.payload: must not be negative; /,
      "limits.subscriptions: must be a number, not text",
      "onDelete: must be one of delete, lock, retain",
      /^operator\.signer\.seed: is an account seed, /,
      /^publicKey: is a user key, /,
      "server.expect: must be a list of server names",
      /^server\.system: is needed to push: /,
      /^server\.url\[0\]: must begin with nats:\/\/, /,
      /^server\.url\[1\]: must not hold a user or password/,
      /^server\.waitFor: the duration is no duration: /,
      /^signingKeys\[0\]: is an operator key, /,
      "tags[0]: is empty",
      /^tombstoneFor: the duration is no duration: /,
    ],
  },
  {
    kind: "User",
    program: `new nats.User("x", {
  account: { publicKey: userKey.publicKey, signer: { publicKey: accountKey.publicKey } },
  key: accountKey,
  permissions: { publish: ["a b"], subscribe: ["> x y"], responses: { max: 0 }, request: [] },
  limits: { payload: "1XB", subscriptions: 1.5 },
  connectionTypes: ["PIGEON"],
  sourceNetworks: ["10.0.0.0/33"],
  times: [{ start: "25:00:00", end: "noon" }],
  timeZone: "Mars/Base",
  bearer: "yes",
  notBefore: "yesterday",
  expiresIn: "soon",
  expiresAt: "2030-01-01T00:00:00Z",
  renewBefore: "1 week",
  credsPath: "${belowFile}/x.creds",
  permission: {},
});`,
    problems: [
      /^account\.publicKey: is a user key, /,
      /^account\.signer\.seed: is needed to sign users; /,
      "bearer: must be true or false, not text",
      /^connectionTypes\[0\]: must be one of STANDARD, .*; it is "PIGEON"$/,
      /^credsPath: cannot be written: .*\/Pulumi\.yaml is no folder$/,
      "expiresAt: cannot be given together with expiresIn",
      /^expiresIn: the duration is no duration: /,
      /^key\.publicKey: is an account key, /,
      /^key\.seed: is an account seed, /,
      /^limits\.payload: "1XB" is no size: /,
      "limits.subscriptions: must be a whole number",
      /^notBefore: "yesterday" is no instant: /,
      /^permission: is no known property; /,
      /^permissions\.publish\[0\]: "a b" contains a space; /,
      /^permissions\.request: is no known property; /,
      /^permissions\.responses\.max: must be at least 1; /,
      /^permissions\.subscribe\[0\]: "> x y" contains more than one space/,
      /^renewBefore: the duration is no duration: /,
      /^sourceNetworks\[0\]: "10\.0\.0\.0\/33" is no network /,
      /^timeZone: "Mars\/Base" is no IANA time zone /,
      /^times\[0\]\.end: "noon" is no time of day /,
      /^times\[0\]\.start: "25:00:00" is no time of day /,
    ],
  },
  {
    kind: "ResolverConfig",
    program: `new nats.ResolverConfig("x", {
  operator: new nats.Operator("acme"),
  ttl: "1h", url: "http://example.com/", interval: "often", limit: 2.5, path: "${belowFile}/x.conf", directory: "jwt",
});`,
    problems: [
      /^directory: is no known property; /,
      /^interval: the duration is no duration: /,
      "limit: must be a whole number above zero",
      /^path: cannot be written: .*\/Pulumi\.yaml is no folder$/,
      "ttl: means nothing to a resolver of type full",
      "url: means nothing to a resolver of type full",
    ],
  },
  {
    kind: "ResolverConfig of an unknown type",
    program: `new nats.ResolverConfig("x", { operator: new nats.Operator("acme"), type: "disk", path: "." });`,
    problems: [
      "path: is a folder; give the path of a file",
      "type: must be one of full, cache, memory, url",
    ],
  },
  {
    kind: "LocalServer",
    program: `new nats.LocalServer("x", { config: "", host: "0.0.0.0", port: 70000, dir: "${belowFile}", jetStream: false });`,
    problems: [
      /^dir: cannot be written: .*\/Pulumi\.yaml is no folder$/,
      /^host: must be 127\.0\.0\.1 or localhost: /,
      /^jetStream: is no known property; /,
      "port: must be a port number from 1 to 65535",
    ],
  },
];

/** What the engine says that is wrong with resources, sorted. */
function problemsIn(text: string): string[] {
  return [...text.matchAll(/^error: .* resource '.*' has a problem: (.*)$/gm)]
    .map(([, problem]) => problem as string)
    .sort();
}

describe("a preview of bad input", () => {
  let stack: Stack;

  beforeAll(async () => {
    stack = await Stack.create("");
  });

  afterAll(async () => {
    await stack?.end();
  });

  it.each(cases)("names every problem of a $kind at its place", async ({ program, problems }) => {
    stack.write(given + program);
    const { code, text } = await stack.run("preview", "--diff", "--non-interactive");
    expect(code).not.toBe(0);
    const wanted = problems.map((problem) =>
      typeof problem === "string" ? problem : expect.stringMatching(problem),
    );
    expect(problemsIn(text)).toEqual(wanted);
    // The engine would print the value of a property that it is told the name of.
    expect(text).not.toMatch(/property .* value/);
  });

  // Root may write everywhere.
});

describe("a preview of an empty stack", () => {
  let stack: Stack;

  afterAll(async () => {
    await stack?.end();
  });

  it("takes values that are not known yet, at any depth, for good ones", async () => {
    stack = await Stack.create(`
const operator = new nats.Operator("acme", { accountServerUrl: "nats://127.0.0.1:4222", requireSigningKeys: true });
const resolver = new nats.ResolverConfig("resolver", { operator, path: "nats/resolver.conf" });
const server = new nats.LocalServer("dev", { config: resolver });
const unknown = (value) => server.pid.apply(() => value);
const text = (value) => pulumi.interpolate\`\${value}.\${server.pid}\`;
const orders = new nats.Account("orders", {
  operator,
  server: { url: server.url, waitFor: unknown("5s") },
  limits: unknown({ connections: 5 }),
  jetstream: { diskStorage: unknown("1GiB"), streams: server.pid },
  exports: [{ stream: text("orders") }, unknown({ service: "place" }), { service: "other.*", accountTokenPosition: unknown(2) }],
  tags: [text("pid")],
  defaultPermissions: { publish: unknown(["a"]), subscribe: [text("b")] },
}, { dependsOn: server });
const billing = new nats.Account("billing", {
  operator: pulumi.output(operator.handle),
  signingKeys: [new nats.SigningKey("billing-signing", { kind: unknown("account"), seed: unknown("never read") })],
  exports: unknown([{ stream: "x" }]),
  imports: [{ stream: text("orders"), account: orders }, { service: "place", account: orders.publicKey, localSubject: text("local") }],
}, { dependsOn: server });
new nats.User("from-instance", {
  account: orders, expiresIn: unknown("90d"), renewBefore: "30d", credsPath: text("creds/x"),
  permissions: { publish: [text("orders")] }, limits: { payload: unknown("1KiB") }, sourceNetworks: unknown(["10.0.0.0/8"]),
  times: [unknown({ start: "09:00:00", end: "17:00:00" })], timeZone: unknown("Europe/Zurich"),
});
new nats.User("from-output", { account: unknown(orders.handle), expiresAt: unknown("2030-01-01T00:00:00Z") });
new nats.User("with-key", { account: billing, key: new nats.KeyPair("user-key", { kind: "user" }), credsPath: "creds/y" });
new nats.User("with-unknown-key", { account: billing, key: unknown({ publicKey: "never read" }) });
new nats.User("by-signing-key", { account: orders, signingKey: new nats.SigningKey("other", { kind: "account" }) });
new nats.ResolverConfig("other", { operator, type: unknown("cache"), ttl: unknown("1h"), limit: server.pid, preload: [orders] });
new nats.LocalServer("second", { config: unknown("port: 4223"), port: server.pid, dir: text("dir") });
`);
    const { text } = await stack.must("preview", "--diff", "--non-interactive");
    expect(problemsIn(text)).toEqual([]);
    // The only warning is the engine's own, about where it found its Node.js provider.
    expect(text.replaceAll("warning: using pulumi-resource-pulumi-nodejs", "")).not.toMatch(
      /warning|error/i,
    );
    const steps = await stack.preview();
    expect(new Set(steps.map((step) => step.op))).toEqual(new Set(["create"]));
    expect(steps.filter((step) => step.resource.startsWith("User::"))).toHaveLength(5);
  });

  it("takes an operator out of another stack that names no servers, and signs only", async () => {
    const of = (changes = "") => `${given}
const orders = new nats.Account("orders", { operator: pulumi.secret({ ...operator, ${changes} }), key: accountKey });
exports.creds = new nats.User("api", { account: orders }).creds;
exports.jwt = orders.jwt;
`;
    stack.write(of());
    await stack.up();
    expect((await stack.state())["Account::orders"]?.outputs["servers"]).toBeUndefined();
    const { jwt } = await stack.outputs();
    expect(await stack.preview()).toEqual([]);
    // Something that is only stored.
    stack.write(of('waitForServer: "5s"'));
    await stack.up();
    expect(await stack.outputs()).toMatchObject({ jwt });
    const { text } = await stack.destroy();
    expect(text).toMatch(/its creds stay valid: this stack cannot push account/);
  });
});
