import { sortedSet } from "../order";
import type { AccountClaims, AccountLimits, ExternalAuthorization, MessageTrace } from "../types";
import {
  canonicalTags,
  generalFromWire,
  infoFromWire,
  limitFromWire,
  NO_LIMIT,
  permissionsFromWire,
  permissionsToWire,
  sizeToWire,
  type WireClaims,
} from "./common";
import { jetstreamFromWire, jetstreamToWire } from "./jetstream";
import { mappingsFromWire, mappingsToWire } from "./mappings";
import {
  compact,
  compactOrNone,
  filled,
  flag,
  integer,
  object,
  text,
  texts,
  type Wire,
  withoutZeros,
} from "./read";
import { revocationsFromWire } from "./revocations";
import { exportsFromWire, exportsToWire, importsFromWire, importsToWire } from "./sharing";
import { signingKeysFromWire, signingKeysToWire } from "./signing-keys";

/** The `nats` object of an account's claims. What is absent has the values of Go's `NewAccountClaims`. */
export function accountBody(claims: AccountClaims): Wire {
  return compact({
    imports: importsToWire(claims.imports),
    exports: exportsToWire(claims.exports),
    limits: { ...limitsToWire(claims.limits ?? {}), ...jetstreamToWire(claims.jetstream) },
    signing_keys: signingKeysToWire(claims.signingKeys),
    revocations: compactOrNone({ ...claims.revocations }),
    default_permissions: permissionsToWire(claims.defaultPermissions),
    mappings: mappingsToWire(claims.mappings),
    authorization: authorizationToWire(claims.authorization), // Go writes it always
    trace: traceToWire(claims.trace),
    cluster_traffic: claims.clusterTraffic,
    description: claims.description || undefined,
    info_url: claims.infoUrl || undefined,
    tags: canonicalTags(claims.tags),
  });
}

/** The inverse: an account's claims in canonical form from a decoded token. */
export function accountFromWire(token: WireClaims): AccountClaims {
  const { nats } = token;
  const limits = object(nats["limits"]);
  return compact({
    name: token.name ?? "",
    ...generalFromWire(token),
    ...infoFromWire(nats),
    limits: limitsFromWire(limits),
    jetstream: jetstreamFromWire(limits),
    exports: exportsFromWire(nats["exports"]),
    imports: importsFromWire(nats["imports"]),
    signingKeys: signingKeysFromWire(nats["signing_keys"]),
    defaultPermissions: permissionsFromWire(object(nats["default_permissions"])),
    mappings: mappingsFromWire(nats["mappings"]),
    authorization: authorizationFromWire(object(nats["authorization"])),
    trace: traceFromWire(nats["trace"]),
    clusterTraffic: text(nats["cluster_traffic"]) as AccountClaims["clusterTraffic"],
    revocations: revocationsFromWire(nats["revocations"]),
  });
}

function limitsToWire(limits: AccountLimits): Wire {
  return withoutZeros({
    subs: limits.subscriptions ?? NO_LIMIT,
    data: sizeToWire(limits.data),
    payload: sizeToWire(limits.payload),
    imports: limits.imports ?? NO_LIMIT,
    exports: limits.exports ?? NO_LIMIT,
    wildcards: limits.wildcardExports ?? true,
    disallow_bearer: limits.disallowBearer ?? false,
    conn: limits.connections ?? NO_LIMIT,
    leaf: limits.leafNodes ?? NO_LIMIT,
  });
}

function limitsFromWire(wire: Wire): AccountLimits | undefined {
  return compactOrNone({
    connections: limitFromWire(wire["conn"]),
    leafNodes: limitFromWire(wire["leaf"]),
    subscriptions: limitFromWire(wire["subs"]),
    payload: limitFromWire(wire["payload"]),
    data: limitFromWire(wire["data"]),
    imports: limitFromWire(wire["imports"]),
    exports: limitFromWire(wire["exports"]),
    wildcardExports: wire["wildcards"] === true ? undefined : false,
    disallowBearer: flag(wire["disallow_bearer"]),
  });
}

function authorizationToWire(authorization: ExternalAuthorization | undefined): Wire {
  return compact({
    auth_users: filled(sortedSet(authorization?.authUsers ?? [])),
    allowed_accounts: filled(sortedSet(authorization?.allowedAccounts ?? [])),
    xkey: authorization?.xkey || undefined,
  });
}

function authorizationFromWire(wire: Wire): ExternalAuthorization | undefined {
  const authUsers = texts(wire["auth_users"]);
  const allowedAccounts = texts(wire["allowed_accounts"]);
  const xkey = text(wire["xkey"]);
  if (authUsers === undefined && allowedAccounts === undefined && xkey === undefined) {
    return undefined;
  }
  return compact({
    authUsers: sortedSet(authUsers ?? []),
    allowedAccounts: allowedAccounts === undefined ? undefined : sortedSet(allowedAccounts),
    xkey,
  });
}

/** All messages, also when it is 0 or absent (server `accounts.go`, Go `Account.Validate`). */
const ALL_MESSAGES = 100;

function traceToWire(trace: MessageTrace | undefined): Wire | undefined {
  if (trace === undefined) return undefined;
  return { dest: trace.destination, sampling: trace.sampling ?? ALL_MESSAGES };
}

function traceFromWire(value: unknown): MessageTrace | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const sampling = integer(object(value)["sampling"]);
  return compact({
    destination: text(object(value)["dest"]) ?? "",
    sampling: sampling === 0 || sampling === ALL_MESSAGES ? undefined : sampling,
  });
}
