import { NatsAuthError } from "../errors";
import { TYPED } from "./generic";
import { formatInstant } from "./time";
import { decodeToken, type TokenClaims } from "./token";

/** What a token must be, beyond being whole: what is left out is not looked at. */
export interface Expected {
  /** Its type on the wire: `"operator"`, `"account"`, `"user"`, `"activation"`, `"authorization_request"`, `"authorization_response"`; `"generic"` for any other. */
  type?: string | undefined;
  /** Public keys whose signatures are trusted: for a user those of its account, for an account those of its operator. */
  issuers?: readonly string[] | undefined;
  /** The public key that it must be about. */
  subject?: string | undefined;
  /** Unix second at which it must be in force. Servers grant no leeway either. */
  now?: number | undefined;
}

/**
 * Reads a token like `decodeToken`, and refuses it with `ERR_TOKEN` when it is not what is expected. Revocations are
 * the account's: a user is revoked when `revocationsOf(account)[user]`, or that of `*`, is not before its `iat`.
 *
 * @example
 * const user = verifyToken(jwt, { type: "user", issuers: [account.sub, ...signingKeys], now: Date.now() / 1000 });
 */
export function verifyToken(token: string, expected: Expected = {}): TokenClaims {
  const claims = decodeToken(token);
  const { type, issuers, subject, now } = expected;
  const own = TYPED.has(claims.nats["type"]) ? claims.nats["type"] : "generic";
  if (type !== undefined && own !== type) throw refusal(`its type is ${own}, not ${type}`);
  if (issuers !== undefined && !issuers.includes(claims.iss)) {
    throw refusal(`its issuer ${claims.iss} is not among the trusted keys`);
  }
  if (subject !== undefined && claims.sub !== subject) {
    throw refusal(`it is about ${claims.sub}, not ${subject}`);
  }
  if (now === undefined) return claims;
  if (claims.exp && now > claims.exp)
    throw refusal(`it has expired at ${formatInstant(claims.exp)}`);
  if (claims.nbf && claims.nbf > now) {
    throw refusal(`it is not in force before ${formatInstant(claims.nbf)}`);
  }
  return claims;
}

function refusal(reason: string): NatsAuthError {
  return new NatsAuthError("ERR_TOKEN", `the token is refused: ${reason}`);
}
