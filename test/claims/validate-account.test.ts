import { describe, expect, test } from "vitest";
import { type ActivationClaims, signActivation, validateAccount } from "../../src/claims";
import { signerFromSeed } from "../../src/keys";
import { ACCOUNT, ACCOUNT_SIGNING, CURVE, NOW, OPERATOR, OTHER_ACCOUNT, USER } from "./fixed-keys";
import { expectOne, lines } from "./issues";

const account = (claims: object, context = {}): string[] =>
  lines(validateAccount({ name: "a", ...claims }, context));

describe("JetStream by tiers", () => {
  test("is fine, whatever the number of replicas", () => {
    const tier = { diskStorage: "1GiB", streams: 5 };
    expect(account({ jetstream: { tiers: { R1: tier, R3: tier, R12: tier } } })).toEqual([]);
  });

  test.each<[object, string]>([
    [
      { diskStorage: 1, tiers: { R1: { diskStorage: 1 } } },
      "jetstream.tiers: cannot be together with diskStorage",
    ],
    [{ tiers: {} }, "jetstream.tiers: is empty"],
    [{ tiers: { R1: {} } }, "jetstream.tiers.R1: has no storage"],
    [{ tiers: { "": { diskStorage: 1 } } }, 'jetstream.tiers[""]: is no tier'],
    [{ tiers: { R0: { diskStorage: 1 } } }, "jetstream.tiers.R0: is no tier"],
    [{ tiers: { r3: { diskStorage: 1 } } }, "jetstream.tiers.r3: is no tier"],
    [{ tiers: { R1: { disk: 1 } } }, "jetstream.tiers.R1.disk: is no known property"],
    [{ tiers: [] }, "jetstream.tiers: must be an object, not a list"],
    [
      { diskStorage: 1, memoryMaxStreamBytes: 1 },
      "? jetstream.memoryMaxStreamBytes: has no effect without memoryStorage",
    ],
  ])("%j", (jetstream, issue) => {
    const issues = account({ jetstream }).filter((line) => !/R1: has no storage/.test(line));
    if (/has no storage/.test(issue)) expectOne(account({ jetstream }), issue);
    else if (issue.includes("known property")) expect(issues[0]).toContain(issue);
    else expectOne(issues, issue);
  });
});

describe("mappings", () => {
  test.each<[object]>([
    [{ a: ["b"] }],
    [{ a: ["b", "c"].map((subject) => ({ subject, weight: 50 })) }],
    [
      {
        a: [
          { subject: "b", weight: 60 },
          { subject: "c", cluster: "east" },
        ],
      },
    ],
    [{ "a.*.*": ["b.$2.$1"] }],
    [{ "a.*.>": ["b.{{wildcard(1)}}.>"] }],
    [{ "a.*.*": ["b.{{partition(3,1,2)}}.$1"] }],
    [{ a: ["b.{{partition(3)}}.{{random(5)}}"] }],
    [
      {
        "a.*": ["b.{{Split(1,-)}}", "c.{{splitFromLeft(1,2)}}", "d.{{left(1,3)}}"].map(
          (subject) => ({ subject, weight: 10 }),
        ),
      },
    ],
    [{ "a.*": ["b.{{SliceFromRight(1,2)}}.{{right(1,1)}}"] }],
    // Not all of the source must be used, and words may start with a dollar.
    [{ "a.*": ["$b.$JS"] }],
  ])("%j is fine", (mappings) => {
    expect(account({ mappings })).toEqual([]);
  });

  test.each<[object, string]>([
    [{ a: [] }, "mappings.a: has no target"],
    [{ a: "b" }, "mappings.a: must be a list, not text"],
    [{ "a..b": ["c"] }, 'mappings["a..b"]: "a..b" contains two dots'],
    [{ a: ["b c"] }, 'mappings.a[0]: "b c" contains a space'],
    [{ a: [{ subject: "b", weight: 0 }] }, "mappings.a[0].weight: must be at least 1"],
    [{ a: [{ subject: "b", weight: 101 }] }, "mappings.a[0].weight: must be at most 100"],
    [{ a: [{ subject: "b", cluster: "" }] }, "mappings.a[0].cluster: is empty"],
    [{ a: [{ weight: 5 }] }, "mappings.a[0].subject: is missing"],
    [{ a: ["b", { subject: "c", weight: 1 }] }, "mappings.a: has weights of 101 percent together"],
    [
      { a: ["b", "c"].map((subject) => ({ subject, weight: 51, cluster: "east" })) },
      'mappings.a: has weights of 102 percent together in cluster "east"',
    ],
    [
      {
        a: [
          { subject: "b", weight: 1 },
          { subject: "b", weight: 1, cluster: "east" },
        ],
      },
      'mappings.a[1].subject: "b" is the target of entry 0 too',
    ],
    [{ "a.*": ["b.*"] }, 'mappings["a.*"][0]: "b.*" has a * of its own'],
    [{ "a.>": ["b"] }, 'mappings["a.>"][0]: "b" must end in > exactly when'],
    [{ a: ["b.>"] }, 'mappings.a[0]: "b.>" must end in > exactly when'],
    [{ "a.*": ["b.$2"] }, 'mappings["a.*"][0]: "b.$2" refers to $2, but the mapping has 1 *'],
    [{ "a.*": ["b.$0"] }, 'mappings["a.*"][0]: "b.$0" refers to $0'],
    [{ a: ["b.$1"] }, 'mappings.a[0]: "b.$1" refers to $1, but the mapping has 0 *'],
    [
      { "a.*": ["b.{{wild(1)}}"] },
      'mappings["a.*"][0]: "b.{{wild(1)}}" has {{wild(1)}}, which servers do not know',
    ],
    [
      { "a.*": ["b.{{wildcard()}}"] },
      'mappings["a.*"][0]: "b.{{wildcard()}}" has {{wildcard()}} with a wrong number',
    ],
    [
      { "a.*": ["b.{{wildcard(x)}}"] },
      'mappings["a.*"][0]: "b.{{wildcard(x)}}" has {{wildcard(x)}} with a wrong argument',
    ],
    [
      { "a.*": ["b.{{partition(0,1)}}"] },
      'mappings["a.*"][0]: "b.{{partition(0,1)}}" has {{partition(0,1)}} with a wrong number: at least 1',
    ],
    [{ "a.*": ["b.{{partition(3,2)}}"] }, 'mappings["a.*"][0]: "b.{{partition(3,2)}}" refers to'],
    [
      { "a.*": ["b.{{split(1)}}"] },
      'mappings["a.*"][0]: "b.{{split(1)}}" has {{split(1)}} with a wrong number',
    ],
    [
      { "a.*": ["b.{{SPLIT(1,-)}}"] },
      'mappings["a.*"][0]: "b.{{SPLIT(1,-)}}" has {{SPLIT(1,-)}}, which servers do not know',
    ],
  ])("%j", (mappings, issue) => {
    expectOne(account({ mappings }), issue);
  });
});

describe("authorization", () => {
  const authUsers = [USER.publicKey];

  test("by a service of the account is fine", () => {
    expect(
      account({ authorization: { authUsers, allowedAccounts: ["*"], xkey: CURVE.publicKey } }),
    ).toEqual([]);
  });

  test.each<[object, string]>([
    [{ allowedAccounts: ["*"] }, "authorization.authUsers: is missing"],
    [{ authUsers: [] }, "authorization.authUsers: is empty: nobody could answer"],
    [{ authUsers: [ACCOUNT.publicKey] }, "authorization.authUsers[0]: is an account key"],
    [
      { authUsers, allowedAccounts: ["*", ACCOUNT.publicKey] },
      "authorization.allowedAccounts[0]: stands for all accounts",
    ],
    [
      { authUsers, allowedAccounts: [USER.publicKey] },
      "authorization.allowedAccounts[0]: is a user key",
    ],
    [
      { authUsers, xkey: USER.publicKey },
      "authorization.xkey: is a user key, a curve key (X…) is needed",
    ],
  ])("%j", (authorization, issue) => {
    expectOne(account({ authorization }), issue);
  });

  test("without bearers may keep its clients out", () => {
    expectOne(
      account({ authorization: { authUsers }, limits: { disallowBearer: true } }),
      "? limits.disallowBearer: refuses bearer tokens",
    );
  });
});

describe("traces and cluster traffic", () => {
  test.each<[object, string]>([
    [{ trace: {} }, "trace.destination: is missing"],
    [{ trace: { destination: "a.*" } }, 'trace.destination: "a.*" has wildcards'],
    [{ trace: { destination: "a", sampling: 0 } }, "trace.sampling: must be at least 1"],
    [{ trace: { destination: "a", sampling: 101 } }, "trace.sampling: must be at most 100"],
    [{ clusterTraffic: "mine" }, "clusterTraffic: must be one of system, owner"],
  ])("%j", (claims, issue) => {
    expectOne(account(claims), issue);
  });

  const trace = { destination: "traces.all" };
  const permissions = (publish: unknown, more = {}) => ({ publish, ...more });

  test.each<[object]>([
    [permissions(["orders"])],
    [permissions(["traces.*.x"])],
    [permissions({ deny: ["traces.>"] })],
    [permissions({ allow: [">"], deny: ["*.all"] })],
    [permissions(undefined, { responses: {} })],
  ])("are lost by users with %j", (rules) => {
    const lost = 'publish: leaves out "traces.all", where trace.destination sends traces';
    expect(account({ trace, defaultPermissions: rules })).toContainEqual(
      expect.stringContaining(`? defaultPermissions.${lost}`),
    );
    const signingKeys = [
      OTHER_ACCOUNT.publicKey,
      { key: ACCOUNT_SIGNING.publicKey, role: "r", template: { permissions: rules } },
    ];
    expect(account({ trace, signingKeys })).toContainEqual(
      expect.stringContaining(`? signingKeys[1].template.permissions.${lost}`),
    );
    expect(account({ defaultPermissions: rules }).join()).not.toContain("trace");
  });

  test.each<[object]>([
    [permissions(undefined)],
    [permissions(["orders", "traces.>"])],
    [permissions({ allow: ["traces.all"], deny: ["traces.other", "traces.{{name()}}"] })],
    [permissions({ deny: ["orders"] })],
    [permissions(["traces.{{tag(team)}}"])],
  ])("are kept by users with %j", (rules) => {
    const signingKeys = [
      { key: ACCOUNT_SIGNING.publicKey, role: "r", template: { permissions: rules } },
    ];
    expect(account({ trace, signingKeys })).toEqual([]);
  });
});

test("wildcards in names and tags of accounts are named, for templates fill them in", () => {
  expectOne(account({ name: "a.*" }), '? name: "a.*" is a wildcard in subjects');
  expectOne(account({ tags: ["region:>"] }), '? tags[0]: "region:>" is a wildcard in subjects');
});

describe("signing keys", () => {
  const key = ACCOUNT_SIGNING.publicKey;
  const scoped = (template: object, rest = {}) => ({
    signingKeys: [{ key, role: "r", template, ...rest }],
  });

  test("with a role are fine, with all placeholders that servers know", () => {
    expect(
      account(
        scoped({
          permissions: {
            publish: [
              "u.{{name()}}.{{subject()}}",
              "a.{{account-name()}}.{{ account-subject() }}.>",
              "t.{{tag(team)}}.{{account-tag(region)}}",
            ],
            subscribe: { allow: ["a b"], deny: ["x.{{tag(team)}}"] },
          },
          limits: { subscriptions: 5 },
          sourceNetworks: ["10.0.0.0/8"],
        }),
      ),
    ).toEqual([]);
  });

  test.each<[object, string]>([
    [scoped({}, { role: "" }), "signingKeys[0].role: is empty"],
    [scoped({}, { key: USER.publicKey }), "signingKeys[0].key: is a user key"],
    [{ signingKeys: [{ key, role: "r" }] }, "signingKeys[0].template: is missing"],
    [
      scoped({ sourceNetworks: ["x"] }),
      'signingKeys[0].template.sourceNetworks[0]: "x" is no network',
    ],
    [scoped({ subs: 1 }), "signingKeys[0].template.subs: is no known property"],
    [
      scoped({ permissions: { publish: ["a..b"] } }),
      'signingKeys[0].template.permissions.publish[0]: "a..b" contains two dots',
    ],
    [
      scoped({ limits: { data: 0 } }),
      "signingKeys[0].template.limits.data: must not be 0 in a template",
    ],
    [
      scoped({ permissions: { publish: ["u.{{user()}}"] } }),
      'signingKeys[0].template.permissions.publish[0]: "u.{{user()}}" has {{user()}}, which servers do not know',
    ],
    [
      scoped({ permissions: { subscribe: ["u.{{Tag(x)}}"] } }),
      'signingKeys[0].template.permissions.subscribe[0]: "u.{{Tag(x)}}" has {{Tag(x)}}, which must be written in lower case',
    ],
    [
      scoped({ permissions: { subscribe: { deny: ["u.{{name()}}", "jobs workers"] } } }),
      'signingKeys[0].template.permissions.subscribe.deny[1]: "jobs workers" has a queue group in a list with {{…}}: servers would refuse the user',
    ],
    [
      { signingKeys: [key, { key, role: "r", template: {} }] },
      "signingKeys[1].key: is the key of signingKeys[0] already",
    ],
    [
      { signingKeys: [{ key, role: "r", template: {} }, key] },
      "signingKeys[1]: is the key of signingKeys[0] already",
    ],
    [
      { defaultPermissions: { subscribe: ["{{name()}}"] } },
      "? defaultPermissions.subscribe[0]: has {{…}}",
    ],
  ])("%j", (claims, issue) => {
    expectOne(account(claims), issue);
  });
});

describe("exports", () => {
  test.each<[object, string]>([
    [
      { stream: "a", revocations: { [USER.publicKey]: 1 } },
      `exports[0].revocations.${USER.publicKey}: is a user key, an account key`,
    ],
    [
      { service: "a", revocations: { "*": 1_700_000_000_000 } },
      'exports[0].revocations["*"]: is too late',
    ],
    [
      { service: "a.*", accountTokenPosition: 2, tokenRequired: true },
      "? exports[0].tokenRequired: has no effect with accountTokenPosition",
    ],
  ])("%j", (entry, issue) => {
    expectOne(account({ exports: [entry] }), issue);
  });
});

describe("imports of streams", () => {
  const from = { account: OTHER_ACCOUNT.publicKey };

  test("of one subject come once", () => {
    expectOne(
      account({
        imports: [
          { ...from, stream: "a.*" },
          { ...from, stream: "a.*", localSubject: "b.$1" },
        ],
      }),
      'imports[1].stream: "a.*" is imported from this account by imports[0] already',
    );
  });

  test("that overlap bring messages twice, unless they are known by other subjects here", () => {
    const imports = [
      { ...from, stream: "orders.>" },
      { ...from, stream: "orders.new.*" },
    ];
    expectOne(
      account({ imports }),
      '? imports[1]: "orders.new.*" overlaps with imports[0] ("orders.>") of the same account',
    );
    const [wide, narrow] = imports;
    expect(account({ imports: [wide, { ...narrow, localSubject: "fresh.$1" }] })).toEqual([]);
    expect(account({ imports: [wide, { ...narrow, account: ACCOUNT.publicKey }] })).toEqual([]);
  });
});

describe("activation tokens", () => {
  const token = (claims: ActivationClaims, { by = OTHER_ACCOUNT, to = ACCOUNT } = {}) =>
    signActivation({
      publicKey: to.publicKey,
      claims,
      signer: signerFromSeed(by.seed),
      issuedAt: NOW,
    });
  const check = (activation: string) =>
    account(
      { imports: [{ stream: "a.b", account: OTHER_ACCOUNT.publicKey, token: activation }] },
      { publicKey: ACCOUNT.publicKey },
    );
  const issuerAccount = OTHER_ACCOUNT.publicKey;

  test("that fit are fine, signed by the account or by a key of it", () => {
    expect(check(token({ stream: "a.>" }))).toEqual([]);
    expect(check(token({ stream: "a.b", issuerAccount }, { by: ACCOUNT_SIGNING }))).toEqual([]);
  });

  test.each<[string, string, string]>([
    ["of another issuer", token({ stream: "a.>" }, { by: ACCOUNT_SIGNING }), "was not issued by"],
    [
      "for another account",
      token({ stream: "a.>" }, { to: OTHER_ACCOUNT }),
      "was issued for another",
    ],
    ["of another kind", token({ service: "a.>" }), "is for a service, and this import is a stream"],
    ["of another subject", token({ stream: "b.>" }), 'allows "b.>", which does not cover "a.b"'],
    ["of a bad subject", token({ stream: "a..b" }), "allows a subject that contains two dots"],
  ])("%s", (_, activation, issue) => {
    expect(check(activation)[0]).toContain(`imports[0].token: ${issue}`);
  });
});

test("an account that signs itself has no limits", () => {
  expectOne(
    account({}, { issuer: ACCOUNT.publicKey }),
    "? limits: are signed by the account itself",
  );
  expect(account({}, { issuer: OPERATOR.publicKey })).toEqual([]);
});
