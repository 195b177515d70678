import type { GeneralClaims } from "./common";

/** Claims of an activation: lets one account import what a private export offers. Exactly one of `stream` and `service` is given. */
export interface ActivationClaims extends GeneralClaims {
  /** Name for people. Default: none. */
  name?: string | undefined;
  /** The exporter's stream, or a part of it, that may be imported. */
  stream?: string | undefined;
  /** The exporter's service, or a part of it, that may be imported. */
  service?: string | undefined;
  /** Public key (A…) of the exporting account when a signing key of it signs. */
  issuerAccount?: string | undefined;
}
