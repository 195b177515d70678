/** Revoking users: one transaction for all that are revoked together. */
import { encodeToken, mergeRevocations, withRevocations } from "../claims/index";
import { nextIssueTime } from "../clock";
import { NatsAuthError } from "../errors";
import { type AccountAddress, identityOf, labelOf } from "./address";
import { Collector, Pace } from "./collector";
import { revokes } from "./publish";
import { assertComplete } from "./push";
import { inTurn } from "./queue";
import { withStore } from "./store";
import { transact } from "./transaction";

/** What came of a revocation. */
export type Revoked = "revoked" | "no account";

const collectors = new Map<string, Collector<Record<string, number>, Revoked>>();
const paces = new Map<string, Pace>();

/**
 * Revokes the tokens of a user that were issued up to `issuedAt`. Revocations of one account that
 * arrive together are pushed together. Afterwards all servers run equal copies that
 * contain it: a writer that came between is seen, and the revocation is pushed again.
 */
export function revokeUser(
  address: AccountAddress,
  user: string,
  issuedAt: number,
): Promise<Revoked> {
  const key = identityOf(address);
  const pace = paces.get(key) ?? new Pace();
  paces.set(key, pace);
  const collector =
    collectors.get(key) ??
    new Collector<Record<string, number>, Revoked>(
      pace,
      (take) => inTurn(identityOf(address), () => revoke(address, mergeRevocations(...take()))),
      () => collectors.delete(key),
    );
  collectors.set(key, collector);
  return collector.add({ [user]: issuedAt });
}

function revoke(address: AccountAddress, revocations: Record<string, number>): Promise<Revoked> {
  return withStore(address.target, address.log, async (store) => {
    const outcome = await transact(store, address, {
      compose: ({ roster, copies, others, revocations: held, signer, newestIssue }) => {
        const [newest] = others;
        if (!newest) {
          if (copies.answers >= roster.holders) return undefined;
          throw silence(address);
        }
        // What is asked for now is not for pruning, however old the token is.
        const merged = mergeRevocations(address.prune?.(held) ?? held, revocations);
        const { iss: _iss, jti: _jti, ...claims } = withRevocations(newest.claims, merged);
        return encodeToken({ ...claims, iat: nextIssueTime(newestIssue) }, signer);
      },
      contains: (claims) => revokes(claims, revocations),
    });
    if (!outcome) return "no account";
    assertComplete(address, outcome.roster, outcome.jwt, outcome.absent);
    return "revoked";
  });
}

function silence(address: AccountAddress): NatsAuthError {
  return new NatsAuthError(
    "ERR_INCOMPLETE",
    `${labelOf(address)}: not every server said what it holds, so nothing was revoked. ` +
      "Run the command again; a server that keeps silent has no full resolver, or hangs.",
  );
}
