/** Tokens of no particular type. */

import { NatsAuthError } from "../errors";
import { formatInstant } from "./time";
import { decodeToken } from "./token";
import type { GeneralClaims } from "./types";

/** What a generic token says. */
export interface GenericClaims extends Omit<GeneralClaims, "tags"> {
  /** The public key, or another text, that it is about. */
  subject: string;
  /** Public key of the signer. */
  issuer: string;
  /** When it was issued, in unix seconds. */
  issuedAt: number;
  /** Name for people. Absent when it has none. */
  name?: string | undefined;
  /** Its body, without `version`. Integers beyond 2^53 are `bigint`. */
  body: Record<string, unknown>;
}

/** Types with claims of their own. */
export const TYPED = new Set<unknown>([
  "operator",
  "account",
  "user",
  "activation",
  "authorization_request",
  "authorization_response",
]);

/** Reads a token that `encodeGeneric`, or Go's `GenericClaims`, wrote; the checks are those of `decodeToken`. Throws `ERR_TOKEN`, also for a token of a type that has its own reader. */
export function decodeGeneric(token: string): GenericClaims {
  const { sub, iss, iat, name, aud, exp, nbf, nats } = decodeToken(token);
  if (TYPED.has(nats["type"])) {
    throw new NatsAuthError("ERR_TOKEN", `this is no generic token: its type is ${nats["type"]}`);
  }
  const { version: _, ...body } = nats;
  return {
    subject: sub,
    issuer: iss,
    issuedAt: iat,
    body,
    ...(name ? { name } : {}),
    ...(aud ? { audience: aud } : {}),
    ...(exp ? { expiresAt: formatInstant(exp) } : {}),
    ...(nbf ? { notBefore: formatInstant(nbf) } : {}),
  };
}
