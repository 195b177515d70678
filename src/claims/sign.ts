/** From claims to signed tokens. Clock and signer come from the caller; claims should have been validated before. */

import { NatsAuthError } from "../errors";
import { type AnyKeyKind, publicKeyProblem, type Signer } from "../keys";
import { fieldsOfTemplate } from "./scoped";
import { parseInstant } from "./time";
import { encodeToken, type TokenClaims } from "./token";
import type {
  AccountClaims,
  ActivationClaims,
  AuthorizationRequest,
  AuthorizationResponse,
  GeneralClaims,
  OperatorClaims,
  UserClaims,
} from "./types";
import {
  accountBody,
  activationBody,
  authorizationRequestBody,
  authorizationResponseBody,
  operatorBody,
  userBody,
} from "./wire";

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
  /** Id of the token (`jti`). Default: a hash of all that it says. Give one to write a token again as it was. */
  id?: string | undefined;
}

/** Signs an operator's claims. The signer must be an operator key: servers expect the identity key itself. Throws `ERR_KEY`, `ERR_INPUT`. */
export function signOperator(request: SignRequest<OperatorClaims>): string {
  return signClaims("operator", ["operator"], request, operatorBody(request.claims));
}

/** Signs an account's claims with a key of its operator. Throws `ERR_KEY`, `ERR_INPUT`. */
export function signAccount(request: SignRequest<AccountClaims>): string {
  return signClaims("account", ["operator"], request, accountBody(request.claims));
}

/**
 * Signs a user's claims with a key of its account. `issuerAccount` must be set when a signing key signs; it is left
 * out of the token, as in Go, when the signer is that account itself. A user of a scoped key is `scoped` and says
 * nothing about what it is allowed. Throws `ERR_KEY`, `ERR_INPUT`.
 *
 * @example
 * const user = generateKeyPair("user");
 * const claims = { name: "worker-1", permissions: { publish: ["done.>"] } };
 * const signer = signerFromSeed(accountSeed);
 * const jwt = signUser({ publicKey: user.publicKey, claims, signer, issuedAt: Math.floor(Date.now() / 1000) });
 * const creds = formatCreds(jwt, user.seed);
 */
export function signUser(request: SignRequest<UserClaims>): string {
  const { claims } = request;
  const body = byAccount(request, userBody(claims));
  if (claims.scoped) checkScoped(claims, body);
  return signClaims("user", ["account"], request, body);
}

/**
 * Signs an activation: the account of `publicKey` may import what the claims name. The signer is a key of the
 * exporting account; `issuerAccount` as for users. Throws `ERR_KEY`, `ERR_INPUT`.
 *
 * @example
 * const token = signActivation({ publicKey: importer, claims: { stream: "orders.>" }, signer, issuedAt });
 * const imports = [{ stream: "orders.>", account: exporter, token }];
 */
export function signActivation(request: SignRequest<ActivationClaims>): string {
  const body = byAccount(request, activationBody(request.claims));
  return signClaims("activation", ["account", "operator"], request, body, "account");
}

/** Signs a request to an authorization service, as servers do: `publicKey` is the service's account, the signer a server key (N…). For tests of a service. Throws `ERR_KEY`, `ERR_INPUT`. */
export function signAuthorizationRequest(request: SignRequest<AuthorizationRequest>): string {
  const body = authorizationRequestBody(request.claims);
  return signClaims("authorization_request", ["server"], request, body, "account");
}

/**
 * Signs the answer of an authorization service. `publicKey` is the request's `userKey`, `audience` its `server.id`;
 * the signer is a key of the service's account, `issuerAccount` as for users. Throws `ERR_KEY`, `ERR_INPUT`.
 *
 * @example
 * const request = authorizationRequestFromWire(verifyToken(message, { type: "authorization_request" }));
 * const answer = signAuthorizationResponse({
 *   publicKey: request.userKey,
 *   claims: { audience: request.server.id, error: "unknown user" },
 *   signer,
 *   issuedAt: Math.floor(Date.now() / 1000),
 * });
 */
export function signAuthorizationResponse(request: SignRequest<AuthorizationResponse>): string {
  const { claims } = request;
  check("audience", claims.audience, ["server"]);
  if (!claims.jwt === !claims.error) {
    throw new NatsAuthError("ERR_INPUT", "an answer has exactly one of jwt and error");
  }
  const body = byAccount(request, authorizationResponseBody(claims));
  return signClaims("authorization_response", ["account"], request, body, "user");
}

function checkScoped(claims: UserClaims, body: Record<string, unknown>): void {
  const [field] = fieldsOfTemplate(claims);
  if (field !== undefined) {
    throw new NatsAuthError(
      "ERR_INPUT",
      `a scoped user gets what it is allowed from its signing key; ${field} must be left out`,
    );
  }
  // What the account itself signs has no template: it would be a user with limits of 0.
  if (body["issuer_account"] === undefined) {
    throw new NatsAuthError(
      "ERR_INPUT",
      "a scoped user is signed by a scoped signing key, so issuerAccount must name its account",
    );
  }
}

/** Names the account that a signing key signs for, and only then: Go does the same. */
function byAccount(
  { signer }: SignRequest<unknown>,
  body: Record<string, unknown>,
): Record<string, unknown> {
  const account = body["issuer_account"];
  if (account === signer.publicKey) delete body["issuer_account"];
  else if (account !== undefined) check("issuerAccount", account, ["account"]);
  return body;
}

type SignedKind =
  | "operator"
  | "account"
  | "user"
  | "activation"
  | "authorization_request"
  | "authorization_response";

function signClaims(
  type: SignedKind,
  signerKinds: AnyKeyKind[],
  {
    publicKey,
    claims,
    signer,
    issuedAt,
    id,
  }: SignRequest<GeneralClaims & { name?: string | undefined }>,
  body: Record<string, unknown>,
  subject = type as AnyKeyKind,
): string {
  check("publicKey", publicKey, [subject]);
  checkSigner(signer, signerKinds);
  checkTime(issuedAt);
  body["type"] = type;
  return encodeToken(
    { ...headOf(claims), ...idOf(id), iat: issuedAt, sub: publicKey, nats: body },
    signer,
  );
}

function idOf(id: string | undefined): { jti?: string } {
  return id === undefined ? {} : { jti: id };
}

/** What claims of every kind have outside of their body. */
function headOf({
  name,
  audience,
  expiresAt,
  notBefore,
}: Omit<GeneralClaims, "tags"> & { name?: string | undefined }): TokenHead {
  const head: TokenHead = {};
  if (name !== undefined) head.name = name;
  if (audience !== undefined) head.aud = audience;
  if (expiresAt !== undefined) head.exp = parseInstant(expiresAt);
  if (notBefore !== undefined) head.nbf = parseInstant(notBefore);
  return head;
}

type TokenHead = Partial<Pick<TokenClaims, "name" | "aud" | "exp" | "nbf">>;

/** What a generic token says. */
export interface GenericRequest extends Omit<GeneralClaims, "tags"> {
  /** The public key it is about; servers want the signer's own for requests. */
  subject: string;
  /** Its body, without `version`. */
  body: Record<string, unknown>;
  /** Name for people. Default: none. */
  name?: string | undefined;
  /** Who signs: a key of any kind. */
  signer: Signer;
  /** When, in unix seconds. */
  issuedAt: number;
  /** Id of the token (`jti`). Default: a hash of all that it says. */
  id?: string | undefined;
}

/** Signs a token of no particular type, such as the request to delete accounts (`{ accounts: […] }`). Servers check no expiry: it is a secret. */
export function encodeGeneric(request: GenericRequest): string {
  const { subject, body, signer, issuedAt, id, ...rest } = request;
  checkTime(issuedAt);
  return encodeToken(
    { ...headOf(rest), ...idOf(id), iat: issuedAt, sub: subject, nats: body },
    signer,
  );
}

const checked = new WeakMap<Signer, string>();

/** A signer signs many tokens; its key is looked at once. */
function checkSigner(signer: Signer, kinds: AnyKeyKind[]): void {
  const { publicKey } = signer;
  const found = `${publicKey} ${kinds}`;
  if (checked.get(signer) === found) return;
  check("the signer's public key", publicKey, kinds);
  checked.set(signer, found);
}

function check(what: string, key: unknown, kinds: AnyKeyKind[]): void {
  const problem = publicKeyProblem(key, kinds);
  if (problem !== undefined) throw new NatsAuthError("ERR_KEY", `${what} ${problem}`);
}

function checkTime(issuedAt: number): void {
  if (!Number.isSafeInteger(issuedAt) || issuedAt <= 0) {
    throw new NatsAuthError("ERR_INPUT", "issuedAt must be a whole number of unix seconds");
  }
}
