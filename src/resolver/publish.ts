/** Publishing an account. */
import { isDeepStrictEqual } from "node:util";
import {
  type AccountClaims,
  claimsEqual,
  decodeToken,
  mergeRevocations,
  revocationsOf,
  signAccount,
  type TokenClaims,
} from "../claims/index";
import { nextIssueTime } from "../clock";
import type { Signer } from "../keys/index";
import type { AccountAddress } from "./address";
import { withConnection } from "./connection";
import { type Copies, look } from "./copies";
import { type Published, push } from "./push";
import { inTurn } from "./queue";

/**
 * Publishes an account on every server. Revocations are never lost: those of all servers and
 * `known` ones are merged into the new JWT. A copy that already says the same is kept as it is.
 */
export function publishAccount(
  address: AccountAddress,
  claims: AccountClaims,
  known: { jwt?: string | undefined; revocations?: Record<string, number> | undefined } = {},
): Promise<Published> {
  return inTurn(address.publicKey, () =>
    withConnection(address.target, address.log, async (connection) => {
      const { roster, signer, copies } = await look(connection, address);
      const previous = known.jwt === undefined ? undefined : decodeToken(known.jwt);
      const revocations = mergeRevocations(
        claims.revocations,
        known.revocations,
        previous && revocationsOf(previous),
        copies.revocations,
      );
      const jwt = keepOrSign(address, { ...claims, revocations }, signer, copies, previous);
      await push(connection, address, roster, jwt);
      return { jwt, servers: roster.lasting };
    }),
  );
}

/** A create is repeated after a kill, an update after a failure: what already says the same is not signed again. */
function keepOrSign(
  address: AccountAddress,
  claims: AccountClaims,
  signer: Signer,
  copies: Copies,
  previous: TokenClaims | undefined,
): string {
  const issuedAt = nextIssueTime(copies.newest?.iat, previous?.iat);
  const jwt = signAccount({ publicKey: address.publicKey, claims, signer, issuedAt });
  const { newest, newestToken } = copies;
  if (newest === undefined || newestToken === undefined) return jwt;
  const wanted = decodeToken(jwt);
  const same =
    newest.iss === wanted.iss &&
    claimsEqual(newest, wanted) &&
    isDeepStrictEqual(revocationsOf(newest), revocationsOf(wanted));
  return same ? newestToken : jwt;
}
