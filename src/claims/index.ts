/** Claims of NATS: the model, validation, wire form, tokens. Pure: clock and signer are parameters. */

export { describe } from "./describe";
export { accountDifferences, type ClaimDifference } from "./difference";
export { claimsEqual } from "./equal";
export { decodeGeneric, type GenericClaims } from "./generic";
export { compactRevocations, mergeRevocations } from "./revocations";
export {
  encodeGeneric,
  type GenericRequest,
  type SignRequest,
  signAccount,
  signActivation,
  signAuthorizationRequest,
  signAuthorizationResponse,
  signOperator,
  signUser,
} from "./sign";
export { parseSize } from "./size";
export { formatDuration, formatInstant, parseDuration, parseInstant } from "./time";
export { decodeToken, encodeToken, MAX_TOKEN_SIZE, type TokenClaims } from "./token";
export type * from "./types";
export {
  type AccountContext,
  type Exporter,
  exportsOf,
  type ImportCycle,
  type Importer,
  importCycles,
  importProblems,
  type ServerLimits,
  sizeProblems,
  templateProblems,
  timeProblems,
  validateAccount,
  validateActivation,
  validateAuthorizationRequest,
  validateAuthorizationResponse,
  validateGeneric,
  validateOperator,
  validateUser,
} from "./validate";
export { type Expected, verifyToken } from "./verify";
export {
  accountBody,
  accountFromWire,
  activationBody,
  activationFromWire,
  authorizationRequestBody,
  authorizationRequestFromWire,
  authorizationResponseBody,
  authorizationResponseFromWire,
  operatorBody,
  operatorFromWire,
  revocationsOf,
  userBody,
  userFromWire,
  type WireClaims,
  withRevocations,
} from "./wire";
