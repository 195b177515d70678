/** What accounts share: exports and imports. */

import type { Duration } from "./values";

/** Latency samples of a service, published by the server. */
export interface ServiceLatency {
  /** Percent of requests, 1 to 100, or `"headers"`: those that ask for it in a header. */
  sampling: number | "headers";
  /** The subject that gets the samples. */
  results: string;
}

/** A stream or service that the account offers to others. Exactly one of `stream` and `service` is given. */
export interface Export {
  /** Subject of messages that others may subscribe to. */
  stream?: string | undefined;
  /** Subject of requests that others may send. */
  service?: string | undefined;
  /** A name for people. Default: none. */
  name?: string | undefined;
  /** Text for people, at most 8192 bytes. */
  description?: string | undefined;
  /** A web address with more about it, at most 8192 bytes. */
  infoUrl?: string | undefined;
  /** Whether importers need an activation token. Default: `false`, a public export. */
  tokenRequired?: boolean | undefined;
  /** Private exports: public key (A…) of an importer, or `*`, to the unix second up to which its activation tokens are refused. Default: none. */
  revocations?: Record<string, number> | undefined;
  /** Position (from 1) of the `*` token that must be the importing account's public key. Default: none. */
  accountTokenPosition?: number | undefined;
  /** Services: how many messages answer a request. Default: `"singleton"`. */
  responseType?: "singleton" | "stream" | "chunked" | undefined;
  /** Services: how long the server keeps the way back open. Default: the server's. */
  responseThreshold?: Duration | undefined;
  /** Services: latency sampling. Default: none. */
  latency?: ServiceLatency | undefined;
  /** Whether the export is advertised. Default: `false`. */
  advertise?: boolean | undefined;
  /** Services: whether message traces go on into this account. Default: `false`. */
  allowTrace?: boolean | undefined;
}

/** A stream or service of another account that this account uses. Exactly one of `stream` and `service` is given. */
export interface Import {
  /** Subject of the exporter's stream. */
  stream?: string | undefined;
  /** Subject of the exporter's service. */
  service?: string | undefined;
  /** Public key of the exporting account. */
  account: string;
  /** Subject by which it is known here; `$1` stands for the first `*` of the exporter's subject. Default: the same subject. */
  localSubject?: string | undefined;
  /** A name for people. Default: none. */
  name?: string | undefined;
  /** Activation token of a private export. Default: none. */
  token?: string | undefined;
  /** Services: shares who asks (for latency samples) with the exporter. Default: `false`. */
  share?: boolean | undefined;
  /** Streams: whether message traces go on from the exporter into this account. Default: `false`. */
  allowTrace?: boolean | undefined;
}
