/** What the claims of all kinds share: tags, name and times, permissions. */

import { sortedSet } from "../order";
import { parseSize } from "../size";
import { formatDuration, formatInstant, parseDuration } from "../time";
import type { GeneralClaims, Permissions, Size, SubjectRules } from "../types";
import {
  compact,
  compactOrNone,
  filled,
  integer,
  object,
  quantity,
  text as textOf,
  texts,
  type Wire,
} from "./read";

/** The fields of a decoded token that claims are read from. */
export interface WireClaims {
  aud?: string;
  name?: string;
  exp?: number;
  nbf?: number;
  nats: Wire;
}

/** -1 on the wire: no limit (Go `NoLimit`). */
export const NO_LIMIT = -1;

/** Tags as Go's `TagList.Add` leaves them; templates find no others. Sorted: another order must not mean another token. */
export function canonicalTags(tags: readonly string[] | undefined): string[] | undefined {
  if (tags === undefined || tags.length === 0) return undefined;
  const clean = tags.map((tag) => tag.trim().toLowerCase()).filter((tag) => tag !== "");
  return filled(sortedSet(clean));
}

/** Tags, times and audience of a token. */
export function generalFromWire(token: WireClaims): GeneralClaims {
  return {
    audience: textOf(token.aud),
    tags: canonicalTags(texts(token.nats["tags"])),
    notBefore: token.nbf ? formatInstant(token.nbf) : undefined,
    expiresAt: token.exp ? formatInstant(token.exp) : undefined,
  };
}

/** A size whose absence is no limit. */
export function sizeToWire(size: Size | undefined): number {
  return size === undefined ? NO_LIMIT : parseSize(size);
}

/** A limit whose absence is no limit: any negative number on the wire. */
export function limitFromWire(value: unknown): number | undefined {
  const limit = quantity(value);
  return limit < 0 ? undefined : limit;
}

const NANOSECONDS = 1_000_000n;

/** Nanoseconds of a duration; Go's unit. Beyond 2^53 (104 days) as `bigint`. */
export function nanosecondsOf(duration: string): number | bigint {
  const nanoseconds = BigInt(parseDuration(duration)) * NANOSECONDS;
  return nanoseconds > Number.MAX_SAFE_INTEGER ? nanoseconds : Number(nanoseconds);
}

/** The duration of nanoseconds; `undefined` for none. What is no whole millisecond is rounded up, for 0 would mean "default". */
export function durationFromWire(value: unknown): string | undefined {
  const nanoseconds = typeof value === "bigint" ? value : BigInt(Math.trunc(integer(value)));
  if (nanoseconds <= 0n) return undefined;
  return formatDuration(Number((nanoseconds + NANOSECONDS - 1n) / NANOSECONDS));
}

function rulesToWire(rules: readonly string[] | SubjectRules | undefined): Wire {
  const { allow, deny } = Array.isArray(rules)
    ? { allow: rules, deny: undefined }
    : ((rules ?? {}) as SubjectRules);
  const wire: Wire = {};
  if (allow !== undefined && allow.length > 0) wire["allow"] = [...allow];
  if (deny !== undefined && deny.length > 0) wire["deny"] = [...deny];
  return wire;
}

function rulesFromWire(value: unknown): string[] | SubjectRules | undefined {
  const wire = object(value);
  const allow = texts(wire["allow"]);
  const deny = texts(wire["deny"]);
  return deny === undefined ? allow : compact({ allow, deny });
}

/** Permissions as Go writes them: `pub` and `sub` always, `resp` only when set, for its presence alone takes publishing away. */
export function permissionsToWire(permissions: Permissions | undefined): Wire {
  const wire: Wire = {
    pub: rulesToWire(permissions?.publish),
    sub: rulesToWire(permissions?.subscribe),
  };
  const responses = permissions?.responses;
  if (responses !== undefined) {
    // One message is the server's default; written out, as nsc does. A ttl of 0 is the server's default too.
    wire["resp"] = {
      max: responses.max ?? 1,
      ttl: responses.ttl === undefined ? 0 : nanosecondsOf(responses.ttl),
    };
  }
  return wire;
}

/** The inverse of `permissionsToWire`; `undefined` when everything is allowed. */
export function permissionsFromWire(wire: Wire): Permissions | undefined {
  const resp = wire["resp"];
  const max = integer(object(resp)["max"]);
  return compactOrNone({
    publish: rulesFromWire(wire["pub"]),
    subscribe: rulesFromWire(wire["sub"]),
    responses:
      typeof resp === "object" && resp !== null
        ? compact({
            max: max === 0 || max === 1 ? undefined : max,
            ttl: durationFromWire(object(resp)["ttl"]),
          })
        : undefined,
  });
}

/** Description and address, which accounts and exports have. */
export function infoFromWire(wire: Wire): { description?: string; infoUrl?: string } {
  return compact({
    description: textOf(wire["description"]),
    infoUrl: textOf(wire["info_url"]),
  }) as { description?: string; infoUrl?: string };
}
