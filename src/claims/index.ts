/** Claims of NATS: the model, validation, wire form, tokens. Pure: clock and signer are parameters. */

export { accountDifferences, type ClaimDifference } from "./difference";
export { claimsEqual } from "./equal";
export { mergeRevocations } from "./revocations";
export {
  encodeGeneric,
  type GenericRequest,
  type SignRequest,
  signAccount,
  signOperator,
  signUser,
} from "./sign";
export { parseSize } from "./size";
export { formatDuration, formatInstant, parseDuration, parseInstant } from "./time";
export { decodeToken, encodeToken, MAX_TOKEN_SIZE, type TokenClaims } from "./token";
export type {
  AccountClaims,
  AccountLimits,
  CommonClaims,
  ConnectionType,
  Duration,
  Export,
  Import,
  Instant,
  Issue,
  JetStreamLimits,
  OperatorClaims,
  Permissions,
  ResponsePermissions,
  ServiceLatency,
  Size,
  SubjectRules,
  TimeRange,
  UserClaims,
  UserLimits,
} from "./types";
export { validateAccount, validateOperator, validateUser } from "./validate";
export {
  accountBody,
  accountFromWire,
  operatorBody,
  operatorFromWire,
  revocationsOf,
  userBody,
  userFromWire,
  type WireClaims,
  withRevocations,
} from "./wire";
