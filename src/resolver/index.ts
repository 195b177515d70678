/** Talking to the account resolvers of running nats-servers. */
export type { AccountAddress } from "./address";
export {
  connectResolver,
  type Pushed,
  PushFailed,
  type PushOptions,
  type Resolver,
  type ResolverOptions,
  type Signing,
} from "./client";
export { type RenderedResolver, type ResolverSettings, renderResolverConfig } from "./config";
export { closeConnections, closeUnused } from "./connection";
export { type Drift, driftOf } from "./drift";
export { type Inspection, inspectAccount, type ServerCopy } from "./inspect";
export { type Known, publishAccount } from "./publish";
export { IncompletePush, type Published } from "./push";
export { type Removal, type Removed, removeAccount } from "./remove";
export { revokeUser } from "./revoke";
export { accountsSignedBy, type SignedAccount } from "./signers";
export type { ClusterTarget, SystemAuthority, TlsSettings } from "./target";
