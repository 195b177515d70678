/** Random valid claims in canonical form: what reading back a token must give again. */

import fc from "fast-check";
import type {
  AccountClaims,
  ActivationClaims,
  AuthorizationRequest,
  AuthorizationResponse,
  Export,
  GenericClaims,
  Import,
  JetStreamTier,
  MappingTarget,
  OperatorClaims,
  Permissions,
  ScopedKey,
  SubjectRules,
  UserClaims,
  UserTemplate,
} from "../../src/claims";
import { signUser } from "../../src/claims";
import { compareText } from "../../src/claims/order";
import { compact } from "../../src/claims/wire/read";
import { signerFromSeed } from "../../src/keys";
import { fixedKey, NOW } from "./fixed-keys";

type Arb<T> = fc.Arbitrary<T>;

/** Each optional: absent, or of its arbitrary. */
function record<T extends object>(
  fields: { [K in keyof T]-?: Arb<T[K]> },
  needed: (keyof T)[] = [],
) {
  return fc
    .record(fields, { requiredKeys: needed as never })
    .map((value) => compact(value as T)) as Arb<T>;
}

function nonEmpty<T extends object>(arb: Arb<T>): Arb<T> {
  return arb.filter((value) => Object.keys(value).length > 0);
}

const name = fc
  .oneof(
    fc.constantFrom(
      "orders",
      "café",
      '日本 <b>&"x"\\',
      "a\u2028b\u2029",
      "😀 \ufb01",
      "tab\t\n\u0001\u007f",
    ),
    fc.string({ minLength: 1, maxLength: 20, unit: "binary" }),
  )
  .filter((value) => !/S[OAUXNC][A-Z0-9]{18}|eyJ/.test(value));

const keys = (kind: "operator" | "account" | "user" | "server" | "curve") =>
  fc.integer({ min: 10, max: 40 }).map((byte) => fixedKey(kind, byte).publicKey);
const sortedKeys = (kind: "operator" | "account" | "user") =>
  fc.uniqueArray(keys(kind), { minLength: 1, maxLength: 4 }).map((list) => list.sort(compareText));

const count = fc.integer({ min: 0, max: 2 ** 31 });
const positive = fc.integer({ min: 1, max: 2 ** 31 });
const size = fc.oneof(fc.integer({ min: 0, max: 2 ** 31 }), fc.maxSafeNat());
const positiveSize = size.filter((value) => value > 0);
const storage = fc.oneof(positiveSize, fc.constant("unlimited" as const));
const yes = fc.constant(true);
const duration = fc.constantFrom(
  "1ms",
  "250ms",
  "2s",
  "1m30s",
  "12h",
  "1d",
  "365d",
  "90d1h1m1s1ms",
  "104d5h59m59s999ms",
  "106751d23h47m16s854ms", // the most that 64 bits of nanoseconds hold
);
const instant = fc.constantFrom(
  "2090-01-01T00:00:00Z",
  "2091-12-31T23:59:59Z",
  "9999-12-31T23:59:59Z",
);

const word = fc.constantFrom(
  "orders",
  "a",
  "x<y",
  "日本",
  "_INBOX",
  "$SYS",
  "foo*bar",
  "*",
  "a-b_c",
  "&",
);
const subject = fc
  .tuple(fc.array(word, { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([words, open]) => (open ? [...words, ">"] : words).join("."));
const queueSubject = fc
  .tuple(subject, fc.option(fc.constantFrom("workers", "q.*"), { nil: undefined }))
  .map(([text, queue]) => (queue === undefined ? text : `${text} ${queue}`));

const canonicalSet = (...texts: string[]): Arb<string[]> =>
  fc
    .uniqueArray(fc.constantFrom(...texts), { minLength: 1, maxLength: 4 })
    .map((list) => list.sort(compareText));

const tags = canonicalSet("env:prod", "café", "a b", "日本", "x:<y>");

const rules = (subjects: Arb<string>): Arb<string[] | SubjectRules> => {
  const list = fc.array(subjects, { minLength: 1, maxLength: 4 });
  return fc.oneof(list, record<SubjectRules>({ allow: list, deny: list }, ["deny"]));
};

const permissions: Arb<Permissions> = nonEmpty(
  record<Permissions>({
    publish: rules(subject),
    subscribe: rules(queueSubject),
    responses: record<NonNullable<Permissions["responses"]>>({
      max: fc.integer({ min: 2, max: 1000 }),
      ttl: duration,
    }),
  }),
);

const common = {
  name,
  tags,
  notBefore: fc.constant("2020-02-29T12:00:00Z"),
  expiresAt: instant,
  audience: fc.constantFrom("NATS", "日本 <&>"),
};
const info = { description: name, infoUrl: fc.constant("https://example.com/a?b=c&d") };

/** Claims of operators. */
export const operatorClaims: Arb<OperatorClaims> = record<OperatorClaims>(
  {
    ...common,
    signingKeys: sortedKeys("operator"),
    accountServerUrl: fc.constantFrom(
      "nats://127.0.0.1:4222",
      "https://accounts.example.com/jwt/v1",
    ),
    serviceUrls: fc.array(
      fc.constantFrom("nats://a:4222", "tls://b", "wss://c:443", "ws://[::1]:80"),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    systemAccount: keys("account"),
    assertServerVersion: fc.constantFrom("2.10.0", "0.0.0", "2.11.12"),
    requireSigningKeys: yes,
  },
  ["name"],
);

const templateFields = {
  permissions,
  connectionTypes: fc.uniqueArray(
    fc.constantFrom(
      "STANDARD",
      "WEBSOCKET",
      "LEAFNODE",
      "LEAFNODE_WS",
      "MQTT",
      "MQTT_WS",
      "IN_PROCESS",
    ),
    { minLength: 1 },
  ) as Arb<UserTemplate["connectionTypes"]>,
  sourceNetworks: canonicalSet("10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0", "::1/128"),
  times: fc.array(fc.constant({ start: "08:00:00", end: "23:59:59" }), {
    minLength: 1,
    maxLength: 2,
  }),
  timeZone: fc.constantFrom("Europe/Zurich", "UTC", "America/New_York"),
  bearer: yes,
  proxyRequired: yes,
};

const userLimits = (counts: Arb<number>, sizes: Arb<number>) =>
  nonEmpty(
    record<NonNullable<UserTemplate["limits"]>>({
      subscriptions: counts,
      payload: sizes,
      data: sizes,
    }),
  );

/** Templates of scoped keys: no limit of 0, which they cannot have. */
const template: Arb<UserTemplate> = record<UserTemplate>({
  ...templateFields,
  permissions: fc.oneof(
    permissions,
    fc.constant<Permissions>({ publish: ["u.{{name()}}.>"], subscribe: ["t.{{tag(team)}}.*"] }),
  ),
  limits: userLimits(positive, positiveSize),
});

const ownUser: Arb<UserClaims> = record<UserClaims>(
  {
    ...common,
    ...templateFields,
    limits: userLimits(count, size),
    scoped: fc.constant(undefined),
    issuerAccount: keys("account"),
  },
  ["name"],
);

const scopedUser: Arb<UserClaims> = record<UserClaims>(
  { ...common, scoped: yes, issuerAccount: keys("account") } as never,
  ["name", "scoped", "issuerAccount"],
);

/** Claims of users, scoped ones among them. */
export const userClaims: Arb<UserClaims> = fc.oneof(
  { arbitrary: ownUser, weight: 7 },
  { arbitrary: scopedUser, weight: 1 },
);

function revocations(kind: "user" | "account"): Arb<Record<string, number>> {
  return fc
    .uniqueArray(fc.oneof(keys(kind), fc.constant("*")), { minLength: 1, maxLength: 4 })
    .chain((names) =>
      fc
        .tuple(...names.map(() => fc.integer({ min: 0, max: 2_000_000_000 })))
        .map((times) => Object.fromEntries(names.map((name, i) => [name, times[i] as number]))),
    );
}

const exportFields = {
  name,
  ...info,
  tokenRequired: yes,
  advertise: yes,
  revocations: revocations("account"),
};
// A number in front keeps the subjects of one type apart from each other.
const streamExport = (stream: string): Arb<Export> =>
  record<Partial<Export>>({ ...exportFields } as never).map((fields) => ({ stream, ...fields }));
const serviceExport = (service: string): Arb<Export> =>
  record<Partial<Export>>({
    ...exportFields,
    responseType: fc.constantFrom("stream", "chunked"),
    responseThreshold: duration,
    latency: fc.record({
      sampling: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant("headers" as const)),
      results: fc.constant("latency.results"),
    }),
    allowTrace: yes,
    ...(service.split(".")[1] === "*" ? { accountTokenPosition: fc.constant(2) } : {}),
  } as never).map((fields) => ({ service, ...fields }));

const streamImport = (stream: string): Arb<Import> => {
  const open = stream.endsWith(">");
  const stars = stream.split(".").filter((token) => token === "*").length;
  const references = Array.from({ length: stars }, (_, i) => `$${i + 1}`).reverse();
  const local = ["local", ...references, ...(open ? [">"] : [])].join(".");
  return record<Partial<Import>>({
    name,
    localSubject: fc.constant(local),
    allowTrace: yes,
  } as never).chain((fields) => keys("account").map((account) => ({ stream, account, ...fields })));
};
const serviceImport = (service: string): Arb<Import> =>
  record<Partial<Import>>({ name, share: yes } as never).chain((fields) =>
    keys("account").map((account) => ({ service, account, ...fields })),
  );

function list<T extends { stream?: string | undefined; service?: string | undefined }>(
  stream: (subject: string) => Arb<T>,
  service: (subject: string) => Arb<T>,
): Arb<T[]> {
  return fc
    .array(fc.tuple(subject, fc.boolean()), { minLength: 1, maxLength: 5 })
    .chain((subjects) =>
      fc
        .tuple(
          ...subjects.map(([text, isStream], i) => (isStream ? stream : service)(`n${i}.${text}`)),
        )
        .map((items) => items.sort((a, b) => compareText(key(a), key(b)))),
    );
}

function key(item: { stream?: string | undefined; service?: string | undefined }): string {
  return item.stream ?? item.service ?? "";
}

/** Weights that do not exceed 100 percent, in the order of the subjects: `t0`, `t1` … */
const targets = (stars: number, open: boolean): Arb<(string | MappingTarget)[]> =>
  fc
    .tuple(
      fc.uniqueArray(fc.constantFrom("east", "west", "日本"), { maxLength: 2 }),
      fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
    )
    .map(([clusters, weights, all]) => {
      const used = Array.from({ length: stars }, (_, i) =>
        i % 2 === 0 ? `$${i + 1}` : `{{wildcard(${i + 1})}}`,
      );
      const end = [...used, ...(open ? [">"] : [])];
      const subject = (word: string) => [word, ...end].join(".");
      if (all && clusters.length === 0) return [subject("all")];
      return ["", ...clusters.sort(compareText)].flatMap((cluster, c) =>
        weights.map((weight, i) => ({
          subject: subject(`t${c}${i}`),
          weight,
          ...(cluster === "" ? {} : { cluster }),
        })),
      );
    });

const mappings = fc
  .array(
    fc.tuple(fc.array(fc.constantFrom("a", "*", "日本", "<&>"), { maxLength: 3 }), fc.boolean()),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .chain((sources) =>
    fc
      .tuple(
        ...sources.map(([words, open]) =>
          targets(words.filter((word) => word === "*").length, open),
        ),
      )
      .map((lists) =>
        Object.fromEntries(
          sources.map(([words, open], i) => [
            [`m${i}`, ...words, ...(open ? [">"] : [])].join("."),
            lists[i] as (string | MappingTarget)[],
          ]),
        ),
      ),
  );

const tierFields = {
  memoryStorage: storage,
  diskStorage: storage,
  streams: positive,
  consumers: positive,
  maxAckPending: positive,
  memoryMaxStreamBytes: positiveSize,
  diskMaxStreamBytes: positiveSize,
  maxBytesRequired: yes,
};
const tier: Arb<JetStreamTier> = record<JetStreamTier>(tierFields).filter(
  ({ memoryStorage, diskStorage }) => (memoryStorage ?? diskStorage) !== undefined,
);
const tiers = fc
  .tuple(fc.uniqueArray(fc.constantFrom("R1", "R3", "R5"), { minLength: 1 }), tier, tier, tier)
  .map(([names, ...all]) => ({
    tiers: Object.fromEntries(names.map((name, i) => [name, all[i] as JetStreamTier])),
  }));

const scopedKey = (key: string): Arb<ScopedKey> =>
  record<ScopedKey>({ key: fc.constant(key), role: name, description: name, template }, [
    "key",
    "role",
    "template",
  ]);

const signingKeys = sortedKeys("account").chain(
  (list) =>
    fc.tuple(
      ...list.map((key) => fc.oneof(fc.constant(key), scopedKey(key)) as Arb<string | ScopedKey>),
    ) as Arb<(string | ScopedKey)[]>,
);

/** Claims of accounts. */
export const accountClaims: Arb<AccountClaims> = record<AccountClaims>(
  {
    ...common,
    ...info,
    limits: nonEmpty(
      record<NonNullable<AccountClaims["limits"]>>({
        connections: count,
        leafNodes: count,
        subscriptions: count,
        payload: size,
        data: size,
        imports: fc.integer({ min: 5, max: 100 }),
        exports: fc.integer({ min: 5, max: 100 }),
        wildcardExports: fc.constant(false),
        disallowBearer: yes,
      }).map((limits) => {
        // Together they would forbid the exports above.
        const { exports: _, ...rest } = limits;
        return limits.wildcardExports === false ? rest : limits;
      }),
    ),
    jetstream: fc.oneof(tier, tiers),
    exports: list(streamExport, serviceExport),
    imports: list(streamImport, serviceImport),
    signingKeys,
    defaultPermissions: permissions,
    mappings,
    authorization: record<NonNullable<AccountClaims["authorization"]>>(
      {
        authUsers: sortedKeys("user"),
        allowedAccounts: fc.oneof(sortedKeys("account"), fc.constant<string[]>(["*"])),
        xkey: keys("curve"),
      },
      ["authUsers"],
    ),
    trace: record<NonNullable<AccountClaims["trace"]>>(
      {
        destination: fc.constantFrom("traces", "日本.<&>"),
        sampling: fc.integer({ min: 1, max: 99 }),
      },
      ["destination"],
    ),
    clusterTraffic: fc.constantFrom("system", "owner"),
    revocations: revocations("user"),
  },
  ["name"],
);

/** Claims of activations. */
export const activationClaims: Arb<ActivationClaims> = record<ActivationClaims>({
  ...common,
  stream: subject,
  service: subject,
  issuerAccount: keys("account"),
}).chain(({ stream, service, ...rest }) =>
  fc.boolean().map((isStream) => ({
    ...rest,
    ...(isStream ? { stream: stream ?? "a.>" } : { service: service ?? "b.*" }),
  })),
);

const certificates = fc.array(fc.constantFrom("-----BEGIN CERTIFICATE-----\nMIIB\n", "<pem>"), {
  minLength: 1,
  maxLength: 2,
});

/** Questions of servers. */
export const authorizationRequests: Arb<AuthorizationRequest> = record<AuthorizationRequest>(
  {
    ...common,
    server: record<AuthorizationRequest["server"]>(
      {
        name,
        host: fc.constantFrom("127.0.0.1", ""),
        id: keys("server"),
        version: fc.constant("2.15.2"),
        cluster: name,
        tags: fc.array(name, { minLength: 1, maxLength: 2 }),
        xkey: keys("curve"),
      },
      ["name", "host", "id"],
    ),
    userKey: keys("user"),
    client: record<AuthorizationRequest["client"]>({
      host: fc.constant("::1"),
      id: fc.oneof(positive, fc.constant(Number.MAX_SAFE_INTEGER)),
      user: name,
      name,
      tags: fc.array(name, { minLength: 1, maxLength: 2 }),
      nameTag: name,
      kind: fc.constant("Client"),
      type: fc.constantFrom("nats", "mqtt"),
      mqttId: name,
      nonce: name,
    }),
    connection: record<AuthorizationRequest["connection"]>(
      {
        jwt: fc.constant("a.b.c"),
        nkey: keys("user"),
        signature: fc.constant("c2ln"),
        token: name,
        user: name,
        password: name,
        name,
        language: fc.constant("go"),
        version: fc.constant("1.0"),
        protocol: fc.integer({ min: 0, max: 1 }),
      },
      ["protocol"],
    ),
    tls: record<NonNullable<AuthorizationRequest["tls"]>>({
      version: fc.constant("1.3"),
      cipher: fc.constant("TLS_AES_128_GCM_SHA256"),
      certificates,
      verifiedChains: fc.array(certificates, { minLength: 1, maxLength: 2 }),
    }),
    nonce: name,
  },
  ["server", "userKey", "client", "connection"],
);

const USER_TOKEN = signUser({
  publicKey: fixedKey("user", 6).publicKey,
  claims: { name: "u" },
  signer: signerFromSeed(fixedKey("account", 3).seed),
  issuedAt: NOW,
});

/** Answers of authorization services. */
export const authorizationResponses: Arb<AuthorizationResponse> = fc
  .tuple(
    record<AuthorizationResponse>(
      { ...common, audience: keys("server"), issuerAccount: keys("account") } as never,
      ["audience"],
    ),
    fc.oneof(
      fc.constant({ jwt: USER_TOKEN }),
      name.map((error) => ({ error })),
    ),
  )
  .map(([rest, answer]) => ({ ...rest, ...answer }));

const json = fc.anything({
  key: name,
  values: [
    name,
    fc.boolean(),
    fc.constant(null),
    fc.integer(),
    fc.float({ noNaN: true, min: -1, max: 1 }),
  ],
  maxDepth: 3,
});

/** What generic tokens say, without who signs. */
export const genericClaims: Arb<Omit<GenericClaims, "issuer" | "issuedAt">> = record<
  Omit<GenericClaims, "issuer" | "issuedAt">
>(
  {
    name,
    audience: common.audience,
    notBefore: common.notBefore,
    expiresAt: instant,
    subject: fc.oneof(keys("operator"), name),
    body: fc
      .dictionary(fc.oneof(name, fc.constantFrom("accounts", "a<b")), json, { maxKeys: 4 })
      .map((body) => {
        const { version: _, type: __, ...rest } = body;
        return { ...rest, accounts: ["A"] };
      }),
  },
  ["subject", "body"],
);
