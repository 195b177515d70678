import { sortedSet } from "../order";
import { parseSize } from "../size";
import type { AccountClaims, AccountLimits, JetStreamLimits, Size } from "../types";
import {
  canonicalTags,
  commonFromWire,
  infoFromWire,
  limitFromWire,
  NO_LIMIT,
  permissionsFromWire,
  permissionsToWire,
  type WireClaims,
} from "./common";
import {
  compact,
  compactOrNone,
  filled,
  flag,
  integer,
  object,
  quantity,
  text,
  type Wire,
} from "./read";
import { exportsFromWire, exportsToWire, importsFromWire, importsToWire } from "./sharing";

/** The `nats` object of an account's claims. What is absent has the values of Go's `NewAccountClaims`. */
export function accountBody(claims: AccountClaims): Wire {
  return compact({
    imports: importsToWire(claims.imports),
    exports: exportsToWire(claims.exports),
    limits: { ...limitsToWire(claims.limits ?? {}), ...jetstreamToWire(claims.jetstream) },
    signing_keys: filled(sortedSet(claims.signingKeys ?? [])),
    revocations: compactOrNone({ ...claims.revocations }),
    default_permissions: permissionsToWire(claims.defaultPermissions),
    authorization: {}, // Go writes it always
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
    ...commonFromWire(token),
    ...infoFromWire(nats),
    limits: limitsFromWire(limits),
    jetstream: jetstreamFromWire(limits),
    exports: exportsFromWire(nats["exports"]),
    imports: importsFromWire(nats["imports"]),
    signingKeys: signingKeysFromWire(nats["signing_keys"]),
    defaultPermissions: permissionsFromWire(object(nats["default_permissions"])),
    revocations: revocationsFromWire(nats["revocations"]),
  });
}

/** Go leaves zeros out; a missing limit is "none allowed" to the server. */
function withoutZeros(wire: Record<string, number | boolean>): Wire {
  return Object.fromEntries(
    Object.entries(wire).filter(([, value]) => value !== 0 && value !== false),
  );
}

function limitsToWire(limits: AccountLimits): Wire {
  return withoutZeros({
    subs: limits.subscriptions ?? NO_LIMIT,
    data: NO_LIMIT, // servers do not look at it
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
    imports: limitFromWire(wire["imports"]),
    exports: limitFromWire(wire["exports"]),
    wildcardExports: wire["wildcards"] === true ? undefined : false,
    disallowBearer: flag(wire["disallow_bearer"]),
  });
}

function sizeToWire(size: Size | undefined): number {
  return size === undefined ? NO_LIMIT : parseSize(size);
}

function jetstreamToWire(limits: JetStreamLimits | undefined): Wire {
  if (limits === undefined) return {};
  const storage = (size: Size | undefined): number =>
    size === "unlimited" ? NO_LIMIT : parseSize(size ?? 0);
  const memory = storage(limits.memoryStorage);
  const disk = storage(limits.diskStorage);
  // Without storage JetStream is off, and what else is said about it has no meaning.
  if (memory === 0 && disk === 0) return {};
  // Servers take 0 for no limit as well; nsc writes -1 (`editaccount.go`).
  return withoutZeros({
    mem_storage: memory,
    disk_storage: disk,
    streams: limits.streams ?? NO_LIMIT,
    consumer: limits.consumers ?? NO_LIMIT,
    max_ack_pending: limits.maxAckPending ?? NO_LIMIT,
    mem_max_stream_bytes: sizeToWire(limits.memoryMaxStreamBytes),
    disk_max_stream_bytes: sizeToWire(limits.diskMaxStreamBytes),
    max_bytes_required: limits.maxBytesRequired ?? false,
  });
}

function jetstreamFromWire(wire: Wire): JetStreamLimits | undefined {
  const storage = (name: string): number | "unlimited" | undefined => {
    const bytes = quantity(wire[name]);
    if (bytes === 0) return undefined;
    return bytes < 0 ? "unlimited" : bytes;
  };
  const limit = (name: string): number | undefined => {
    const value = quantity(wire[name]);
    return value > 0 ? value : undefined;
  };
  const memoryStorage = storage("mem_storage");
  const diskStorage = storage("disk_storage");
  if (memoryStorage === undefined && diskStorage === undefined) return undefined;
  return compact({
    memoryStorage,
    diskStorage,
    streams: limit("streams"),
    consumers: limit("consumer"),
    maxAckPending: limit("max_ack_pending"),
    memoryMaxStreamBytes: limit("mem_max_stream_bytes"),
    diskMaxStreamBytes: limit("disk_max_stream_bytes"),
    maxBytesRequired: flag(wire["max_bytes_required"]),
  });
}

/** Plain signing keys. Scoped ones have no place in the model yet, and stay out of it rather than look plain. */
function signingKeysFromWire(value: unknown): string[] | undefined {
  const plain = Array.isArray(value) ? value.map(text).filter((key) => key !== undefined) : [];
  return filled(sortedSet(plain));
}

/** What an account's token revokes: a public key, or `*`, to the unix second up to which its tokens are refused. */
export function revocationsOf(token: WireClaims): Record<string, number> {
  return revocationsFromWire(token.nats["revocations"]) ?? {};
}

/** The same claims with other revocations; everything else in them stays as it is, also what is not known here. */
export function withRevocations<Token extends WireClaims>(
  token: Token,
  revocations: Record<string, number>,
): Token {
  return { ...token, nats: { ...token.nats, revocations: compactOrNone({ ...revocations }) } };
}

function revocationsFromWire(value: unknown): Record<string, number> | undefined {
  const entries = Object.entries(object(value)).map(([key, time]) => [key, integer(time)]);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
