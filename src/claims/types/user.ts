import type { CommonClaims } from "./common";
import type { Permissions } from "./permissions";
import type { Size } from "./values";

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
  /** Bytes. It is part of the claims, but servers do not enforce it. */
  data?: Size | undefined;
}

/** A part of the day in which a user may be connected. One that ends before it starts goes on over midnight; one that ends when it starts admits nobody. */
export interface TimeRange {
  /** `"HH:MM:SS"`; the second itself does not count. */
  start: string;
  /** `"HH:MM:SS"`; sessions are closed then. */
  end: string;
}

/** What users are allowed: of one user in its own claims, of all users of a scoped key in the key's template. */
export interface UserTemplate {
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
  /** Only connections through a trusted proxy are let in. Default: `false`. */
  proxyRequired?: boolean | undefined;
}

/** Claims of a user. */
export interface UserClaims extends CommonClaims, UserTemplate {
  /** A scoped key signs: the key's template says what is allowed, and the user must not say anything about it itself. Default: `false`. */
  scoped?: boolean | undefined;
  /** Public key (A…) of the account when a signing key signs. */
  issuerAccount?: string | undefined;
}
