/** Telling somebody else's change of an account from our own, before it is overwritten. */
import { accountDifferences, claimsEqual, formatInstant, type TokenClaims } from "../claims/index";
import { NatsAuthError } from "../errors";
import { type AccountAddress, labelOf } from "./address";
import type { Copy } from "./copies";
import { isLock } from "./lock";
import type { RunningAccount } from "./replies";

/**
 * The first copy that somebody else changed: it says neither what we are about to push nor what we pushed last, and it
 * is not older than that. A higher issue time alone is no change, as our own revocations raise it; nor is a lock of ours.
 */
export function foreignChange(
  copies: readonly Copy[],
  wanted: TokenClaims,
  pushed: TokenClaims | undefined,
): Copy | undefined {
  return copies.find(
    ({ claims }) =>
      !claimsEqual(claims, wanted) &&
      !isLock(claims) &&
      !(pushed && (claimsEqual(claims, pushed) || claims.iat < pushed.iat)),
  );
}

/** Says which claims somebody else changed, and where. */
export function conflictError(
  address: AccountAddress,
  { token, claims }: Copy,
  pushed: TokenClaims | undefined,
  wanted: TokenClaims,
  running: readonly RunningAccount[],
): NatsAuthError {
  const paths = accountDifferences(claims, pushed ?? wanted).map(({ path }) => path);
  const holders = running.filter(({ jwt }) => jwt === token).map(({ server }) => server);
  const where = holders.length > 0 ? ` on ${holders.join(", ")}` : "";
  const [what, look] = pushed
    ? [
        `was changed by somebody else${where}`,
        "`pulumi refresh` shows the change in the next preview, whose `up` undoes it. Or take",
      ]
    : [`is there already${where}, and says something else`, "Take"];
  return new NatsAuthError(
    "ERR_CONFLICT",
    `${labelOf(address)} ${what} (issued ${formatInstant(claims.iat)} by ${claims.iss}): ${paths.join(", ")}. Nothing was sent. ` +
      `${look} it over into the program, or let the program win with \`conflict: "overwrite"\`, and run the command again.`,
  );
}
