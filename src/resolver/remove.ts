/** Removing an account from every server, in a way that it does not come back. */
import { encodeGeneric, formatInstant, signAccount } from "../claims/index";
import { nextIssueTime } from "../clock";
import type { AccountAddress } from "./address";
import { type Connection, withConnection } from "./connection";
import { look, type Situation } from "./copies";
import { subjects } from "./protocol";
import { push, request } from "./push";
import { inTurn } from "./queue";

const tombstoneSeconds = 30 * 24 * 3600;

/** How an account ended: gone everywhere, or locked on the servers until its last JWT expires. */
export interface Removed {
  state: "deleted" | "locked";
  /** Why it is only locked, for people. */
  reason?: string;
  /** The revocations it had, for an account that is made again under the same key. */
  revocations: Record<string, number>;
}

/**
 * Removes an account. First every server gets a tombstone: a newer JWT that admits nobody and
 * expires by itself; it also reaches servers that were away. Only when all have confirmed it is the
 * account deleted: earlier, an absent server's old copy would bring it back everywhere (measured).
 */
export function removeAccount(address: AccountAddress): Promise<Removed> {
  return inTurn(address.publicKey, () =>
    withConnection(address.target, address.log, async (connection) => {
      const situation = await look(connection, address);
      const { roster, copies } = situation;
      const { revocations } = copies;
      const nowhere = !copies.newest && copies.answers >= roster.present.length;
      if (nowhere && roster.missing.length === 0) return { state: "deleted", revocations };
      const until = await lock(connection, address, situation);
      const obstacles =
        roster.missing.length > 0
          ? `${roster.missing.join(", ")} did not answer; it takes the lock over when it returns before then`
          : await deleteEverywhere(connection, address, situation);
      if (obstacles === "") return { state: "deleted", revocations };
      return { state: "locked", reason: `locked until ${until}; ${obstacles}`, revocations };
    }),
  );
}

/** Pushes a JWT that admits nobody; returns when it expires. */
async function lock(
  connection: Connection,
  address: AccountAddress,
  { roster, signer, copies }: Situation,
): Promise<string> {
  const issuedAt = nextIssueTime(copies.newest?.iat);
  const expiresAt = formatInstant(issuedAt + tombstoneSeconds);
  const jwt = signAccount({
    publicKey: address.publicKey,
    claims: {
      name: address.name,
      expiresAt,
      limits: { connections: 0, leafNodes: 0, subscriptions: 0, payload: 0 },
      revocations: copies.revocations,
    },
    signer,
    issuedAt,
  });
  await push(connection, address, { ...roster, missing: [] }, jwt);
  return expiresAt;
}

/** Asks every server to delete the account; returns what stood in the way, in words. */
async function deleteEverywhere(
  connection: Connection,
  address: AccountAddress,
  { roster, signer }: Situation,
): Promise<string> {
  const order = encodeGeneric({
    subject: signer.publicKey,
    body: { accounts: [address.publicKey] },
    signer,
    issuedAt: nextIssueTime(),
  });
  const { replies } = await request(connection, subjects.delete, order, roster.present);
  const refused = replies.filter((reply) => !reply.ok);
  const silent = roster.present.filter((name) => !replies.some((r) => r.server === name));
  return [
    ...refused.map((reply) => `${reply.server} says "${reply.text}"${adviceOn(reply.text)}`),
    ...silent.map((name) => `${name} did not answer the deletion`),
  ].join("; ");
}

function adviceOn(refusal: string): string {
  return refusal.includes("delete must be enabled")
    ? " (`allowDelete` of ResolverConfig, `allow_delete` in the server's resolver)"
    : "";
}
