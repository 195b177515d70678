/**
 * The rules of Go's `Validate`, one by one: how valid claims are broken by each, what Go says then, and what we say at
 * which path. A broken claim set is valid claims with one or two of these applied.
 */

import { signActivation, signUser } from "../../src/claims";
import { signerFromSeed } from "../../src/keys";
import { ACCOUNT, ACCOUNT_SIGNING, NOW, OTHER_ACCOUNT, USER } from "../claims/fixed-keys";
import type { AnyClaims } from "../claims/kinds";

/** Picks among what there is, by chance. */
export type Pick = <T>(list: readonly T[]) => T;

/** Where claims were broken. */
export interface Break {
  /** The path of our issue. */
  path: string;
  /** What is changed in the body, where our words cannot say it: the encoder would not write it. */
  inBody?: (body: AnyClaims) => void;
}

/** One rule of Go. */
export interface Rule {
  id: string;
  /** What Go says. */
  go: RegExp;
  /** What Go says too, about the same mistake. */
  alsoGo?: RegExp;
  /** What we say. */
  ours: RegExp;
  /** Properties that it changes beside the one of its path: two rules in one claim set must not undo each other. */
  touches?: string[];
  /** Breaks claims in place; `undefined` when they have nothing that could be broken so. */
  breaks(claims: AnyClaims, pick: Pick): Break | undefined;
}

type Item = AnyClaims;

function listOf(claims: AnyClaims, name: string): Item[] {
  claims[name] = [...((claims[name] as Item[] | undefined) ?? [])];
  return claims[name] as Item[];
}

function objectOf(claims: AnyClaims, name: string): AnyClaims {
  claims[name] = { ...((claims[name] as AnyClaims | undefined) ?? {}) };
  return claims[name] as AnyClaims;
}

/** A new item at the end of a list: what is there stays valid. */
function added(claims: AnyClaims, name: string, item: unknown): string {
  const list = listOf(claims, name);
  list.push(item as Item);
  const limits = claims["limits"] as AnyClaims | undefined;
  if (limits?.[name] !== undefined) claims["limits"] = { ...limits, [name]: 1_000 };
  return `${name}[${list.length - 1}]`;
}

const WRONG_KEY = USER.publicKey.replace(/.$/, (last) => (last === "A" ? "B" : "A"));

/** Subjects that break one rule each. */
const SUBJECTS: { id: string; subject: string; go: RegExp; ours: RegExp }[] = [
  { id: "space", subject: "bad.x y", go: /cannot have spaces/, ours: /contains a space/ },
  {
    id: "start",
    subject: ".bad",
    go: /cannot start or end with a/,
    ours: /starts or ends with a dot/,
  },
  {
    id: "end",
    subject: "bad.",
    go: /cannot start or end with a/,
    ours: /starts or ends with a dot/,
  },
  {
    id: "double dot",
    subject: "bad..x",
    go: /cannot contain consecutive/,
    ours: /contains two dots/,
  },
];
const EMPTY = { id: "empty", subject: "", go: /subject cannot be empty/, ours: /^is empty/ };

/** A rule for each bad subject at one place. */
function badSubjects(
  place: string,
  breaks: (claims: AnyClaims, subject: string, pick: Pick) => string,
  subjects = [...SUBJECTS, EMPTY],
): Rule[] {
  return subjects.map(({ id, subject, go, ours }) => ({
    id: `${place}: ${id}`,
    go,
    ours,
    breaks: (claims, pick) => ({ path: breaks(claims, subject, pick) }),
  }));
}

const INFO: Rule[] = [
  {
    id: "description too long",
    go: /Description is too long/,
    ours: /is longer than 8192 bytes/,
    breaks: (claims) => {
      claims["description"] = "é".repeat(4097);
      return { path: "description" };
    },
  },
  {
    id: "info url too long",
    go: /Info URL is too long/,
    ours: /is longer than 8192 bytes/,
    breaks: (claims) => {
      claims["infoUrl"] = `https://example.com/${"x".repeat(8192)}`;
      return { path: "infoUrl" };
    },
  },
  {
    id: "info url without host",
    go: /error parsing info url/,
    ours: /is no web address/,
    breaks: (claims, pick) => {
      claims["infoUrl"] = pick(["example.com", "mailto:a@b", "//host/x", "http://%zz/"]);
      return { path: "infoUrl" };
    },
  },
];

const TIMES: Rule[] = [
  {
    id: "expired",
    touches: ["expiresAt", "notBefore"],
    go: /claim is expired/,
    ours: /has passed/,
    breaks: (claims) => {
      delete claims["notBefore"];
      claims["expiresAt"] = "2001-01-01T00:00:00Z";
      return { path: "expiresAt" };
    },
  },
  {
    id: "not yet in force",
    touches: ["expiresAt", "notBefore"],
    go: /claim is not yet valid/,
    ours: /is still to come/,
    breaks: (claims) => {
      delete claims["expiresAt"];
      claims["notBefore"] = "2101-01-01T00:00:00Z";
      return { path: "notBefore" };
    },
  },
];

/** Rules of permissions under one name. */
function permissionRules(name: string): Rule[] {
  const put = (claims: AnyClaims, kind: "publish" | "subscribe", subject: string): string => {
    const permissions = objectOf(claims, name);
    permissions[kind] = { deny: ["fine", subject] };
    return `${name}.${kind}.deny[1]`;
  };
  return [
    ...badSubjects(
      `${name}.subscribe`,
      (claims, subject) => put(claims, "subscribe", subject),
      SUBJECTS.filter(({ id }) => id !== "space"),
    ),
    {
      id: `${name}: queue in publish`,
      go: /is not allowed to contain queue/,
      ours: /queue groups belong to subscribe only/,
      breaks: (claims) => ({ path: put(claims, "publish", "a q") }),
    },
    {
      id: `${name}: too many spaces`,
      go: /contains too many spaces/,
      ours: /contains more than one space/,
      breaks: (claims) => ({ path: put(claims, "subscribe", "a q r") }),
    },
    {
      id: `${name}: bad queue`,
      go: /cannot contain consecutive/,
      ours: /has a queue group that contains two dots/,
      breaks: (claims) => ({ path: put(claims, "subscribe", "a q..r") }),
    },
  ];
}

const issuerAccount: Rule = {
  id: "issuer account",
  go: /(?:account_id|issuer_account) is not an account public key/,
  ours: /is a user key/,
  breaks: (claims) => {
    claims["issuerAccount"] = USER.publicKey;
    return { path: "issuerAccount" };
  },
};

const OPERATOR_RULES: Rule[] = [
  ...TIMES,
  {
    id: "account server url unparsable",
    go: /error parsing account server url/,
    ours: /is no address with a scheme/,
    breaks: (claims, pick) => {
      claims["accountServerUrl"] = pick(["http://%zz/", "http://a b/", ":x"]);
      return { path: "accountServerUrl" };
    },
  },
  {
    id: "account server url without scheme",
    go: /account server url .* requires a protocol/,
    ours: /is no address with a scheme/,
    breaks: (claims, pick) => {
      claims["accountServerUrl"] = pick(["example.com", "//host/x", "/jwt/v1"]);
      return { path: "accountServerUrl" };
    },
  },
  ...(
    [
      [
        "scheme",
        ["http://a", "a:4222", "nat://a"],
        /protocol not supported/,
        /is no address with the scheme/,
      ],
      [
        "credentials",
        ["nats://u@a", "tls://u:p@a:4222"],
        /credentials are not supported/,
        /carries a user or password/,
      ],
      ["path", ["nats://a/", "wss://a/x"], /paths are not supported/, /has a path/],
    ] as const
  ).map(
    ([id, urls, go, ours]): Rule => ({
      id: `service url: ${id}`,
      go,
      ours,
      // "a:4222" is no URL at all to Go.
      alsoGo: /error parsing operator service url/,
      breaks: (claims, pick) => ({ path: added(claims, "serviceUrls", pick(urls)) }),
    }),
  ),
  {
    id: "signing key",
    go: /is not an operator public key/,
    ours: /is an account key|is no valid key/,
    breaks: (claims, pick) => ({
      path: added(claims, "signingKeys", pick([ACCOUNT.publicKey, WRONG_KEY])),
    }),
  },
  {
    id: "system account",
    go: /is not an account public key/,
    ours: /is a user key/,
    breaks: (claims) => {
      claims["systemAccount"] = USER.publicKey;
      return { path: "systemAccount" };
    },
  },
  {
    id: "server version",
    go: /assert server version error/,
    ours: /is no version of three numbers/,
    breaks: (claims, pick) => {
      claims["assertServerVersion"] = pick(["2.10", "2.10.x", "2.-1.0", "v2.1.0", "1.2.3.4"]);
      return { path: "assertServerVersion" };
    },
  },
];

const exportAt = (claims: AnyClaims, item: Item): string => added(claims, "exports", item);
const importAt = (claims: AnyClaims, item: Item): string =>
  added(claims, "imports", { account: OTHER_ACCOUNT.publicKey, ...item });
const typeOf = (pick: Pick): "stream" | "service" => pick(["stream", "service"]);

function exportRule(id: string, go: RegExp, ours: RegExp, item: Item, field: string): Rule {
  return {
    id: `export: ${id}`,
    go,
    ours,
    breaks: (claims) => ({ path: `${exportAt(claims, item)}.${field}` }),
  };
}

function importRule(id: string, go: RegExp, ours: RegExp, item: Item, field: string): Rule {
  return {
    id: `import: ${id}`,
    go,
    ours,
    breaks: (claims) => ({ path: `${importAt(claims, item)}.${field}` }),
  };
}

const bodyItem = (body: AnyClaims, name: string, subject: string): Item =>
  (body[name] as Item[]).find((item) => item["subject"] === subject) as Item;

const activation = (claims: object, by = OTHER_ACCOUNT, to = ACCOUNT): string =>
  signActivation({
    publicKey: to.publicKey,
    claims,
    signer: signerFromSeed(by.seed),
    issuedAt: NOW,
  });

const ACCOUNT_RULES: Rule[] = [
  ...TIMES,
  ...INFO,
  ...INFO.map(
    (rule): Rule => ({
      ...rule,
      id: `export: ${rule.id}`,
      breaks: (claims, pick) => {
        const item: Item = { stream: "bad.info" };
        const inner = rule.breaks(item, pick);
        return inner && { path: `${exportAt(claims, item)}.${inner.path}` };
      },
    }),
  ),
  ...badSubjects("export", (claims, subject, pick) => {
    const type = typeOf(pick);
    return `${exportAt(claims, { [type]: subject })}.${type}`;
  }),
  {
    id: "export: overlap",
    go: /export subject .* already exports/,
    ours: /is covered by exports/,
    breaks: (claims, pick) => {
      const type = typeOf(pick);
      exportAt(claims, { [type]: "bad.over.>" });
      return {
        path: `${exportAt(claims, { [type]: pick(["bad.over.a", "bad.over.*.b", "bad.over.>"]) })}.${type}`,
      };
    },
  },
  {
    id: "export: response type",
    go: /invalid response type for service/,
    ours: /must be one of singleton, stream, chunked/,
    breaks: (claims) => ({
      path: `${exportAt(claims, { service: "bad.rt", responseType: "often" })}.responseType`,
      inBody: (body) => {
        bodyItem(body, "exports", "bad.rt")["response_type"] = "often";
      },
    }),
  },
  exportRule(
    "response type of a stream",
    /invalid response type for stream/,
    /is for services only/,
    { stream: "bad.st", responseType: "stream" },
    "responseType",
  ),
  exportRule(
    "trace of a stream",
    /AllowTrace only valid for service export/,
    /is for services only/,
    { stream: "bad.tr", allowTrace: true },
    "allowTrace",
  ),
  exportRule(
    "latency of a stream",
    /latency tracking only permitted for services/,
    /is for services only/,
    { stream: "bad.la", latency: { sampling: 5, results: "r" } },
    "latency",
  ),
  exportRule(
    "latency sampling",
    /sampling percentage needs to be between/,
    /must be a whole number from 1 to 100/,
    { service: "bad.sa", latency: { sampling: 101, results: "r" } },
    "latency.sampling",
  ),
  exportRule(
    "latency wildcards",
    /results subject can not contain wildcards/,
    /has wildcards/,
    { service: "bad.lw", latency: { sampling: 5, results: "r.*" } },
    "latency.results",
  ),
  ...badSubjects("export: latency", (claims, results, pick) => {
    const sampling = pick([1, 100, "headers"]);
    return `${exportAt(claims, { service: "bad.lr", latency: { sampling, results } })}.latency.results`;
  }),
  exportRule(
    "threshold of a stream",
    /response threshold only valid for services/,
    /is for services only/,
    { stream: "bad.th", responseThreshold: "1s" },
    "responseThreshold",
  ),
  {
    id: "export: negative threshold",
    go: /negative response threshold is invalid/,
    ours: /is no duration/,
    breaks: (claims) => {
      const path = exportAt(claims, { service: "bad.nt" });
      return {
        path: `${path}.responseThreshold`,
        inBody: (body) => {
          bodyItem(body, "exports", "bad.nt")["response_threshold"] = -5;
          // Our words cannot say it, so it comes into them after they were written.
          const list = claims["exports"] as Item[];
          (list[list.findIndex(({ service }) => service === "bad.nt")] as Item)[
            "responseThreshold"
          ] = "-5s";
        },
      };
    },
  },
  exportRule(
    "token position without wildcards",
    /can only be used with wildcard subjects/,
    /must be the position of a \*/,
    { service: "bad.tp", accountTokenPosition: 2 },
    "accountTokenPosition",
  ),
  exportRule(
    "token position beyond the end",
    /exceeds length of subject/,
    /must be the position of a \*/,
    { stream: "bad.be.*", accountTokenPosition: 4 },
    "accountTokenPosition",
  ),
  exportRule(
    "token position of a word",
    /but must match a \*/,
    /must be the position of a \*/,
    { service: "bad.wo.*", accountTokenPosition: 1 },
    "accountTokenPosition",
  ),
  ...badSubjects("import", (claims, subject, pick) => {
    const type = typeOf(pick);
    return `${importAt(claims, { [type]: subject })}.${type}`;
  }),
  importRule(
    "trace of a service",
    /AllowTrace only valid for stream import/,
    /is for streams only/,
    { service: "bad.its", allowTrace: true },
    "allowTrace",
  ),
  importRule(
    "share of a stream",
    /sharing information/,
    /is for services only/,
    { stream: "bad.iss", share: true },
    "share",
  ),
  importRule(
    "no account",
    /account to import from is not specified/,
    /^is empty/,
    { stream: "bad.ina", account: "" },
    "account",
  ),
  ...badSubjects(
    "import: local subject",
    (claims, localSubject) =>
      `${importAt(claims, { stream: "bad.lo", localSubject })}.localSubject`,
    SUBJECTS,
  ),
  importRule(
    "local subject ends otherwise",
    /need to end or not end in >/,
    /must end in > exactly/,
    { stream: "bad.le.>", localSubject: "bad.le" },
    "localSubject",
  ),
  {
    ...importRule(
      "local subject refers to nothing",
      /that do not exist/,
      /refers to \$2/,
      { stream: "bad.lr.*", localSubject: "l.$2" },
      "localSubject",
    ),
    alsoGo: /does not contain enough/,
  },
  importRule(
    "local subject has too few",
    /does not contain enough/,
    /must have as many \*/,
    { service: "bad.lf.*.*", localSubject: "bad.lf.$1" },
    "localSubject",
  ),
  {
    id: "import: overlap",
    go: /overlapping subject namespace/,
    ours: /overlaps with imports/,
    breaks: (claims, pick) => {
      importAt(claims, { service: "bad.ov.>" });
      const item = pick([
        { service: "bad.ov.a" },
        { service: "bad.other", localSubject: "bad.ov.b" },
      ]);
      return { path: importAt(claims, item) };
    },
  },
  importRule(
    "token that is none",
    /contains an invalid activation token/,
    /is no valid activation token/,
    { stream: "bad.tn", token: "x.y.z" },
    "token",
  ),
  importRule(
    "token of another issuer",
    /activation token doesn't match account for import/,
    /was not issued by/,
    { stream: "bad.ti", token: activation({ stream: "bad.ti" }, ACCOUNT_SIGNING) },
    "token",
  ),
  importRule(
    "token for another account",
    /doesn't match account it is being included in/,
    /was issued for another account/,
    { stream: "bad.ta", token: activation({ stream: "bad.ta" }, OTHER_ACCOUNT, OTHER_ACCOUNT) },
    "token",
  ),
  importRule(
    "token of another kind",
    /mismatch between token import type/,
    /is for a service/,
    { stream: "bad.tk", token: activation({ service: "bad.tk" }) },
    "token",
  ),
  importRule(
    "token of another subject",
    /activation token import subject/,
    /does not cover/,
    { service: "bad.ts", token: activation({ service: "bad.tt" }) },
    "token",
  ),
  {
    ...importRule(
      "token of a bad subject",
      /cannot contain consecutive/,
      /allows a subject that contains two dots|does not cover/,
      { service: "bad.tb", token: activation({ service: "bad..tb" }) },
      "token",
    ),
    alsoGo: /activation token import subject/,
  },
  {
    id: "tier without a name",
    go: /can not contain a blank "" tier name/,
    ours: /is no tier/,
    breaks: (claims) => {
      claims["jetstream"] = { tiers: { R1: { diskStorage: 1 }, "": { diskStorage: 1 } } };
      return { path: 'jetstream.tiers[""]' };
    },
  },
  ...(["imports", "exports"] as const).map(
    (name): Rule => ({
      id: `too many ${name}`,
      touches: ["limits"],
      go: new RegExp(`more ${name} than allowed`),
      ours: new RegExp(`limits\\.${name} allows`),
      breaks: (claims) => {
        const item = { stream: `bad.count.${name}` };
        if (name === "imports") importAt(claims, item);
        else exportAt(claims, item);
        const { wildcardExports: _, ...limits } = (claims["limits"] as AnyClaims | undefined) ?? {};
        claims["limits"] = { ...limits, [name]: (claims[name] as Item[]).length - 1 };
        return { path: name };
      },
    }),
  ),
  {
    id: "wildcard export",
    touches: ["limits"],
    go: /wildcard exports that are not allowed/,
    ours: /has wildcards, which limits\.wildcardExports forbids/,
    breaks: (claims) => {
      const item = { stream: "bad.wild.*" };
      claims["exports"] = [item];
      claims["limits"] = { ...(claims["limits"] as object), exports: 10, wildcardExports: false };
      return { path: "exports[0].stream" };
    },
  },
  ...permissionRules("defaultPermissions"),
  ...badSubjects(
    "mapping",
    (claims, subject) => {
      objectOf(claims, "mappings")[subject] = ["bad.to"];
      return `mappings[${JSON.stringify(subject)}]`;
    },
    SUBJECTS,
  ),
  ...badSubjects("mapping target", (claims, subject, pick) => {
    const plain = pick([true, false]);
    objectOf(claims, "mappings")["bad"] = [plain ? subject : { subject, weight: 5 }];
    return plain ? "mappings.bad[0]" : "mappings.bad[0].subject";
  }),
  {
    id: "mapping: weight",
    go: /has a weight \d+ that exceeds 100/,
    alsoGo: /exceeds 100%/,
    ours: /must be at most 100 \(percent\)/,
    breaks: (claims) => {
      objectOf(claims, "mappings")["bad"] = [{ subject: "b", weight: 101 }];
      return { path: "mappings.bad[0].weight" };
    },
  },
  {
    id: "mapping: sum",
    go: /^error Mapping "bad" exceeds 100%/,
    ours: /weights of 101 percent together; 100/,
    breaks: (claims) => {
      objectOf(claims, "mappings")["bad"] = [
        { subject: "b", weight: 50 },
        { subject: "c", weight: 51 },
      ];
      return { path: "mappings.bad" };
    },
  },
  {
    id: "mapping: sum in a cluster",
    go: /in cluster "east" exceeds 100%/,
    ours: /percent together in cluster "east"/,
    breaks: (claims) => {
      objectOf(claims, "mappings")["bad"] = [
        "b",
        { subject: "c", cluster: "east" },
        { subject: "d", cluster: "east", weight: 1 },
      ];
      return { path: "mappings.bad" };
    },
  },
  {
    id: "authorization: no users",
    go: /cannot have accounts without users/,
    ours: /is empty: nobody could answer/,
    breaks: (claims) => {
      claims["authorization"] = { authUsers: [], allowedAccounts: ["*"] };
      return { path: "authorization.authUsers" };
    },
  },
  {
    id: "authorization: user",
    go: /AuthUser .* is not a valid user public key/,
    ours: /is an account key/,
    breaks: (claims) => {
      claims["authorization"] = { authUsers: [ACCOUNT.publicKey] };
      return { path: "authorization.authUsers[0]" };
    },
  },
  {
    id: "authorization: any and others",
    go: /AllowedAccounts can only be a list of accounts or/,
    ours: /must be the only entry/,
    breaks: (claims) => {
      claims["authorization"] = {
        authUsers: [USER.publicKey],
        allowedAccounts: ["*", ACCOUNT.publicKey],
      };
      return { path: "authorization.allowedAccounts[0]" };
    },
  },
  {
    id: "authorization: account",
    go: /Account .* is not a valid account public key/,
    ours: /is a user key/,
    breaks: (claims) => {
      claims["authorization"] = { authUsers: [USER.publicKey], allowedAccounts: [USER.publicKey] };
      return { path: "authorization.allowedAccounts[0]" };
    },
  },
  {
    id: "authorization: xkey",
    go: /XKey .* is not a valid public xkey/,
    ours: /is a user key, a curve key/,
    breaks: (claims) => {
      claims["authorization"] = { authUsers: [USER.publicKey], xkey: USER.publicKey };
      return { path: "authorization.xkey" };
    },
  },
  ...badSubjects("trace", (claims, destination) => {
    claims["trace"] = { destination };
    return "trace.destination";
  }).map((rule) => ({
    ...rule,
    go: new RegExp(`the account Trace.Destination .*${rule.go.source}`),
  })),
  {
    id: "trace: wildcards",
    go: /is not a valid publish subject/,
    ours: /has wildcards/,
    breaks: (claims) => {
      claims["trace"] = { destination: "bad.>" };
      return { path: "trace.destination" };
    },
  },
  {
    id: "trace: sampling",
    go: /the account Trace.Sampling value/,
    ours: /must be at (?:most|least)/,
    breaks: (claims, pick) => {
      claims["trace"] = { destination: "t", sampling: pick([101, -1]) };
      return { path: "trace.sampling" };
    },
  },
  {
    id: "signing key",
    go: /is not a valid account signing key/,
    ours: /is a user key|is no valid key/,
    breaks: (claims, pick) => ({
      path: added(claims, "signingKeys", pick([USER.publicKey, WRONG_KEY])),
    }),
  },
  {
    id: "scoped key",
    go: /is not an account public key/,
    ours: /is a user key/,
    breaks: (claims) => ({
      path: `${added(claims, "signingKeys", { key: USER.publicKey, role: "r", template: {} })}.key`,
    }),
  },
  {
    id: "cluster traffic",
    go: /unknown cluster traffic option/,
    ours: /must be one of system, owner/,
    breaks: (claims) => {
      claims["clusterTraffic"] = "mine";
      return { path: "clusterTraffic" };
    },
  },
];

/** Scoped users have nothing that could be wrong in it. */
const own = (rule: Rule): Rule => ({
  ...rule,
  breaks: (claims, pick) => (claims["scoped"] ? undefined : rule.breaks(claims, pick)),
});

const USER_RULES: Rule[] = [
  ...TIMES,
  issuerAccount,
  ...[
    ...permissionRules("permissions"),
    {
      id: "network",
      go: /invalid cidr/,
      ours: /is no network/,
      breaks: (claims: AnyClaims, pick: Pick) => ({
        path: added(claims, "sourceNetworks", pick(["10.0.0.1", "10.0.0.0/33", "x", "::/129"])),
      }),
    },
    ...(["start", "end"] as const).flatMap((name): Rule[] => [
      {
        id: `times: no ${name}`,
        go: new RegExp(`must contain an? ${name}`),
        ours: /^is empty/,
        breaks: (claims) => ({
          path: `${added(claims, "times", { start: "01:00:00", end: "02:00:00", [name]: "" })}.${name}`,
        }),
      },
      {
        id: `times: ${name}`,
        go: new RegExp(`${name} in time range is invalid`),
        ours: /is no time of day/,
        breaks: (claims, pick) => ({
          path: `${added(claims, "times", { start: "01:00:00", end: "02:00:00", [name]: pick(["24:00:00", "01:00", "noon"]) })}.${name}`,
        }),
      },
    ]),
    {
      id: "time zone",
      go: /could not parse iana time zone/,
      ours: /is no IANA time zone/,
      breaks: (claims: AnyClaims) => {
        claims["timeZone"] = "Europe/Nowhere";
        return { path: "timeZone" };
      },
    },
  ].map(own),
];

const ACTIVATION_RULES: Rule[] = [
  ...TIMES,
  issuerAccount,
  ...badSubjects("subject", (claims, subject) => {
    const type = claims["stream"] === undefined ? "service" : "stream";
    claims[type] = subject;
    return type;
  }).map((rule) => ({ ...rule, touches: ["stream", "service"] })),
  {
    id: "kind",
    touches: ["stream", "service"],
    go: /invalid import type/,
    ours: /needs exactly one of stream and service/,
    breaks: (claims) => ({
      path: "",
      inBody: (body) => {
        delete body["kind"];
        delete claims["stream"];
        delete claims["service"];
      },
    }),
  },
];

const REQUEST_RULES: Rule[] = [
  ...TIMES,
  {
    id: "user key missing",
    go: /User nkey is required/,
    ours: /^is empty|^is missing/,
    breaks: (claims) => {
      claims["userKey"] = "";
      return { path: "userKey" };
    },
  },
  {
    id: "user key",
    go: /User nkey .* is not a valid user public key/,
    ours: /is an account key|is no valid key/,
    breaks: (claims, pick) => {
      claims["userKey"] = pick([ACCOUNT.publicKey, WRONG_KEY]);
      return { path: "userKey" };
    },
  },
];

const USER_TOKEN = signUser({
  publicKey: USER.publicKey,
  claims: { name: "u" },
  signer: signerFromSeed(ACCOUNT.seed),
  issuedAt: NOW,
});

const RESPONSE_RULES: Rule[] = [
  ...TIMES,
  issuerAccount,
  {
    id: "audience",
    go: /Audience must be a server public key/,
    ours: /is a user key|is empty/,
    breaks: (claims, pick) => {
      claims["audience"] = pick([USER.publicKey, ""]);
      return { path: "audience" };
    },
  },
  {
    id: "neither",
    go: /Error or Jwt is required/,
    ours: /needs exactly one/,
    breaks: (claims) => {
      delete claims["jwt"];
      delete claims["error"];
      return { path: "" };
    },
  },
  {
    id: "both",
    go: /Only Error or Jwt can be set/,
    ours: /needs exactly one/,
    breaks: (claims) => {
      claims["jwt"] ??= USER_TOKEN;
      claims["error"] ??= "no";
      return { path: "" };
    },
  },
];

/** Rules of Go by type of claims. */
export const RULES: Readonly<Record<string, Rule[]>> = {
  operator: OPERATOR_RULES,
  account: ACCOUNT_RULES,
  user: USER_RULES,
  activation: ACTIVATION_RULES,
  authorization_request: REQUEST_RULES,
  authorization_response: RESPONSE_RULES,
};
