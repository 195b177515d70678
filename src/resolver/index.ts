/** Talking to the account resolvers of running nats-servers. */
export {
  type AccountAddress,
  IncompletePush,
  type Published,
  publishAccount,
  type Removed,
  removeAccount,
  revokeUser,
} from "./accounts";
export { type RenderedResolver, type ResolverSettings, renderResolverConfig } from "./config";
export { closeConnections } from "./connection";
export type { ClusterTarget } from "./target";
