/** Text of a `.creds` file: a user's JWT and seed, as every NATS client reads it. */

import { NatsAuthError } from "../errors";
import { decodeSeed, publicKeyOf } from "./key-pair";

/**
 * Writes creds exactly as Go does (jwt `creds_utils.go:FormatUserConfig`), and like it refuses a token that is
 * no user's (`ERR_TOKEN`) and a seed that is not this user's (`ERR_KEY`). The signature is not checked.
 */
export function formatCreds(jwt: string, seed: string): string {
  if (decodeSeed(seed).kind !== "user") {
    throw new NatsAuthError("ERR_KEY", "creds need the seed of a user (SU…)");
  }
  if (publicKeyOf(seed) !== subjectOfUser(jwt)) {
    throw new NatsAuthError("ERR_KEY", "the seed does not belong to the user of the token");
  }
  return `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

************************* IMPORTANT *************************
NKEY Seed printed below can be used to sign and prove identity.
NKEYs are sensitive and should be treated as secrets.

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------

*************************************************************
`;
}

// Go's expression (`userConfigRE`): any decorated block, first the token, then the seed.
const BLOCK = /-{3,}.*-{3,}\r?\n([\w\-.=]+)\r?\n-{3,}.*-{3,}(?:\r?\n|$)/g;

/** Reads token and seed out of creds text. Throws `ERR_INPUT` when one is missing, `ERR_KEY` when the seed is no user's. */
export function parseCreds(text: string): { jwt: string; seed: string } {
  const [jwt, seed] = Array.from(text.matchAll(BLOCK), (match) => match[1]);
  if (jwt === undefined || seed === undefined) {
    throw new NatsAuthError(
      "ERR_INPUT",
      "this is no creds text: it needs a block with a user JWT and a block with a user seed",
    );
  }
  if (decodeSeed(seed).kind !== "user") {
    throw new NatsAuthError("ERR_KEY", "the creds hold a seed that is no user's (SU…)");
  }
  return { jwt, seed };
}

function subjectOfUser(jwt: string): unknown {
  // Claims are the business of `src/claims`, which builds on this folder; here only two fields are looked at.
  let claims: { sub?: unknown; nats?: { type?: unknown } } | null;
  try {
    claims = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());
  } catch {
    // The parser's message would quote the token.
    claims = null;
  }
  if (claims?.nats?.type !== "user") {
    throw new NatsAuthError("ERR_TOKEN", "creds need the JWT of a user");
  }
  return claims.sub;
}
