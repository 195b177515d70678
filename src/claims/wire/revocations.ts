import type { WireClaims } from "./common";
import { compactOrNone, integer, object } from "./read";

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

/** A revocation list of an account or an export; `undefined` when nothing is revoked. */
export function revocationsFromWire(value: unknown): Record<string, number> | undefined {
  const entries = Object.entries(object(value)).map(([key, time]) => [key, integer(time)]);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
