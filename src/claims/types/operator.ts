import type { CommonClaims } from "./common";

/** Claims of an operator. */
export interface OperatorClaims extends CommonClaims {
  /** Public keys (O…) that may sign accounts besides the identity key. Default: none. */
  signingKeys?: string[] | undefined;
  /** Where account JWTs are pushed, with a scheme. */
  accountServerUrl?: string | undefined;
  /** Where clients connect (`nats`, `tls`, `ws` or `wss`), for tools. Default: none. */
  serviceUrls?: string[] | undefined;
  /** Public key (A…) of the system account. */
  systemAccount?: string | undefined;
  /** Servers older than this version (`"2.10.0"`) refuse to start. Default: none is too old. */
  assertServerVersion?: string | undefined;
  /** Servers refuse accounts and users that were signed by an identity key. Default: `false`. */
  requireSigningKeys?: boolean | undefined;
}
