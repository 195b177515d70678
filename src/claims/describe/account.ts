import { formatInstant } from "../time";
import type {
  AccountClaims,
  Export,
  Import,
  JetStreamTier,
  MappingTarget,
  ScopedKey,
} from "../types";
import {
  counted,
  type Line,
  listed,
  permissionLines,
  plain,
  plainOrNone,
  type Section,
  sized,
  yes,
} from "./text";
import { templateLines } from "./user";

/** The parts of an account. */
export function accountSections(claims: AccountClaims): Section[] {
  return [
    { title: "limits", lines: limitLines(claims) },
    ...jetstreamSections(claims.jetstream),
    ...(claims.exports ?? []).map(exportSection),
    ...(claims.imports ?? []).map(importSection),
    { title: "signing keys", lines: signingKeyLines(claims) },
    ...(claims.signingKeys ?? []).filter((key) => typeof key !== "string").map(roleSection),
    {
      title: "default permissions",
      lines: claims.defaultPermissions ? permissionLines(claims.defaultPermissions) : [],
    },
    { title: "mappings", lines: Object.entries(claims.mappings ?? {}).map(mappingLine) },
    { title: "external authorization", lines: authorizationLines(claims) },
    {
      title: "traces",
      lines: claims.trace
        ? [
            ["destination", plain(claims.trace.destination)],
            ["sampling", `${claims.trace.sampling ?? 100} %`],
          ]
        : [],
    },
    { title: "revoked users", lines: revocationLines(claims.revocations) },
  ];
}

function limitLines({ limits = {}, clusterTraffic }: AccountClaims): Line[] {
  return [
    ["connections", counted(limits.connections, "not allowed")],
    ["leaf nodes", counted(limits.leafNodes, "not allowed")],
    ["subscriptions", counted(limits.subscriptions, "not allowed")],
    ["payload", sized(limits.payload)],
    ["data", limits.data === undefined ? undefined : sized(limits.data)],
    ["imports", counted(limits.imports, "not allowed")],
    ["exports", counted(limits.exports, "not allowed")],
    ["wildcard exports", limits.wildcardExports === false ? "not allowed" : "allowed"],
    ["bearers", limits.disallowBearer ? "not allowed" : "allowed"],
    ["cluster traffic", plainOrNone(clusterTraffic)],
  ];
}

function jetstreamSections(jetstream: AccountClaims["jetstream"]): Section[] {
  if (jetstream === undefined) return [{ title: "JetStream", lines: [["JetStream", "off"]] }];
  if (jetstream.tiers === undefined) {
    return [{ title: "JetStream", lines: tierLines(jetstream) }];
  }
  return Object.entries(jetstream.tiers).map(([name, tier]) => ({
    title: `JetStream, tier ${plain(name)}`,
    lines: tierLines(tier),
  }));
}

function tierLines(tier: JetStreamTier): Line[] {
  return [
    ["memory storage", sized(tier.memoryStorage, "none")],
    ["disk storage", sized(tier.diskStorage, "none")],
    ["streams", counted(tier.streams)],
    ["consumers", counted(tier.consumers)],
    ["unacknowledged messages", counted(tier.maxAckPending)],
    ["bytes of a memory stream", sized(tier.memoryMaxStreamBytes)],
    ["bytes of a disk stream", sized(tier.diskMaxStreamBytes)],
    ["streams must say their size", yes(tier.maxBytesRequired)],
  ];
}

function exportSection(item: Export): Section {
  const type = item.stream === undefined ? "service" : "stream";
  const { latency } = item;
  return {
    title: `exports the ${type} ${plain(item[type] ?? "")}`,
    lines: [
      ["name", plainOrNone(item.name)],
      ["description", plainOrNone(item.description)],
      ["more", plainOrNone(item.infoUrl)],
      ["open to", audienceOf(item)],
      ["responses", item.responseType ?? (type === "service" ? "singleton" : undefined)],
      ["response threshold", item.responseThreshold],
      [
        "latency",
        latency &&
          `${latency.sampling === "headers" ? "as headers ask" : `${latency.sampling} %`}, to ${plain(latency.results)}`,
      ],
      ["advertised", yes(item.advertise)],
      ["traces", item.allowTrace ? "go on" : undefined],
      ...Object.entries(item.revocations ?? {}).map(
        ([key, time]): Line => [`revoked until ${formatInstant(time)}`, everyone(key)],
      ),
    ],
  };
}

function audienceOf({ accountTokenPosition, tokenRequired }: Export): string {
  if (accountTokenPosition !== undefined) {
    return `each account with its own public key as token ${accountTokenPosition}`;
  }
  return tokenRequired ? "accounts with an activation token" : "every account";
}

function importSection(item: Import): Section {
  const type = item.stream === undefined ? "service" : "stream";
  return {
    title: `imports the ${type} ${plain(item[type] ?? "")}`,
    lines: [
      ["from", plain(item.account)],
      ["here", plainOrNone(item.localSubject)],
      ["name", plainOrNone(item.name)],
      ["activation token", item.token === undefined ? undefined : "given"],
      ["shares who asks", yes(item.share)],
      ["traces", item.allowTrace ? "go on" : undefined],
    ],
  };
}

function signingKeyLines({ signingKeys = [] }: AccountClaims): Line[] {
  return signingKeys.map((key) =>
    typeof key === "string" ? [key, "everything"] : [plain(key.key), `role ${plain(key.role)}`],
  );
}

function roleSection({ role, description, template }: ScopedKey): Section {
  return {
    title: `role ${plain(role)}`,
    lines: [["description", plainOrNone(description)], ...templateLines(template)],
  };
}

function mappingLine([subject, targets]: [string, (string | MappingTarget)[]]): Line {
  const all = targets.map((target) => {
    const {
      subject: to,
      weight = 100,
      cluster,
    } = typeof target === "string" ? ({ subject: target } as MappingTarget) : target;
    return `${to} (${weight} %${cluster === undefined ? "" : ` in ${cluster}`})`;
  });
  return [plain(subject), listed(all)];
}

function authorizationLines({ authorization }: AccountClaims): Line[] {
  if (authorization === undefined) return [];
  return [
    ["users of the service", listed(authorization.authUsers) ?? "none, so it is off"],
    [
      "accounts of users",
      authorization.allowedAccounts?.includes("*")
        ? "all"
        : (listed(authorization.allowedAccounts) ?? "this one"),
    ],
    ["requests encrypted for", plainOrNone(authorization.xkey)],
  ];
}

function revocationLines(revocations: AccountClaims["revocations"]): Line[] {
  return Object.entries(revocations ?? {}).map(([key, time]) => [
    everyone(key),
    `tokens up to ${formatInstant(time)}`,
  ]);
}

function everyone(key: string): string {
  return key === "*" ? "everyone" : plain(key);
}
