/** How claims of each kind are made, signed, read and validated, so that one test can do for all. */

import type fc from "fast-check";
import {
  accountBody,
  accountFromWire,
  activationBody,
  activationFromWire,
  authorizationRequestBody,
  authorizationRequestFromWire,
  authorizationResponseBody,
  authorizationResponseFromWire,
  type Issue,
  operatorBody,
  operatorFromWire,
  type SignRequest,
  signAccount,
  signActivation,
  signAuthorizationRequest,
  signAuthorizationResponse,
  signOperator,
  signUser,
  userBody,
  userFromWire,
  validateAccount,
  validateActivation,
  validateAuthorizationRequest,
  validateAuthorizationResponse,
  validateOperator,
  validateUser,
  type WireClaims,
} from "../../src/claims";
import { type Signer, signerFromSeed } from "../../src/keys";
import {
  accountClaims,
  activationClaims,
  authorizationRequests,
  authorizationResponses,
  operatorClaims,
  userClaims,
} from "./arbitrary";
import { ACCOUNT, NOW, OPERATOR, OTHER_ACCOUNT, SERVER, USER } from "./fixed-keys";

/** Claims of any kind: tests look at their fields by name. */
export type AnyClaims = Record<string, unknown>;

/** One kind of claims. */
export interface Kind {
  /** Its name on the wire. */
  type: string;
  arbitrary: fc.Arbitrary<AnyClaims>;
  /** Who signs here. */
  signer: Signer;
  /** Whom the token is about here. */
  publicKey: string;
  sign(request: SignRequest<never>): string;
  body(claims: AnyClaims): AnyClaims;
  fromWire(token: WireClaims): AnyClaims;
  validate(claims: unknown): Issue[];
}

const operator = signerFromSeed(OPERATOR.seed);
const account = signerFromSeed(ACCOUNT.seed);
const server = signerFromSeed(SERVER.seed);

/** All kinds but the generic one, which has no fields of its own. */
export const KINDS = [
  {
    type: "operator",
    arbitrary: operatorClaims,
    signer: operator,
    publicKey: OPERATOR.publicKey,
    sign: signOperator,
    body: operatorBody,
    fromWire: operatorFromWire,
    validate: validateOperator,
  },
  {
    type: "account",
    arbitrary: accountClaims,
    signer: operator,
    publicKey: ACCOUNT.publicKey,
    sign: signAccount,
    body: accountBody,
    fromWire: accountFromWire,
    validate: (claims: unknown) => validateAccount(claims, { publicKey: ACCOUNT.publicKey }),
  },
  {
    type: "user",
    arbitrary: userClaims,
    signer: account,
    publicKey: USER.publicKey,
    sign: signUser,
    body: userBody,
    fromWire: userFromWire,
    validate: validateUser,
  },
  {
    type: "activation",
    arbitrary: activationClaims,
    signer: account,
    publicKey: OTHER_ACCOUNT.publicKey,
    sign: signActivation,
    body: activationBody,
    fromWire: activationFromWire,
    validate: validateActivation,
  },
  {
    type: "authorization_request",
    arbitrary: authorizationRequests,
    signer: server,
    publicKey: ACCOUNT.publicKey,
    sign: signAuthorizationRequest,
    body: authorizationRequestBody,
    fromWire: authorizationRequestFromWire,
    validate: validateAuthorizationRequest,
  },
  {
    type: "authorization_response",
    arbitrary: authorizationResponses,
    signer: account,
    publicKey: USER.publicKey,
    sign: signAuthorizationResponse,
    body: authorizationResponseBody,
    fromWire: authorizationResponseFromWire,
    validate: validateAuthorizationResponse,
  },
] as unknown as Kind[];

/** The kind of this name. */
export function kindOf(type: unknown): Kind {
  const kind = KINDS.find((candidate) => candidate.type === type);
  if (kind === undefined) throw new Error(`there is no kind ${String(type)}`);
  return kind;
}

/** Signs claims with the fixed keys and the frozen clock. */
export function signFixed({ sign, publicKey, signer }: Kind, claims: AnyClaims): string {
  return sign({ publicKey, claims: claims as never, signer, issuedAt: NOW });
}
