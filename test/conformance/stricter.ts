/** Where we are stricter than Go's `Validate`, on purpose, each with its reason. */

import { ACCOUNT, ACCOUNT_SIGNING, OTHER_ACCOUNT, SERVER, USER } from "../claims/fixed-keys";
import type { AnyClaims } from "../claims/kinds";

/** One such place. */
export interface Stricter {
  id: string;
  kind: string;
  /** Why. */
  reason: string;
  claims: AnyClaims;
  /** Where, and a part of what we say. */
  path: string;
  message: string;
  /** The claims as a token shows them to Go, where the encoder can write them. */
  token?: AnyClaims;
}

const from = { account: OTHER_ACCOUNT.publicKey };
const key = ACCOUNT_SIGNING.publicKey;

const account = (
  id: string,
  reason: string,
  claims: object,
  path: string,
  message: string,
  written = true,
): Stricter => {
  const all = { name: "a", ...claims };
  return {
    id,
    kind: "account",
    reason,
    claims: all,
    path,
    message,
    ...(written ? { token: all } : {}),
  };
};
const of = (
  kind: string,
  id: string,
  reason: string,
  claims: AnyClaims,
  path: string,
  message: string,
  written = true,
): Stricter => ({
  id,
  kind,
  reason,
  claims,
  path,
  message,
  ...(written ? { token: claims } : {}),
});
const template = (inner: object) => ({ signingKeys: [{ key, role: "r", template: inner }] });

const SERVER_REFUSES = "the server refuses it, some of it only when it is applied, in silence";
const NO_EFFECT = "it would not do what it says";
const MEANS_ELSE = "the wire has another meaning for it";
const TYPO = "it is a slip, and nothing tells it later";

export const STRICTER: Stricter[] = [
  account(
    "control characters in subjects",
    SERVER_REFUSES,
    { exports: [{ stream: "a\tb" }] },
    "exports[0].stream",
    "control character",
  ),
  account(
    "> in the middle",
    SERVER_REFUSES,
    { exports: [{ stream: "a.>.b" }] },
    "exports[0].stream",
    "has a > that is not the last token",
  ),
  account(
    "local subject $0",
    SERVER_REFUSES,
    { imports: [{ ...from, stream: "a.*", localSubject: "b.$0" }] },
    "imports[0].localSubject",
    "refers to $0",
  ),
  account(
    "the same stream twice",
    "the server drops the second import in silence",
    {
      imports: [
        { ...from, stream: "a" },
        { ...from, stream: "a", localSubject: "b" },
      ],
    },
    "imports[1].stream",
    "is imported from this account",
  ),
  account(
    "import of no account key",
    SERVER_REFUSES,
    { imports: [{ account: "x", stream: "a" }] },
    "imports[0].account",
    "is no valid key",
  ),
  account(
    "mapping to the same subject twice",
    SERVER_REFUSES,
    {
      mappings: {
        a: [
          { subject: "b", weight: 1 },
          { subject: "b", weight: 1, cluster: "c" },
        ],
      },
    },
    "mappings.a[1].subject",
    "is the target of entry 0 too",
  ),
  account(
    "mapping to a *",
    SERVER_REFUSES,
    { mappings: { "a.*": ["b.*"] } },
    'mappings["a.*"][0]',
    "has a * of its own",
  ),
  account(
    "mapping to $2 of one *",
    SERVER_REFUSES,
    { mappings: { "a.*": ["b.$2"] } },
    'mappings["a.*"][0]',
    "refers to $2",
  ),
  account(
    "mapping by an unknown function",
    SERVER_REFUSES,
    { mappings: { "a.*": ["b.{{last(1)}}"] } },
    'mappings["a.*"][0]',
    "which servers do not know",
  ),
  account(
    "mapping by no partitions",
    "the server would divide by zero",
    { mappings: { "a.*": ["b.{{partition(0,1)}}"] } },
    'mappings["a.*"][0]',
    "with a wrong number",
  ),
  account(
    "mapping without a target",
    NO_EFFECT,
    { mappings: { a: [] } },
    "mappings.a",
    "has no target",
  ),
  account(
    "mapping weight 0",
    MEANS_ELSE,
    { mappings: { a: [{ subject: "b", weight: 0 }] } },
    "mappings.a[0].weight",
    "must be at least 1",
  ),
  account(
    "trace sampling 0",
    MEANS_ELSE,
    { trace: { destination: "t", sampling: 0 } },
    "trace.sampling",
    "must be at least 1",
  ),
  account(
    "latency sampling 0",
    MEANS_ELSE,
    { exports: [{ service: "a", latency: { sampling: 0, results: "r" } }] },
    "exports[0].latency.sampling",
    "must be a whole number from 1",
  ),
  account(
    "token position 0",
    MEANS_ELSE,
    { exports: [{ service: "a", accountTokenPosition: 0 }] },
    "exports[0].accountTokenPosition",
    "must be at least 1",
  ),
  account(
    "authorization without users",
    NO_EFFECT,
    { authorization: { authUsers: [] } },
    "authorization.authUsers",
    "is empty",
  ),
  account(
    "tiers of another name",
    "the server looks for R and the number of replicas only",
    { jetstream: { tiers: { three: { diskStorage: 1 } } } },
    "jetstream.tiers.three",
    "is no tier",
  ),
  account(
    "tiers beside flat limits",
    "Go sees it before it writes only: readers forget the flat limits",
    { jetstream: { diskStorage: 1, tiers: { R1: { diskStorage: 1 } } } },
    "jetstream.tiers",
    "cannot be together",
  ),
  account(
    "JetStream without storage",
    NO_EFFECT,
    { jetstream: { streams: 5 } },
    "jetstream",
    "has no storage",
  ),
  account(
    "no streams",
    MEANS_ELSE,
    { jetstream: { diskStorage: 1, streams: 0 } },
    "jetstream.streams",
    "must be at least 1",
  ),
  account(
    "negative limits",
    "they mean no limit, which is said by leaving them out",
    { limits: { connections: -1 } },
    "limits.connections",
    "must be at least 0",
  ),
  account(
    "numbers beyond 2^53",
    "they are not exact",
    { limits: { connections: 2 ** 53 } },
    "limits.connections",
    "is too large",
    false,
  ),
  account(
    "revocation of no user key",
    NO_EFFECT,
    { revocations: { x: 1 } },
    "revocations.x",
    "is no valid key",
  ),
  account(
    "revocation in milliseconds",
    TYPO,
    { revocations: { "*": 1_700_000_000_000 } },
    'revocations["*"]',
    "give seconds",
  ),
  account(
    "revocation of an export for no account key",
    NO_EFFECT,
    { exports: [{ stream: "a", revocations: { [USER.publicKey]: 1 } }] },
    `exports[0].revocations.${USER.publicKey}`,
    "is a user key",
  ),
  account("no name", "people need one", { name: "" }, "name", "is empty"),
  account("secrets", "claims are public", { name: ACCOUNT.seed }, "name", "holds a secret"),
  account(
    "half a character",
    "it would be another one on the wire",
    { name: "\ud800" },
    "name",
    "half a character",
    false,
  ),
  account("empty tags", NO_EFFECT, { tags: [" "] }, "tags[0]", "is empty"),
  account(
    "an end before the start",
    NO_EFFECT,
    { notBefore: "2020-01-02T00:00:00Z", expiresAt: "2020-01-01T00:00:00Z" },
    "expiresAt",
    "must be later than notBefore",
  ),
  account(
    "a key with two roles",
    "Go keeps one of them",
    { signingKeys: [key, { key, role: "r", template: {} }] },
    "signingKeys[1].key",
    "has one role",
  ),
  account(
    "a role without a name",
    "people need one",
    { signingKeys: [{ key, role: "", template: {} }] },
    "signingKeys[0].role",
    "is empty",
  ),
  account(
    "templates: subjects",
    "Go does not look into templates; users find it when they connect",
    template({ permissions: { publish: ["a..b"] } }),
    "signingKeys[0].template.permissions.publish[0]",
    "contains two dots",
  ),
  account(
    "templates: networks",
    "Go does not look into templates; users find it when they connect",
    template({ sourceNetworks: ["x"] }),
    "signingKeys[0].template.sourceNetworks[0]",
    "is no network",
  ),
  account(
    "templates: unknown placeholders",
    SERVER_REFUSES,
    template({ permissions: { publish: ["a.{{user()}}"] } }),
    "signingKeys[0].template.permissions.publish[0]",
    "which servers do not know",
  ),
  account(
    "templates: queue groups beside placeholders",
    "the server drops such an entry",
    template({ permissions: { subscribe: ["a.{{name()}}", "b q"] } }),
    "signingKeys[0].template.permissions.subscribe[1]",
    "has a queue group",
  ),
  account(
    "templates: limits of 0",
    "Go loses them when it writes, and reads no limit",
    template({ limits: { payload: 0 } }),
    "signingKeys[0].template.limits.payload",
    "must not be 0",
  ),
  account("unknown properties", TYPO, { limit: {} }, "limit", "is no known property"),
  of(
    "user",
    "a scoped user that says what it is allowed",
    "the server refuses it when it connects",
    { name: "u", scoped: true, issuerAccount: ACCOUNT.publicKey, limits: { payload: 1 } },
    "limits",
    "must be left out",
  ),
  of(
    "user",
    "unknown connection types",
    "the server refuses the user if it knows none",
    { name: "u", connectionTypes: ["CARRIER_PIGEON"] },
    "connectionTypes[0]",
    "must be one of",
  ),
  of(
    "user",
    "responses: none",
    MEANS_ELSE,
    { name: "u", permissions: { publish: ["a"], responses: { max: 0 } } },
    "permissions.responses.max",
    "must be at least 1",
  ),
  of(
    "user",
    "a zone in other letters",
    "servers look for a file of that name",
    { name: "u", times: [{ start: "01:00:00", end: "02:00:00" }], timeZone: "europe/zurich" },
    "timeZone",
    "is written Europe/Zurich",
    false,
  ),
  of(
    "operator",
    "a version with a sign",
    TYPO,
    { name: "o", assertServerVersion: "+2.1.0" },
    "assertServerVersion",
    "is no version",
  ),
  of(
    "operator",
    "a service without a host",
    TYPO,
    { name: "o", serviceUrls: ["nats:"] },
    "serviceUrls[0]",
    "is no address",
  ),
  of(
    "operator",
    "empty service addresses",
    TYPO,
    { name: "o", serviceUrls: [""] },
    "serviceUrls[0]",
    "is empty",
  ),
  of(
    "authorization_request",
    "a server that is none",
    "nobody else may ask",
    {
      server: { name: "n", host: "h", id: USER.publicKey },
      userKey: USER.publicKey,
      client: {},
      connection: { protocol: 1 },
    },
    "server.id",
    "a server key (N…) is needed",
  ),
  of(
    "authorization_response",
    "a token that is no user's",
    "the server refuses it",
    { audience: SERVER.publicKey, jwt: "x" },
    "jwt",
    "is no valid user token",
  ),
];
