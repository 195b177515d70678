/** Revoking users: one transaction for all that are revoked together. */
import { setTimeout as sleep } from "node:timers/promises";
import { encodeToken, mergeRevocations, withRevocations } from "../claims/index";
import { NatsAuthError } from "../errors";
import type { AccountAddress } from "./address";
import { withConnection } from "./connection";
import { type Copies, look, lookUp, nextIssueTime } from "./copies";
import { push } from "./push";
import { inTurn } from "./queue";
import type { Roster } from "./roster";

const attempts = 20;
const joinMs = 50;

interface PendingRevocations {
  revocations: Record<string, number>;
  done: Promise<"revoked" | "no account">;
}

const waitingRevocations = new Map<string, PendingRevocations>();

/**
 * Revokes the tokens of a user that were issued up to `issuedAt`. Revocations of one account that
 * arrive together are pushed together. It is a transaction: afterwards all servers hold equal copies
 * that contain it, whatever another writer did meanwhile.
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
      if (!copies.newest) return "no account";
      if (attempt > 1 && isSettled(copies, revocations, roster)) return "revoked";
      const merged = mergeRevocations(copies.revocations, revocations);
      const { iss: _iss, jti: _jti, ...claims } = withRevocations(copies.newest, merged);
      const jwt = encodeToken({ ...claims, iat: nextIssueTime(claims.iat) }, signer);
      await push(connection, address, roster, jwt);
      // Only another writer of the same account makes a second round necessary; do not meet it again in step.
      if (isSettled(await lookUp(connection, address.publicKey, roster), revocations, roster))
        return "revoked";
      await sleep(50 + Math.random() * 200);
    }
    throw new NatsAuthError(
      "ERR_INCOMPLETE",
      `account "${address.name}" (${address.publicKey}): the servers still hold different copies after ${attempts} attempts; ` +
        "something else keeps writing this account. Stop it and run the command again.",
    );
  });
}

function isSettled(copies: Copies, revocations: Record<string, number>, roster: Roster): boolean {
  const equal = new Set(copies.tokens).size === 1 && copies.tokens.length >= roster.present.length;
  return (
    equal &&
    Object.entries(revocations).every(([key, time]) => (copies.revocations[key] ?? 0) >= time)
  );
}
