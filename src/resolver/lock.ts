/** Accounts that admit nobody. Pure. */
import { encodeToken, formatInstant, signAccount, type TokenClaims } from "../claims/index";
import type { Signer } from "../keys/index";

/** Tells our locks from what others wrote, and people what they see. */
const mark = "Locked by pulumi-nats-auth";

/** An account under lock, and who signs. */
export interface LockRequest {
  publicKey: string;
  name: string;
  revocations: Record<string, number>;
  signer: Signer;
  issuedAt: number;
}

/**
 * A JWT that admits nobody and ends by itself. Being newer than any copy it also reaches servers that were away, and
 * all drop it at its end, even those that allow no deletion.
 */
export function tombstone({ name, revocations, ...request }: LockRequest, seconds: number): string {
  const limits = { connections: 0, leafNodes: 0, subscriptions: 0, payload: 0 };
  const expiresAt = formatInstant(request.issuedAt + seconds);
  const description = `${mark}: removed from its stack`;
  return signAccount({ ...request, claims: { name, description, expiresAt, limits, revocations } });
}

/** The account as it is, admitting nobody. Streams stay: their limits are kept, so that it can be opened again. */
export function locked(copy: TokenClaims, { signer, issuedAt, revocations }: LockRequest): string {
  const { jti: _jti, exp: _exp, ...claims } = copy;
  const { conn: _conn, leaf: _leaf, subs: _subs, payload: _payload, ...limits } = limitsOf(copy);
  const description = `${mark}: left its stack by onDelete`;
  return encodeToken(
    { ...claims, iat: issuedAt, nats: { ...copy.nats, limits, description, revocations } },
    signer,
  );
}

/** Whether a copy is a lock of ours: nobody else's change is lost when it is replaced. */
export function isLock({ nats, ...claims }: TokenClaims): boolean {
  const { conn, leaf } = limitsOf({ nats, ...claims });
  return !conn && !leaf && String(nats["description"] ?? "").startsWith(mark);
}

function limitsOf({ nats }: TokenClaims): Record<string, unknown> {
  const limits = nats["limits"];
  return typeof limits === "object" && limits !== null ? { ...limits } : {};
}
