/**
 * The model of NATS claims in the operator's language. Wire names (`mem_storage`, `conn`) are known to
 * `wire.ts` alone. Two rules hold everywhere: a limit that is absent is no limit, and zero means zero.
 */

/** Bytes: a whole number (`1048576`), or text with a unit: `"512B"`, `"64KiB"`, `"1MiB"`, `"10GiB"`, `"2TiB"`, or decimal `"1MB"`, `"10GB"`. */
export type Size = number | string;

/** A span of time as text: `"90d"`, `"12h"`, `"1m30s"`, `"500ms"`. Units: `w`, `d`, `h`, `m`, `s`, `ms`. */
export type Duration = string;

/** An instant as ISO 8601 text with a zone: `"2027-01-31T00:00:00Z"`. Claims have a resolution of one second. */
export type Instant = string;

/** Subjects that may be used, and those that may not. A bare list means `allow`. */
export interface SubjectRules {
  /** Subjects that are allowed. Absent or empty: all subjects that `deny` does not name. */
  allow?: string[] | undefined;
  /** Subjects that are denied; a denial wins over `allow`. Default: none. */
  deny?: string[] | undefined;
}

/** Allows answers to requests without naming their reply subjects. */
export interface ResponsePermissions {
  /** How many messages may answer one request; a count. Default: 1. */
  max?: number | undefined;
  /** For how long after the request an answer may be sent. Default: 2 minutes (the server's). */
  ttl?: Duration | undefined;
}

/** What a user may publish and subscribe to. Absent parts allow everything. */
export interface Permissions {
  /** Subjects that may be published to. Default: all. */
  publish?: string[] | SubjectRules | undefined;
  /** Subjects that may be subscribed to, each optionally with a queue group (`"orders.> workers"`). Default: all. */
  subscribe?: string[] | SubjectRules | undefined;
  /** Allows answers to requests; when set and `publish` allows nothing by name, only answers may be published (server `auth.go`). */
  responses?: ResponsePermissions | undefined;
}

/** Limits of an account, for all its connections together unless said otherwise. An absent limit is no limit. */
export interface AccountLimits {
  /** Client connections over the whole cluster; a count. Lowering it can close sessions. */
  connections?: number | undefined;
  /** Leaf node connections over the whole cluster; a count. */
  leafNodes?: number | undefined;
  /** Subscriptions of each connection; a count. Lowering it closes connections at or over it. */
  subscriptions?: number | undefined;
  /** Bytes of one message. */
  payload?: Size | undefined;
  /** Imports the account may declare; a count. */
  imports?: number | undefined;
  /** Exports the account may declare; a count. */
  exports?: number | undefined;
  /** Whether exports may have wildcards when `exports` is limited. Default: `true`. */
  wildcardExports?: boolean | undefined;
  /** Refuses users with bearer tokens. Turning it on closes their sessions. Default: `false`. */
  disallowBearer?: boolean | undefined;
}

/** JetStream of an account. A storage that is not named stays off; the other limits, when absent, are no limits. */
export interface JetStreamLimits {
  /** Bytes of memory storage, or `"unlimited"`. Default: none. */
  memoryStorage?: Size | "unlimited" | undefined;
  /** Bytes of disk storage, or `"unlimited"`. Default: none. */
  diskStorage?: Size | "unlimited" | undefined;
  /** Streams; a count. */
  streams?: number | undefined;
  /** Consumers; a count. */
  consumers?: number | undefined;
  /** Unacknowledged messages of one consumer; a count. */
  maxAckPending?: number | undefined;
  /** Bytes of one memory stream. */
  memoryMaxStreamBytes?: Size | undefined;
  /** Bytes of one disk stream. */
  diskMaxStreamBytes?: Size | undefined;
  /** Whether each stream must declare its size. Default: `false`. */
  maxBytesRequired?: boolean | undefined;
}

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

/** What every claim can say. */
export interface CommonClaims {
  /** Name for people; not an identity. */
  name: string;
  /** Words of the form `key:value` or plain; lower-cased, trimmed and without doubles on the wire. Default: none. */
  tags?: string[] | undefined;
  /** The token is not valid before this instant. Default: at once. */
  notBefore?: Instant | undefined;
  /** The token is not valid after this instant. Default: never ends. */
  expiresAt?: Instant | undefined;
}

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
  /** Servers refuse accounts and users that were signed by an identity key. Default: `false`. */
  requireSigningKeys?: boolean | undefined;
}

/** Claims of an account. */
export interface AccountClaims extends CommonClaims {
  /** Text for people, at most 8192 bytes. */
  description?: string | undefined;
  /** A web address with more about it, at most 8192 bytes. */
  infoUrl?: string | undefined;
  /** Limits; an absent one is no limit. */
  limits?: AccountLimits | undefined;
  /** JetStream; absent: off. */
  jetstream?: JetStreamLimits | undefined;
  /** What the account offers to others. Default: nothing. */
  exports?: Export[] | undefined;
  /** What the account uses of others. Default: nothing. */
  imports?: Import[] | undefined;
  /** Public keys (A…) that may sign users besides the identity key. Default: none. */
  signingKeys?: string[] | undefined;
  /** Permissions of users that declare none. Default: everything is allowed. */
  defaultPermissions?: Permissions | undefined;
  /** Public key of a user, or `*`, to the unix second up to which its tokens are refused. Default: none. */
  revocations?: Record<string, number> | undefined;
}

/** Kinds of connection, in the server's spelling. */
export type ConnectionType =
  | "STANDARD"
  | "WEBSOCKET"
  | "LEAFNODE"
  | "LEAFNODE_WS"
  | "MQTT"
  | "MQTT_WS"
  | "IN_PROCESS";

/** Limits of one connection of a user. An absent limit is no limit. */
export interface UserLimits {
  /** Subscriptions; a count. */
  subscriptions?: number | undefined;
  /** Bytes of one message. */
  payload?: Size | undefined;
}

/** A part of the day in which a user may be connected. */
export interface TimeRange {
  /** `"HH:MM:SS"`. */
  start: string;
  /** `"HH:MM:SS"`. */
  end: string;
}

/** Claims of a user. */
export interface UserClaims extends CommonClaims {
  /** What the user may do. Default: the account's default permissions, else everything. */
  permissions?: Permissions | undefined;
  /** Limits of each connection; an absent one is no limit. */
  limits?: UserLimits | undefined;
  /** Kinds of connection that are let in. Default: all. */
  connectionTypes?: ConnectionType[] | undefined;
  /** Networks (CIDR) the user may come from. Default: any. */
  sourceNetworks?: string[] | undefined;
  /** Parts of the day in which the user may be connected. Default: always. */
  times?: TimeRange[] | undefined;
  /** IANA zone in which `times` are read, such as `"Europe/Zurich"`. Default: the server's own zone. */
  timeZone?: string | undefined;
  /** The token alone lets in, without its key: treat it as a password. Default: `false`. */
  bearer?: boolean | undefined;
  /** Public key (A…) of the account when a signing key signs. */
  issuerAccount?: string | undefined;
}

/** One thing that is wrong, or looks wrong, at one place of the input. */
export interface Issue {
  /** Property path such as `exports[2].stream`; empty for the whole. */
  path: string;
  /** What is wrong and what to do, lower-case, never with a secret. */
  message: string;
  /** An error blocks; a warning is shown. */
  severity: "error" | "warning";
}
