/** Talking to the account resolvers of running nats-servers. */
export type { AccountAddress } from "./address";
export { type RenderedResolver, type ResolverSettings, renderResolverConfig } from "./config";
export { closeConnections } from "./connection";
export { publishAccount } from "./publish";
export { IncompletePush, type Published } from "./push";
export { type Removed, removeAccount } from "./remove";
export { heldRevocations } from "./revocations";
export { revokeUser } from "./revoke";
export type { ClusterTarget } from "./target";
