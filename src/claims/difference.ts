/** Where two account tokens differ, in the words of the operator. */
import { isDeepStrictEqual } from "node:util";
import { claimsEqual } from "./equal";
import type { TokenClaims } from "./token";
import { accountFromWire } from "./wire";

/** One claim that two tokens say differently; `undefined` where one says nothing. */
export interface ClaimDifference {
  /** Path such as `limits.connections` or `exports["orders.>"].tokenRequired`. */
  path: string;
  a: unknown;
  b: unknown;
}

/** The claims in which two account tokens differ, apart from who signed when and from revocations. Empty when `claimsEqual`. */
export function accountDifferences(a: TokenClaims, b: TokenClaims): ClaimDifference[] {
  if (claimsEqual(a, b)) return [];
  const { revocations: _a, ...before } = accountFromWire(a);
  const { revocations: _b, ...after } = accountFromWire(b);
  const found = differences("", before, after);
  // What this library has no word for is named as it is on the wire.
  return found.length > 0 ? found : wireDifferences(a, b);
}

function differences(path: string, a: unknown, b: unknown): ClaimDifference[] {
  if (isDeepStrictEqual(a, b)) return [];
  // A whole export or import that only one of them has is named by its subject.
  if (path.endsWith("]") && (a === undefined || b === undefined)) return [{ path, a, b }];
  const [left, right] = [membersOf(a), membersOf(b)];
  // A part that only one of them has is named by its own members, so that the path leads to what was written.
  if (!(left && right) && !(left && b === undefined) && !(right && a === undefined)) {
    return [{ path, a, b }];
  }
  const names = new Set([...(left?.keys() ?? []), ...(right?.keys() ?? [])]);
  return [...names].flatMap((name) => {
    const inner = name.startsWith("[") || path === "" ? `${path}${name}` : `${path}.${name}`;
    return differences(inner, left?.get(name), right?.get(name));
  });
}

/** The parts of an object, and of a list of exports or imports, which go by their subjects; nothing else has parts. */
function membersOf(value: unknown): Map<string, unknown> | undefined {
  if (Array.isArray(value)) {
    const named = value.map((item) => [nameOf(item), item] as const);
    const names = new Set(named.map(([name]) => name));
    if (names.has(undefined) || names.size < named.length) return undefined;
    return new Map(named.map(([name, item]) => [`[${JSON.stringify(name)}]`, item]));
  }
  if (typeof value !== "object" || value === null) return undefined;
  return new Map(Object.entries(value));
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const { stream, service, account } = item as Record<string, unknown>;
  const subject = stream ?? service;
  if (typeof subject !== "string") return undefined;
  return typeof account === "string" ? `${subject} of ${account}` : subject;
}

function wireDifferences(a: TokenClaims, b: TokenClaims): ClaimDifference[] {
  const names = new Set([...Object.keys(a.nats), ...Object.keys(b.nats)]);
  const only = (token: TokenClaims, name: string): TokenClaims => ({
    sub: "",
    iss: "",
    iat: 0,
    nats: { type: token.nats["type"], [name]: token.nats[name] },
  });
  const found = [...names]
    .filter((name) => name !== "revocations" && !claimsEqual(only(a, name), only(b, name)))
    .map((name) => ({ path: name, a: a.nats[name], b: b.nats[name] }));
  return found.length > 0 ? found : [{ path: "the token", a: undefined, b: undefined }];
}
