import type { CommonClaims } from "./common";
import type { Permissions } from "./permissions";
import type { Export, Import } from "./sharing";
import type { UserTemplate } from "./user";
import type { Size } from "./values";

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
  /** Bytes. It is part of the claims, but servers do not enforce it. */
  data?: Size | undefined;
  /** Imports the account may declare; a count. */
  imports?: number | undefined;
  /** Exports the account may declare; a count. */
  exports?: number | undefined;
  /** Whether exports may have wildcards when `exports` is limited. Default: `true`. */
  wildcardExports?: boolean | undefined;
  /** Refuses users with bearer tokens. Turning it on closes their sessions. Default: `false`. */
  disallowBearer?: boolean | undefined;
}

/** JetStream of an account, or of one tier. A storage that is not named stays off; the other limits, when absent, are no limits. */
export interface JetStreamTier {
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

/** JetStream of an account: one set of limits for all its streams, or `tiers`, never both. */
export interface JetStreamLimits extends JetStreamTier {
  /** Limits by number of replicas: `R1`, `R3` and so on. Streams with a number of replicas that has no tier are refused. Default: no tiers. */
  tiers?: Record<string, JetStreamTier> | undefined;
}

/** Where messages of a mapping go. */
export interface MappingTarget {
  /** The subject; `$1` or `{{wildcard(1)}}` stands for what the first `*` of the mapping matched, and the server knows more functions (`{{partition(3,1)}}`, `{{split(1,-)}}` …). */
  subject: string;
  /** Percent of the messages, 1 to 100. Default: 100. What is missing to 100 over all targets goes on under its own subject. */
  weight?: number | undefined;
  /** Only for messages that enter in this cluster; weights count within each cluster. Default: everywhere else. */
  cluster?: string | undefined;
}

/** Who is asked before a user of this account may connect: auth callout. */
export interface ExternalAuthorization {
  /** Public keys (U…) of users that connect without it: those of the authorization service itself. */
  authUsers: string[];
  /** Public keys (A…) of accounts that the service may put users into, or `["*"]` for all. Default: this account only. */
  allowedAccounts?: string[] | undefined;
  /** Public curve key (X…) of the service: servers encrypt their requests for it. Default: not encrypted. */
  xkey?: string | undefined;
}

/** Traces of messages that carry a `traceparent` header with the sampled flag. */
export interface MessageTrace {
  /**
   * The subject that gets the traces. Servers publish them as the user whose message is traced: of users who may not
   * publish to it they drop the sampled messages themselves, so every user's permissions need it.
   */
  destination: string;
  /** Percent of such messages that are traced, 1 to 100. Default: 100. */
  sampling?: number | undefined;
}

/** A signing key that can only make users of one role. */
export interface ScopedKey {
  /** The public key (A…). */
  key: string;
  /** Name of the role. */
  role: string;
  /** Text for people. Default: none. */
  description?: string | undefined;
  /**
   * What its users are allowed; subjects may hold `{{name()}}`, `{{subject()}}`, `{{account-name()}}`,
   * `{{account-subject()}}`, `{{tag(x)}}` and `{{account-tag(x)}}`. A change closes their sessions.
   *
   * Servers fill in names and tags as they are: a `*` or `>` among them becomes a wildcard and allows the subjects of
   * others too, a `.` adds tokens, and a space makes servers drop the subject. Whoever may choose names or tags of
   * users chooses what these are allowed; `{{subject()}}`, the public key, is safe from that.
   */
  template: UserTemplate;
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
  /** Keys that may sign users besides the identity key: public keys (A…), or keys with a role. Default: none. */
  signingKeys?: (string | ScopedKey)[] | undefined;
  /** Permissions of users that declare none. Default: everything is allowed. */
  defaultPermissions?: Permissions | undefined;
  /** Subject of published messages (`*` allowed) to where they go instead: one target or several with weights. Default: none. */
  mappings?: Record<string, (string | MappingTarget)[]> | undefined;
  /** Asks an authorization service before users may connect. Default: nobody is asked. */
  authorization?: ExternalAuthorization | undefined;
  /** Where traces of messages go. Default: nowhere. */
  trace?: MessageTrace | undefined;
  /** Which account the traffic between servers of JetStream's replication is counted to: `"owner"` is this one. Default: `"system"`. */
  clusterTraffic?: "system" | "owner" | undefined;
  /** Public key of a user, or `*`, to the unix second up to which its tokens are refused. Default: none. */
  revocations?: Record<string, number> | undefined;
}
