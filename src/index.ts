export type {
  AccountLimits,
  ConnectionType,
  Duration,
  Export,
  Import,
  Instant,
  JetStreamLimits,
  Permissions,
  ResponsePermissions,
  ServiceLatency,
  Size,
  SubjectRules,
  TimeRange,
  UserLimits,
} from "./claims/types";
export { type ErrorCode, NatsAuthError } from "./errors";
export {
  Account,
  type AccountArg,
  type AccountArgs,
  type ImportArgs,
  type ServerArgs,
} from "./resources/account";
export type {
  AccountHandle,
  DeepInput,
  KeyArg,
  KeyHandle,
  OperatorArg,
  OperatorHandle,
  SignerHandle,
} from "./resources/handles";
export { KeyPair, type KeyPairArgs } from "./resources/key-pair";
export { LocalServer, type LocalServerArgs } from "./resources/local-server";
export {
  Operator,
  type OperatorArgs,
  type SystemAccountArgs,
} from "./resources/operator";
export { ResolverConfig, type ResolverConfigArgs } from "./resources/resolver-config";
export { SigningKey, type SigningKeyArgs } from "./resources/signing-key";
export { User, type UserArgs } from "./resources/user";
