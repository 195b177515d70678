/** From claims to signed tokens. Clock and signer come from the caller; claims should have been validated before. */

import { NatsAuthError } from "../errors";
import { type KeyKind, publicKeyProblem, type Signer } from "../keys";
import { parseInstant } from "./time";
import { encodeToken } from "./token";
import type { AccountClaims, CommonClaims, OperatorClaims, UserClaims } from "./types";
import { accountBody, operatorBody, userBody } from "./wire";

/** What is signed, by whom and when. */
export interface SignRequest<Claims> {
  /** Public key the token is about. */
  publicKey: string;
  /** What it says. */
  claims: Claims;
  /** Who signs. */
  signer: Signer;
  /** When, in unix seconds. Two different tokens of one account must never share a second. */
  issuedAt: number;
}

/** Signs an operator's claims. The signer must be an operator key: servers expect the identity key itself. Throws `ERR_KEY`, `ERR_INPUT`. */
export function signOperator(request: SignRequest<OperatorClaims>): string {
  return signClaims("operator", "operator", request, operatorBody(request.claims));
}

/** Signs an account's claims with a key of its operator. Throws `ERR_KEY`, `ERR_INPUT`. */
export function signAccount(request: SignRequest<AccountClaims>): string {
  return signClaims("account", "operator", request, accountBody(request.claims));
}

/**
 * Signs a user's claims with a key of its account. `issuerAccount` must be set when a signing key signs; it is left
 * out of the token, as in Go, when the signer is that account itself. Throws `ERR_KEY`, `ERR_INPUT`.
 */
export function signUser(request: SignRequest<UserClaims>): string {
  const body = userBody(request.claims);
  const account = body["issuer_account"];
  if (account === request.signer.publicKey) {
    delete body["issuer_account"];
  } else if (account !== undefined) {
    check("issuerAccount", account, "account");
  }
  return signClaims("user", "account", request, body);
}

function signClaims(
  type: KeyKind,
  signerKind: KeyKind,
  { publicKey, claims, signer, issuedAt }: SignRequest<CommonClaims>,
  body: Record<string, unknown>,
): string {
  check("publicKey", publicKey, type);
  check("the signer's public key", signer.publicKey, signerKind);
  checkTime(issuedAt);
  body["type"] = type;
  return encodeToken(
    {
      iat: issuedAt,
      sub: publicKey,
      name: claims.name,
      nats: body,
      ...(claims.expiresAt === undefined ? {} : { exp: parseInstant(claims.expiresAt) }),
      ...(claims.notBefore === undefined ? {} : { nbf: parseInstant(claims.notBefore) }),
    },
    signer,
  );
}

/** What a generic token says. */
export interface GenericRequest {
  /** The public key it is about; servers want the signer's own for requests. */
  subject: string;
  /** Its body, without `version`. */
  body: Record<string, unknown>;
  /** Who signs: a key of any kind. */
  signer: Signer;
  /** When, in unix seconds. */
  issuedAt: number;
}

/** Signs a token of no particular type, such as the request to delete accounts (`{ accounts: […] }`). Servers check no expiry: it is a secret. */
export function encodeGeneric({ subject, body, signer, issuedAt }: GenericRequest): string {
  checkTime(issuedAt);
  return encodeToken({ iat: issuedAt, sub: subject, nats: body }, signer);
}

function check(what: string, key: unknown, kind: KeyKind): void {
  const problem = publicKeyProblem(key, [kind]);
  if (problem !== undefined) throw new NatsAuthError("ERR_KEY", `${what} ${problem}`);
}

function checkTime(issuedAt: number): void {
  if (!Number.isSafeInteger(issuedAt) || issuedAt <= 0) {
    throw new NatsAuthError("ERR_INPUT", "issuedAt must be a whole number of unix seconds");
  }
}
