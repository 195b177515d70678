/** Random valid claims in canonical form: what reading back a token must give again. */

import fc from "fast-check";
import type {
  AccountClaims,
  Export,
  Import,
  OperatorClaims,
  Permissions,
  SubjectRules,
  UserClaims,
} from "../../src/claims";
import { compareText } from "../../src/claims/order";
import { compact } from "../../src/claims/wire/read";
import { fixedKey } from "./fixed-keys";

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

const keys = (kind: "operator" | "account" | "user") =>
  fc.integer({ min: 10, max: 40 }).map((byte) => fixedKey(kind, byte).publicKey);
const sortedKeys = (kind: "operator" | "account") =>
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
);
const instant = fc.constantFrom(
  "2030-01-01T00:00:00Z",
  "2031-12-31T23:59:59Z",
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

const common = { name, tags, notBefore: fc.constant("2020-02-29T12:00:00Z"), expiresAt: instant };
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
    requireSigningKeys: yes,
  },
  ["name"],
);

/** Claims of users. */
export const userClaims: Arb<UserClaims> = record<UserClaims>(
  {
    ...common,
    permissions,
    limits: nonEmpty(
      record<NonNullable<UserClaims["limits"]>>({ subscriptions: count, payload: size }),
    ),
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
    ),
    sourceNetworks: canonicalSet("10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0", "::1/128"),
    times: fc.array(fc.constant({ start: "08:00:00", end: "23:59:59" }), {
      minLength: 1,
      maxLength: 2,
    }),
    timeZone: fc.constantFrom("Europe/Zurich", "UTC", "America/New_York"),
    bearer: yes,
    issuerAccount: keys("account"),
  },
  ["name"],
);

const exportFields = {
  name,
  ...info,
  tokenRequired: yes,
  advertise: yes,
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
    jetstream: record<NonNullable<AccountClaims["jetstream"]>>({
      memoryStorage: storage,
      diskStorage: storage,
      streams: positive,
      consumers: positive,
      maxAckPending: positive,
      memoryMaxStreamBytes: positiveSize,
      diskMaxStreamBytes: positiveSize,
      maxBytesRequired: yes,
    }).filter(({ memoryStorage, diskStorage }) => (memoryStorage ?? diskStorage) !== undefined),
    exports: list(streamExport, serviceExport),
    imports: list(streamImport, serviceImport),
    signingKeys: sortedKeys("account"),
    defaultPermissions: permissions,
    revocations: fc
      .uniqueArray(fc.oneof(keys("user"), fc.constant("*")), { minLength: 1, maxLength: 4 })
      .chain((names) =>
        fc
          .tuple(...names.map(() => fc.integer({ min: 0, max: 2_000_000_000 })))
          .map((times) => Object.fromEntries(names.map((name, i) => [name, times[i] as number]))),
      ),
  },
  ["name"],
);
