/** Revoking users: one transaction for all that are revoked together. */
import { setTimeout as sleep } from "node:timers/promises";
import { encodeToken, mergeRevocations, withRevocations } from "../claims/index";
import { nextIssueTime } from "../clock";
import { NatsAuthError } from "../errors";
import type { AccountAddress } from "./address";
import { withConnection } from "./connection";
import { type Copies, look, lookUp } from "./copies";
import { push } from "./push";
import { inTurn } from "./queue";

const attempts = 20;
const joinMs = 50;

interface PendingRevocations {
  revocations: Record<string, number>;
  done: Promise<"revoked" | "no account">;
}

const waitingRevocations = new Map<string, PendingRevocations>();

/**
 * Revokes the tokens of a user that were issued up to `issuedAt`. Revocations of one account that
 * arrive together are pushed together. Afterwards all servers that are there hold equal copies that
 * contain it: a writer that came between is seen, and the revocation is pushed again.
 */
export function revokeUser(
  address: AccountAddress,
  user: string,
  issuedAt: number,
): Promise<"revoked" | "no account"> {
  const waiting = waitingRevocations.get(address.publicKey);
  if (waiting) {
    waiting.revocations = mergeRevocations(waiting.revocations, { [user]: issuedAt });
    return waiting.done;
  }
  const pending: PendingRevocations = {
    revocations: { [user]: issuedAt },
    done: sleep(joinMs).then(() =>
      inTurn(address.publicKey, () => {
        waitingRevocations.delete(address.publicKey);
        return revoke(address, pending.revocations);
      }),
    ),
  };
  waitingRevocations.set(address.publicKey, pending);
  return pending.done;
}

function revoke(
  address: AccountAddress,
  revocations: Record<string, number>,
): Promise<"revoked" | "no account"> {
  return withConnection(address.target, address.log, async (connection) => {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const { roster, signer, copies } = await look(connection, address);
      if (!copies.newest) {
        if (copies.answers >= roster.present.length) return "no account";
        throw silence(address);
      }
      const merged = mergeRevocations(copies.revocations, revocations);
      const { iss: _iss, jti: _jti, ...claims } = withRevocations(copies.newest, merged);
      const jwt = encodeToken({ ...claims, iat: nextIssueTime(claims.iat) }, signer);
      const holders = await push(connection, address, roster, jwt);
      const after = await lookUp(connection, address.publicKey, roster);
      if (isSettled(after, revocations, holders.length)) return "revoked";
      // Only another writer of the same account makes a second round necessary; do not meet it again in step.
      await sleep(50 + Math.random() * 200);
    }
    throw new NatsAuthError(
      "ERR_INCOMPLETE",
      `account "${address.name}" (${address.publicKey}): the servers still hold different copies after ${attempts} attempts; ` +
        "something else keeps writing this account. Stop it and run the command again.",
    );
  });
}

function silence(address: AccountAddress): NatsAuthError {
  return new NatsAuthError(
    "ERR_INCOMPLETE",
    `account "${address.name}" (${address.publicKey}): not every server said what it holds, so nothing was revoked. ` +
      "Run the command again; a server that keeps silent has no full resolver, or hangs.",
  );
}

function isSettled(copies: Copies, revocations: Record<string, number>, holders: number): boolean {
  const equal = new Set(copies.tokens).size === 1 && copies.tokens.length >= holders;
  return (
    equal &&
    Object.entries(revocations).every(([key, time]) => (copies.revocations[key] ?? 0) >= time)
  );
}
