import { describe, expect, test } from "vitest";
import { validateAccount, validateOperator, validateUser } from "../../src/claims";
import { ACCOUNT, OPERATOR, OTHER_ACCOUNT, USER } from "./fixed-keys";
import { expectOne, lines } from "./issues";

const account = (claims: object): string[] => lines(validateAccount({ name: "a", ...claims }));
const user = (claims: object): string[] => lines(validateUser({ name: "u", ...claims }));
const operator = (claims: object): string[] => lines(validateOperator({ name: "o", ...claims }));

test("good claims have no issues", () => {
  expect(
    operator({ accountServerUrl: "nats://127.0.0.1:4222", systemAccount: ACCOUNT.publicKey }),
  ).toEqual([]);
  expect(
    user({ permissions: { publish: ["a.>"], subscribe: ["b.* workers"], responses: {} } }),
  ).toEqual([]);
  expect(
    account({
      limits: { connections: 100, payload: "1MiB" },
      jetstream: { diskStorage: "10GiB", streams: 20 },
      exports: [{ stream: "orders.events.>" }, { service: "orders.*", accountTokenPosition: 2 }],
      imports: [{ service: "x.*.y", account: OTHER_ACCOUNT.publicKey, localSubject: "z.$1" }],
      revocations: { "*": 0, [USER.publicKey]: 1_700_000_000 },
      tags: ["env:prod"],
    }),
  ).toEqual([]);
});

test("all problems are found at once", () => {
  const issues = validateAccount({
    limits: { conn: 5, payload: "1mib" },
    exports: [{ streem: "a" }, { stream: "b c" }],
    imports: "x",
  });
  expect(lines(issues)).toEqual([
    "name: is missing",
    expect.stringMatching(/^limits\.payload: "1mib" is no size/),
    "limits.conn: is no known property; did you mean connections?",
    "exports[0].streem: is no known property; did you mean stream?",
    "exports[0]: needs exactly one of stream and service",
    'exports[1].stream: "b c" contains a space',
    "imports: must be a list, not text",
  ]);
});

describe("shape", () => {
  test.each<[unknown, string]>([
    [null, ": must be an object, not null"],
    [undefined, ": must be an object, not undefined"],
    ["x", ": must be an object, not text"],
    [[], ": must be an object, not a list"],
    [{ name: "" }, "name: is empty"],
    [{ name: 5 }, "name: must be text, not a number"],
    [{ name: "x", bearer: "yes" }, "bearer: must be true or false, not text"],
    [{ name: "x", tags: [" "] }, "tags[0]: is empty"],
    [{ name: "x", tags: Array(1) }, "tags[0]: must be text, not undefined"],
    [{ name: "x", "": 1 }, '[""]: is no known property'],
    [
      { name: "x", limits: { subscriptions: -1 } },
      "limits.subscriptions: must be at least 0; leave it out for no limit",
    ],
    [{ name: "x", limits: { subscriptions: 1.5 } }, "limits.subscriptions: must be a whole number"],
    [
      { name: "x", limits: { subscriptions: Number.NaN } },
      "limits.subscriptions: must be a whole number",
    ],
    [
      { name: "x", limits: { subscriptions: "5" } },
      "limits.subscriptions: must be a number, not text",
    ],
    [{ name: "x", limits: { payload: -1 } }, "limits.payload: must not be negative"],
    [{ name: "x", expiresAt: "soon" }, 'expiresAt: "soon" is no instant'],
    [{ name: "x", expiresAt: new Date(0) }, "expiresAt: must be an instant as text"],
    [{ name: "\ud800" }, "name: holds half a character"],
  ])("%j", (input, issue) => {
    expectOne(lines(validateUser(input)), issue);
  });

  test("null-prototype objects and frozen ones are fine", () => {
    expect(validateUser(Object.freeze(Object.assign(Object.create(null), { name: "x" })))).toEqual(
      [],
    );
  });
});

describe("keys", () => {
  test.each<[object, string]>([
    [
      { signingKeys: [USER.publicKey] },
      "signingKeys[0]: is a user key, an account key (A…) is needed",
    ],
    [
      { signingKeys: [ACCOUNT.seed] },
      "signingKeys[0]: is a seed (secret); give the public key, which starts with A",
    ],
    [{ signingKeys: [ACCOUNT.seed.slice(0, -1)] }, "signingKeys[0]: is a seed (secret)"],
    [
      { signingKeys: [`${ACCOUNT.publicKey.slice(0, -1)}A`] },
      "signingKeys[0]: is no valid key: wrong checksum",
    ],
    [{ signingKeys: [7] }, "signingKeys[0]: must be a key as text"],
    [
      { revocations: { [ACCOUNT.publicKey]: 1 } },
      `revocations.${ACCOUNT.publicKey}: is an account key, a user key (U…) is needed`,
    ],
    [{ revocations: { "**": 1 } }, 'revocations["**"]: is no valid key'],
    [{ revocations: { "*": -1 } }, 'revocations["*"]: must be at least 0'],
    [
      { revocations: { "*": 1_700_000_000_000 } },
      'revocations["*"]: is too late: give seconds, not milliseconds',
    ],
    [{ revocations: [] }, "revocations: must be an object, not a list"],
    [{ imports: [{ service: "x" }] }, "imports[0].account: is missing"],
    [
      { imports: [{ service: "x", account: OPERATOR.publicKey }] },
      "imports[0].account: is an operator key",
    ],
    [
      { imports: [{ service: "x", account: ACCOUNT.publicKey, token: "x" }] },
      "imports[0].token: is no valid activation token",
    ],
  ])("%j", (claims, issue) => {
    expectOne(account(claims), issue);
  });

  test("of operators", () => {
    expectOne(
      operator({ signingKeys: [ACCOUNT.publicKey] }),
      "signingKeys[0]: is an account key, an operator key (O…)",
    );
    expectOne(operator({ systemAccount: OPERATOR.publicKey }), "systemAccount: is an operator key");
  });

  test.each(["name", "description"])("that are secret do not belong into the %s", (name) => {
    expectOne(
      account({ [name]: `key ${USER.seed}` }),
      `${name}: holds a secret; claims are public`,
    );
  });

  test("are never shown when they are secret, wherever they are put", () => {
    const seed = USER.seed;
    const places = {
      name: seed,
      tags: [seed, `key:${seed}`],
      description: `the key is ${seed}`,
      infoUrl: seed,
      limits: { payload: seed, [seed]: 1 },
      jetstream: { diskStorage: seed },
      exports: [{ stream: seed, responseType: seed, [seed]: seed }],
      imports: [{ service: `a ${seed}`, account: seed, localSubject: seed, token: seed }],
      signingKeys: [seed, seed.toLowerCase(), seed.slice(0, 30)],
      revocations: { [seed]: seed },
      defaultPermissions: { publish: [`${seed} x`], responses: { ttl: seed } },
      expiresAt: seed,
      [seed]: seed,
    };
    for (const validate of [validateAccount, validateOperator, validateUser]) {
      const text = JSON.stringify(validate(places));
      expect(text.length).toBeGreaterThan(100);
      expect(text.toUpperCase()).not.toContain(seed.slice(0, 20));
    }
  });
});

describe("subjects", () => {
  test.each<[string, string | undefined]>([
    ["orders", undefined],
    ["orders.*.>", undefined],
    [">", undefined],
    ["foo*bar.a>b", undefined],
    ["日本.$SYS", undefined],
    ["", "is empty"],
    [" ", "contains a space"],
    ["a b", "contains a space"],
    ["a\tb", "contains a tab"],
    ["a\u0000", "contains a tab"],
    [".a", "starts or ends with a dot"],
    ["a.", "starts or ends with a dot"],
    [".", "starts or ends with a dot"],
    ["a..b", "contains two dots in a row"],
    ["a.>.b", "has a > that is not the last token"],
    [">.a", "has a > that is not the last token"],
  ])("%j", (subject, problem) => {
    const issues = account({ exports: [{ stream: subject }] });
    if (problem === undefined) expect(issues).toEqual([]);
    else expect(issues).toEqual([expect.stringContaining(problem)]);
  });

  test.each<[object, string]>([
    [
      { publish: ["a q"] },
      'permissions.publish[0]: "a q" contains a space; queue groups belong to subscribe only',
    ],
    [{ subscribe: ["a q r"] }, 'permissions.subscribe[0]: "a q r" contains more than one space'],
    [{ subscribe: ["a  q"] }, 'permissions.subscribe[0]: "a  q" contains more than one space'],
    [{ subscribe: ["a "] }, 'permissions.subscribe[0]: "a " has a queue group that is empty'],
    [{ subscribe: ["a..b q"] }, 'permissions.subscribe[0]: "a..b q" contains two dots'],
    [{ publish: { allow: ["a", ""] } }, "permissions.publish.allow[1]: is empty"],
    [{ publish: { permit: ["a"] } }, "permissions.publish.permit: is no known property"],
    [{ publish: ["a"], responses: { max: 0 } }, "permissions.responses.max: must be at least 1"],
    [
      { publish: ["a"], responses: { ttl: "0s" } },
      "permissions.responses.ttl: must be longer than 0",
    ],
    [{ publish: ["a"], responses: { ttl: "20000w" } }, "permissions.responses.ttl: is too long"],
    [{ responses: {} }, "? permissions.responses: without subjects in publish"],
    [
      { publish: { deny: ["a"] }, responses: {} },
      "? permissions.responses: without subjects in publish",
    ],
    [{ publish: [] }, "? permissions.publish: is empty, which allows everything"],
  ])("of permissions: %j", (permissions, issue) => {
    expectOne(user({ permissions }), issue);
  });
});

describe("exports", () => {
  test.each<[object, string]>([
    [{}, "exports[0]: needs exactly one of stream and service"],
    [{ stream: "a", service: "b" }, "exports[0]: needs exactly one of stream and service"],
    [{ stream: "a", responseType: "stream" }, "exports[0].responseType: is for services only"],
    [
      { stream: "a", responseThreshold: "1s" },
      "exports[0].responseThreshold: is for services only",
    ],
    [
      { stream: "a", latency: { sampling: 1, results: "b" } },
      "exports[0].latency: is for services only",
    ],
    [{ stream: "a", allowTrace: true }, "exports[0].allowTrace: is for services only"],
    [
      { service: "a", responseType: "Stream" },
      'exports[0].responseType: must be one of singleton, stream, chunked; it is "Stream"',
    ],
    [
      { service: "a", responseThreshold: "0s" },
      "exports[0].responseThreshold: must be longer than 0",
    ],
    [
      { service: "a", latency: { sampling: 0, results: "b" } },
      "exports[0].latency.sampling: must be a whole number from 1 to 100",
    ],
    [
      { service: "a", latency: { sampling: 101, results: "b" } },
      "exports[0].latency.sampling: must be a whole number from 1 to 100",
    ],
    [
      { service: "a", latency: { sampling: "50", results: "b" } },
      "exports[0].latency.sampling: must be a whole number from 1 to 100",
    ],
    [
      { service: "a", latency: { sampling: "headers", results: "b.*" } },
      'exports[0].latency.results: "b.*" has wildcards',
    ],
    [{ service: "a", latency: { sampling: 5 } }, "exports[0].latency.results: is missing"],
    [
      { service: "a.*", accountTokenPosition: 1 },
      'exports[0].accountTokenPosition: must be the position of a * in "a.*"',
    ],
    [
      { service: "a.*", accountTokenPosition: 3 },
      "exports[0].accountTokenPosition: must be the position of a *",
    ],
    [
      { service: "a.>", accountTokenPosition: 2 },
      "exports[0].accountTokenPosition: must be the position of a *",
    ],
    [
      { service: "a.*", accountTokenPosition: 0 },
      "exports[0].accountTokenPosition: must be at least 1",
    ],
    [
      { service: "a", description: "é".repeat(4097) },
      "exports[0].description: is longer than 8192 bytes",
    ],
    [
      { service: "a", infoUrl: "example.com" },
      'exports[0].infoUrl: "example.com" is no web address',
    ],
    [{ service: "a", infoUrl: "mailto:a@b" }, 'exports[0].infoUrl: "mailto:a@b" is no web address'],
    [
      { service: "a", infoUrl: "https://a b/" },
      'exports[0].infoUrl: "https://a b/" is no web address',
    ],
  ])("%j", (entry, issue) => {
    expectOne(account({ exports: [entry] }), issue);
  });

  test("what a stream does not have may be false", () => {
    expect(account({ exports: [{ stream: "a", allowTrace: false }] })).toEqual([]);
  });

  test("must not lie within each other, unless one is a stream and one a service", () => {
    expect(
      account({
        exports: [{ stream: "a.>" }, { service: "a.b" }, { stream: "b.*" }, { stream: "b.c.d" }],
      }),
    ).toEqual([]);
    expect(
      account({ exports: [{ stream: "a.b.c" }, { stream: "a.>" }, { stream: "a.*.c" }] }),
    ).toEqual([
      'exports[0].stream: "a.b.c" is covered by exports[1] ("a.>") already',
      'exports[2].stream: "a.*.c" is covered by exports[1] ("a.>") already',
    ]);
    expect(account({ exports: [{ service: "a" }, { service: "a" }] })).toEqual([
      'exports[1].service: "a" is covered by exports[0] ("a") already',
    ]);
  });

  test("many are checked in a moment", () => {
    const exports = Array.from({ length: 20_000 }, (_, i) => ({ stream: `*.a.${i}.*.>` }));
    const imports = Array.from({ length: 20_000 }, (_, i) => ({
      [i % 2 === 0 ? "service" : "stream"]: `s.${i}`,
      account: ACCOUNT.publicKey,
    }));
    const mappings = Object.fromEntries(
      Array.from({ length: 20_000 }, (_, i) => [`m.${i}.*`, ["t.$1"]]),
    );
    // Comparing each with each takes minutes, and the test does not live that long.
    expect(account({ exports, imports, mappings })).toEqual([]);
  });
});

describe("imports", () => {
  const from = { account: OTHER_ACCOUNT.publicKey };

  test.each<[object, string]>([
    [{ ...from }, "imports[0]: needs exactly one of stream and service"],
    [{ ...from, stream: "a", share: true }, "imports[0].share: is for services only"],
    [{ ...from, service: "a", allowTrace: true }, "imports[0].allowTrace: is for streams only"],
    [
      { ...from, stream: "a.>", localSubject: "b" },
      'imports[0].localSubject: "b" must end in > exactly when',
    ],
    [
      { ...from, stream: "a", localSubject: "b.>" },
      'imports[0].localSubject: "b.>" must end in > exactly when',
    ],
    [
      { ...from, stream: "a.*", localSubject: "b" },
      'imports[0].localSubject: "b" must have as many *',
    ],
    [
      { ...from, stream: "a.*", localSubject: "b.*.$1" },
      'imports[0].localSubject: "b.*.$1" must have as many *',
    ],
    [
      { ...from, stream: "a.*", localSubject: "b.$2" },
      'imports[0].localSubject: "b.$2" refers to $2, but the imported subject has 1 *',
    ],
    [
      { ...from, stream: "a.*", localSubject: "b.$0" },
      'imports[0].localSubject: "b.$0" refers to $0',
    ],
  ])("%j", (entry, issue) => {
    expectOne(account({ imports: [entry] }), issue);
  });

  test("may rename with * and $1", () => {
    expect(
      account({
        imports: [
          { ...from, stream: "a.*.*.>", localSubject: "b.$2.*.>" },
          { ...from, service: "c.*", localSubject: "d.$1" },
        ],
      }),
    ).toEqual([]);
  });

  test("of services of one account must not overlap here", () => {
    expect(
      account({
        imports: [
          { ...from, service: "a.b" },
          { ...from, service: "x.*", localSubject: "a.$1" },
        ],
      }),
    ).toEqual(['imports[0]: "a.b" overlaps with imports[1] ("a.*") of the same account']);
    expect(
      account({
        imports: [
          { ...from, service: "a.b" },
          { account: ACCOUNT.publicKey, service: "a.b" },
          { ...from, stream: "a.b" },
        ],
      }),
    ).toEqual([]);
  });
});

describe("limits of accounts", () => {
  const from = { account: OTHER_ACCOUNT.publicKey };

  test.each<[object, string]>([
    [{ limits: { connections: 0 } }, "? limits.connections: is 0: nobody can connect"],
    [{ limits: { subscriptions: 0 } }, "? limits.subscriptions: is 0: nobody can subscribe"],
    [{ limits: { payload: "0B" } }, "? limits.payload: is 0: no message"],
    [
      { limits: { imports: 0 }, imports: [{ ...from, stream: "a" }] },
      "imports: has 1 entries; limits.imports allows 0",
    ],
    [
      { limits: { exports: 1 }, exports: [{ stream: "a" }, { stream: "b" }] },
      "exports: has 2 entries; limits.exports allows 1",
    ],
    [
      { limits: { exports: 1, wildcardExports: false }, exports: [{ stream: "a.*" }] },
      "exports[0].stream: has wildcards, which limits.wildcardExports forbids",
    ],
    [{ limits: { wildcardExports: false } }, "? limits.wildcardExports: has no effect"],
    [
      { jetstream: {} },
      "jetstream: has no storage, so JetStream would be off: name diskStorage or memoryStorage",
    ],
    [{ jetstream: { diskStorage: 0 } }, "jetstream: has no storage"],
    [{ jetstream: { streams: 5 } }, "jetstream: has no storage"],
    [{ jetstream: { diskStorage: "all" } }, 'jetstream.diskStorage: "all" is no size'],
    [
      { jetstream: { diskStorage: "1GiB", streams: 0 } },
      "jetstream.streams: must be at least 1; servers take 0 for no limit",
    ],
    [
      { jetstream: { diskStorage: "1GiB", diskMaxStreamBytes: "0B" } },
      "jetstream.diskMaxStreamBytes: must not be 0",
    ],
  ])("%j", (claims, issue) => {
    expectOne(account(claims), issue);
  });

  test("JetStream with one storage, or unlimited, is fine", () => {
    expect(account({ jetstream: { memoryStorage: "unlimited", maxAckPending: 5 } })).toEqual([]);
  });
});

describe("operators", () => {
  test.each<[object, string]>([
    [
      { accountServerUrl: "127.0.0.1:4222" },
      'accountServerUrl: "127.0.0.1:4222" is no address with a scheme',
    ],
    [{ accountServerUrl: "/jwt" }, 'accountServerUrl: "/jwt" is no address'],
    [{ accountServerUrl: "nats://a,b" }, 'accountServerUrl: "nats://a,b" is no address'],
    [{ accountServerUrl: "nats://u:p@host" }, "? accountServerUrl: carries a user or password"],
    [
      { serviceUrls: ["http://a"] },
      'serviceUrls[0]: "http://a" is no address with the scheme nats',
    ],
    [{ serviceUrls: ["nats://a/"] }, 'serviceUrls[0]: "nats://a/" has a path'],
    [{ serviceUrls: ["nats://u@a"] }, 'serviceUrls[0]: "nats://u@a" carries a user'],
    [{ serviceUrls: [""] }, "serviceUrls[0]: is empty"],
    [{ assertServerVersion: "2.10" }, 'assertServerVersion: "2.10" is no version of three numbers'],
    [{ assertServerVersion: "2.-1.0" }, 'assertServerVersion: "2.-1.0" is no version'],
    [{ requireSigningKeys: 1 }, "requireSigningKeys: must be true or false, not a number"],
    [{ strictSigningKeyUsage: true }, "strictSigningKeyUsage: is no known property"],
  ])("%j", (claims, issue) => {
    expectOne(operator(claims), issue);
  });
});

test("an operator may have several NATS servers", () => {
  expect(operator({ accountServerUrl: "nats://a:4222,nats://b:4222" })).toEqual([]);
});

describe("users", () => {
  test.each<[object, string]>([
    [{ sourceNetworks: ["10.0.0.1"] }, 'sourceNetworks[0]: "10.0.0.1" is no network'],
    [{ sourceNetworks: ["10.0.0.0/33"] }, 'sourceNetworks[0]: "10.0.0.0/33" is no network'],
    [{ sourceNetworks: ["010.0.0.0/8"] }, 'sourceNetworks[0]: "010.0.0.0/8" is no network'],
    [{ sourceNetworks: ["::/129"] }, 'sourceNetworks[0]: "::/129" is no network'],
    [{ sourceNetworks: [":::/8"] }, 'sourceNetworks[0]: ":::/8" is no network'],
    [
      { times: [{ start: "8:00:00", end: "09:00:00" }] },
      'times[0].start: "8:00:00" is no time of day',
    ],
    [
      { times: [{ start: "08:00:00", end: "24:00:00" }] },
      'times[0].end: "24:00:00" is no time of day',
    ],
    [{ times: [{ start: "08:00:00" }] }, "times[0].end: is missing"],
    [
      { times: [{ start: "08:00:00", end: "09:00:00" }], timeZone: "Europe/Zürich" },
      'timeZone: "Europe/Zürich" is no IANA',
    ],
    [
      { times: [{ start: "08:00:00", end: "09:00:00" }], timeZone: "+01:00" },
      'timeZone: "+01:00" is no IANA',
    ],
    [
      { times: [{ start: "08:00:00", end: "09:00:00" }], timeZone: "europe/zurich" },
      'timeZone: "europe/zurich" is written Europe/Zurich',
    ],
    [{ timeZone: "Europe/Zurich" }, "? timeZone: has no effect without times"],
    [
      { times: [{ start: "08:00:00", end: "08:00:00" }] },
      "? times[0]: ends when it starts, so it admits nobody",
    ],
    [{ name: "*" }, '? name: "*" is a wildcard in subjects: a scoped key whose template'],
    [{ name: "ann.>" }, '? name: "ann.>" is a wildcard in subjects'],
    [{ tags: ["team:red", "team:*"], scoped: true }, '? tags[1]: "team:*" is a wildcard'],
    [{ tags: [" team:a.> "] }, '? tags[0]: " team:a.> " is a wildcard'],
    [{ connectionTypes: ["mqtt"] }, "connectionTypes[0]: must be one of STANDARD, WEBSOCKET"],
    [
      { issuerAccount: USER.publicKey },
      "issuerAccount: is a user key, an account key (A…) is needed",
    ],
    [
      { notBefore: "2027-01-01T00:00:00Z", expiresAt: "2027-01-01T00:00:00Z" },
      "expiresAt: must be later than notBefore",
    ],
    [{ limits: { connections: 5 } }, "limits.connections: is no known property"],
    [{ limits: { data: -1 } }, "limits.data: must not be negative"],
    [
      { limits: { subscriptions: 2 ** 53 } },
      "limits.subscriptions: is too large: numbers beyond 2^53 are not exact",
    ],
    [{ proxyRequired: "yes" }, "proxyRequired: must be true or false, not text"],
    [{ audience: "" }, "audience: is empty"],
    [{ scoped: 1 }, "scoped: must be true or false, not a number"],
    [
      { scoped: true, permissions: {} },
      "permissions: must be left out: a scoped key signs, whose template says",
    ],
    [{ scoped: true, limits: { payload: 1 } }, "limits: must be left out"],
    [{ scoped: true, bearer: false }, "bearer: must be left out"],
    [
      { permissions: { publish: ["u.{{name()}}"] } },
      "? permissions.publish[0]: has {{…}}, which servers fill in for users of scoped keys only",
    ],
  ])("%j", (claims, issue) => {
    expectOne(user(claims), issue);
  });

  test("ranges over midnight are fine, and so are names with a * or > inside a token", () => {
    expect(user({ times: [{ start: "22:00:00", end: "06:00:00" }] })).toEqual([]);
    expect(user({ name: "a*->b", tags: ["team:*a", "x>"] })).toEqual([]);
  });

  test("networks of both families are fine", () => {
    expect(
      user({ sourceNetworks: ["10.0.0.0/8", "::/0", "2001:db8::/32", "::ffff:10.0.0.1/128"] }),
    ).toEqual([]);
  });
});
