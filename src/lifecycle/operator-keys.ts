/** When a signing key of an operator may go: servers that restart without it drop every account that it signed. */
import { decodeToken, type OperatorClaims, operatorFromWire } from "../claims/index";
import { NatsAuthError } from "../errors";
import { accountsSignedBy, type SignedAccount } from "../resolver/index";
import { targetOf } from "./authority";
import { say, warn } from "./log";

/** It is asked whether anything is still signed by the key; servers that are being started are not waited for. */
const waitMs = 3_000;

/** The claims with the keys that may not go yet, and why, as a mark for the next `up`. */
export async function keepKeysInUse(
  jwt: string,
  claims: OperatorClaims,
  servers: unknown,
): Promise<{ claims: OperatorClaims; pending?: string }> {
  const { sub, ...before } = operatorFromToken(jwt);
  const kept = [...(claims.signingKeys ?? []), sub];
  const dropped = (before.signingKeys ?? []).filter((key) => !kept.includes(key));
  const target = targetOf(servers);
  // Without servers to push to, nobody but the one who gives them their configuration knows.
  if (dropped.length === 0 || target === undefined) return { claims };
  const reason = await reasonToKeep({ ...target, waitFor: waitMs }, dropped);
  if (reason === undefined) return { claims };
  warn(
    `operator "${claims.name}" keeps its former signing key(s) ${dropped.join(", ")} listed: ${reason}`,
  );
  return {
    claims: { ...claims, signingKeys: [...(claims.signingKeys ?? []), ...dropped] },
    pending: "a former signing key is still listed",
  };
}

function operatorFromToken(jwt: string) {
  const token = decodeToken(jwt);
  return { ...operatorFromWire(token), sub: token.sub };
}

async function reasonToKeep(
  target: NonNullable<ReturnType<typeof targetOf>>,
  keys: readonly string[],
): Promise<string | undefined> {
  let signed: SignedAccount[];
  try {
    signed = await accountsSignedBy(target, keys, say);
  } catch (error) {
    if (!(error instanceof NatsAuthError)) throw error;
    return `no server could be asked what they signed (${error.message})`;
  }
  if (signed.length === 0) return undefined;
  const names = signed.map(({ name, publicKey }) => `"${name}" (${publicKey})`).join(", ");
  return (
    `account(s) ${names} are still signed by it, and servers that restart without it would drop them. ` +
    "Those of this stack are signed anew as soon as every server knows the new key; others have to be pushed again by their owners"
  );
}
