/** Signing an account without asking its servers. */
import { decodeToken, mergeRevocations, revocationsOf, signAccount } from "../claims/index";
import { nextIssueTime } from "../clock";
import { signerFromSeed } from "../keys/index";
import { claimsOf, signerOf } from "./account-inputs";
import type { OperatorAuthority } from "./authority";
import type { Properties } from "./hooks";
import { notedOperator } from "./operator-notes";
import { pruning } from "./revocations";

/** What a token before this one says, and what else must be kept. */
export interface Before {
  jwt?: unknown;
  /** Revocations that must not be lost. */
  known?: Record<string, number> | undefined;
  /** Revocations that are taken back. */
  lifted?: Record<string, number>;
}

/** Signs the claims; what an earlier token revoked stays revoked. */
export function sign(inputs: Properties, before: Before = {}, signer = signerOf(inputs)): string {
  const previous = before.jwt === undefined ? undefined : decodeToken(before.jwt as string);
  const claims = claimsOf(inputs);
  const all = mergeRevocations(before.known, previous && revocationsOf(previous));
  const kept = pruning(inputs, before.lifted)(all);
  return signAccount({
    publicKey: inputs["publicKey"] as string,
    claims: { ...claims, revocations: mergeRevocations(claims.revocations, kept) },
    signer: signerFromSeed(signer.seed),
    issuedAt: nextIssueTime(previous?.iat),
  });
}

/**
 * Signs where no server can be asked which keys it knows: with the key before the rotation, which every server knows,
 * as long as the operator JWT lists it. Servers that start with a system account by another key let nobody in again.
 */
export function signAsServersKnow(inputs: Properties, before?: Before): string {
  const { publicKey, signer } = inputs["operator"] as OperatorAuthority;
  const { former } = signer;
  const isListed = former && notedOperator(publicKey)?.listed.includes(former.publicKey);
  return sign(inputs, before, isListed ? former : signer);
}

/** The mark of an account that the key before still signs; the next `up` tries again. The engine sees no difference in its inputs. */
export function waiting(inputs: Properties, jwt: string): { pending?: string } {
  return decodeToken(jwt).iss === signerOf(inputs).publicKey
    ? {}
    : { pending: "signed by the former key of the operator until every server knows the new one" };
}
