/**
 * The system account reaches servers by their configuration, so an `up` without servers is fine. But servers keep a newer
 * copy rather than the one in their configuration, and it is what lets us in: a change is pushed as well where servers
 * are, in such a way that there is never a moment in which none of our keys would be let in.
 */
import { accountFromWire, decodeToken, type ScopedKey } from "../claims/index";
import { NatsAuthError } from "../errors";
import {
  type AccountAddress,
  closeUnused,
  IncompletePush,
  publishAccount,
} from "../resolver/index";
import { claimsOf } from "./account-inputs";
import { signAsServersKnow, waiting } from "./account-token";
import type { OperatorAuthority } from "./authority";
import type { Properties } from "./hooks";
import { warn } from "./log";
import { notedOperator } from "./operator-notes";

/** Servers that have the system account from us are up, or are not started yet. */
const waitMs = 3_000;

/** What keeps servers from taking it now, which the next start with the new configuration makes good. */
const takenLater = ["ERR_UNREACHABLE", "ERR_NO_RESOLVER", "ERR_INCOMPLETE", "ERR_UNTRUSTED"];

/** Signs the system account anew and, where servers are, pushes it. */
export async function updateSystem(
  address: AccountAddress | undefined,
  olds: Properties,
  inputs: Properties,
): Promise<Properties> {
  if (!address) {
    const jwt = signAsServersKnow(inputs, olds);
    return { ...inputs, jwt, ...waiting(inputs, jwt) };
  }
  const quick = { ...address, target: { ...address.target, waitFor: waitMs } };
  try {
    const { jwt, servers } = await pushed(quick, olds, inputs);
    return { ...inputs, jwt, servers, ...waiting(inputs, jwt) };
  } catch (error) {
    if (!(error instanceof NatsAuthError && takenLater.includes(error.code))) throw error;
    const { jwt, servers } = untilTaken(error, olds, inputs);
    if (error.code === "ERR_UNTRUSTED") warn(error.message);
    if (error.code === "ERR_UNREACHABLE") {
      warn(
        "the system account was signed anew, but no server could be asked whom it revokes there: " +
          "if users of it were ever deleted, run the command again once servers are up, before they get the new configuration",
      );
    }
    if (error.code !== "ERR_INCOMPLETE") {
      return { ...inputs, jwt, servers, ...waiting(inputs, jwt) };
    }
    // There a key that was dropped goes on letting in.
    warn(error.message);
    return { ...inputs, jwt, servers, pending: "the last push did not reach every server" };
  }
}

/** What the configuration says meanwhile. Servers that do not know our key get the new operator JWT with it, and the account as it is. */
function untilTaken(error: NatsAuthError, olds: Properties, inputs: Properties) {
  const { jwt, servers } = olds;
  if (error instanceof IncompletePush) return error.published;
  const stays = error.code === "ERR_UNTRUSTED" && isSignedByListed(inputs, jwt as string);
  return { jwt: stays ? (jwt as string) : signAsServersKnow(inputs, olds), servers };
}

function isSignedByListed({ operator }: Properties, jwt: string): boolean {
  const { publicKey } = operator as OperatorAuthority;
  return notedOperator(publicKey)?.listed.includes(decodeToken(jwt).iss) === true;
}

/** A key that is dropped may be the one that let us in: first both are listed, then we sign in anew, and then it goes. */
async function pushed(address: AccountAddress, olds: Properties, inputs: Properties) {
  const claims = claimsOf(inputs);
  const dropped = droppedKeys(olds["jwt"] as string, claims.signingKeys ?? []);
  const known = { jwt: olds["jwt"] as string | undefined };
  if (dropped.length === 0) return publishAccount(address, claims, known);
  const both = { ...claims, signingKeys: [...(claims.signingKeys ?? []), ...dropped] };
  const between = await publishAccount(address, both, known);
  await closeUnused(address.target);
  return publishAccount(address, claims, { jwt: between.jwt });
}

function droppedKeys(jwt: string, kept: readonly (string | ScopedKey)[]): (string | ScopedKey)[] {
  const names = new Set(kept.map(nameOf));
  const before = accountFromWire(decodeToken(jwt)).signingKeys ?? [];
  return before.filter((key) => !names.has(nameOf(key)));
}

function nameOf(key: string | ScopedKey): string {
  return typeof key === "string" ? key : key.key;
}
