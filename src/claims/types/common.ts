import type { Instant } from "./values";

/** What claims of every kind can say. */
export interface GeneralClaims {
  /** Words of the form `key:value` or plain; lower-cased, trimmed and without doubles on the wire. Default: none. */
  tags?: string[] | undefined;
  /** The token is not valid before this instant. Default: at once. */
  notBefore?: Instant | undefined;
  /** The token is not valid after this instant. Default: never ends. */
  expiresAt?: Instant | undefined;
  /** Whom the token is for. Servers in operator mode ignore it; to others, a user that an authorization service answers with belongs to the account of this name. Default: none. */
  audience?: string | undefined;
}

/** What claims of operators, accounts and users can say: they have a name. */
export interface CommonClaims extends GeneralClaims {
  /** Name for people; not an identity. */
  name: string;
}
