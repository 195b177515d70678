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
import { NatsAuthError } from "../errors";
import { type AccountAddress, identityOf, labelOf } from "./address";
import { conflictError, foreignChange } from "./conflict";
import { issuerOf } from "./credentials";
import { withoutEffect } from "./imports";
import { assertComplete, type Published } from "./push";
import { inTurn } from "./queue";
import type { Roster } from "./roster";
import { type Store, withStore } from "./store";
import { transact, type View } from "./transaction";

/** What is known of an account beside its claims. */
export interface Known {
  /** The JWT that was pushed last. What differs from it on a server, and is not older, somebody else changed. */
  jwt?: string | undefined;
  /** Revocations that must not be lost, though no server may hold them. */
  revocations?: Record<string, number> | undefined;
  /** What to do about a change of somebody else. Default: `"fail"`, with `ERR_CONFLICT`. */
  conflict?: "fail" | "overwrite" | undefined;
}

/**
 * Publishes an account: returns when every server runs the same JWT with these claims. Revocations are never lost:
 * those of all servers and `known` ones are merged into it. A copy that already says the same is kept as it is.
 */
export function publishAccount(
  address: AccountAddress,
  claims: AccountClaims,
  known: Known = {},
): Promise<Published> {
  return inTurn(identityOf(address), () =>
    withStore(address.target, address.log, (store) => publish(store, address, claims, known)),
  );
}

async function publish(
  store: Store,
  address: AccountAddress,
  claims: AccountClaims,
  known: Known,
): Promise<Published> {
  const pushed = known.jwt === undefined ? undefined : decodeToken(known.jwt);
  const own = mergeRevocations(
    claims.revocations,
    known.revocations,
    pushed && revocationsOf(pushed),
  );
  let wanted: TokenClaims | undefined;
  const outcome = await transact(store, address, {
    compose: async (view) => {
      await assertKeepsPusher(view.roster, address, claims);
      const all = mergeRevocations(own, view.revocations);
      const revocations = mergeRevocations(claims.revocations, address.prune?.(all) ?? all);
      const jwt = sign(address, claims, revocations, view, pushed);
      wanted = decodeToken(jwt);
      const foreign = foreignChange(view.others, wanted, pushed);
      if (foreign && known.conflict !== "overwrite") {
        const running = await store.running(address.publicKey, view.roster);
        throw conflictError(address, foreign, pushed, wanted, running);
      }
      return view.attempt === 1 ? keep(view, wanted, jwt) : jwt;
    },
    contains: (other) =>
      wanted !== undefined && claimsEqual(other, wanted) && revokes(other, revocationsOf(wanted)),
  });
  if (!outcome) throw new Error("an account is always written");
  assertComplete(address, outcome.roster, outcome.jwt, outcome.absent);
  const warnings = await withoutEffect(store, address, outcome);
  return { jwt: outcome.jwt, servers: outcome.roster.lasting, warnings };
}

/** A system account without the key of the user that pushes it is applied, and cuts the connection before any reply. */
async function assertKeepsPusher(
  { systemAccount }: Roster,
  address: AccountAddress,
  { signingKeys = [] }: AccountClaims,
): Promise<void> {
  if (systemAccount !== address.publicKey) return;
  const issuer = await issuerOf(address.target);
  const listed = signingKeys.map((key) => (typeof key === "string" ? key : key.key));
  const keys = [address.publicKey, ...listed];
  if (keys.includes(issuer)) return;
  throw new NatsAuthError(
    "ERR_INPUT",
    `${labelOf(address)} is the system account, and would no longer know ${issuer}, whose user pushes it: the connection would be cut. ` +
      "Push it with both keys first, then with a user of the key that stays.",
  );
}

function sign(
  { publicKey }: AccountAddress,
  claims: AccountClaims,
  revocations: Record<string, number>,
  { signer, newestIssue }: View,
  pushed: TokenClaims | undefined,
): string {
  const issuedAt = nextIssueTime(newestIssue, pushed?.iat);
  return signAccount({ publicKey, claims: { ...claims, revocations }, signer, issuedAt });
}

/** A create is repeated after a kill, an update after a failure: what already says the same is not signed again. */
function keep({ others }: View, wanted: TokenClaims, jwt: string): string {
  const [newest] = others;
  const same =
    newest?.claims.iss === wanted.iss &&
    claimsEqual(newest.claims, wanted) &&
    isDeepStrictEqual(revocationsOf(newest.claims), revocationsOf(wanted));
  return same ? newest.token : jwt;
}

/** Whether a token revokes at least these. */
export function revokes(claims: TokenClaims, revocations: Record<string, number>): boolean {
  const held = revocationsOf(claims);
  const everybody = held["*"] ?? 0;
  return Object.entries(revocations).every(
    ([key, time]) => Math.max(held[key] ?? 0, everybody) >= time,
  );
}
