export type {
  AccountLimits,
  ActivationClaims,
  ConnectionType,
  Duration,
  Export,
  ExternalAuthorization,
  Import,
  Instant,
  JetStreamLimits,
  JetStreamTier,
  MappingTarget,
  MessageTrace,
  Permissions,
  ResponsePermissions,
  ScopedKey,
  ServiceLatency,
  Size,
  SubjectRules,
  TimeRange,
  UserLimits,
  UserTemplate,
} from "./claims/types";
export { type ErrorCode, NatsAuthError } from "./errors";
export type { TlsSettings } from "./resolver/target";
export {
  Account,
  type AccountArg,
  type AccountArgs,
  type ExternalAuthorizationArgs,
  type ImportArgs,
  type ServerArgs,
} from "./resources/account";
export { Activation, type ActivationArgs } from "./resources/activation";
export type {
  AccountHandle,
  DeepInput,
  KeyArg,
  KeyHandle,
  OperatorArg,
  OperatorHandle,
  Role,
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
