/** What a person has in hand of another resource: an instance, or plain data from another stack. */
import type * as pulumi from "@pulumi/pulumi";
import type { Duration, UserTemplate } from "../claims/index";
import type { TlsSettings } from "../resolver/target";
import type { KeyPair } from "./key-pair";
import type { SigningKey } from "./signing-key";

/** A value whose parts, at any depth, may be outputs of other resources. */
export type DeepInput<T> = pulumi.Input<
  T extends string | number | boolean | undefined
    ? T
    : T extends readonly (infer E)[]
      ? DeepInput<E>[]
      : { [K in keyof T]: DeepInput<T[K]> }
>;

/** What a scoped signing key stands for: all users that it signs get this, and nothing else. */
export interface Role extends UserTemplate {
  /** Name of the role. A change closes the sessions of its users, as does any other change of the role. */
  name: string;
  /** Text for people. Default: none. */
  description?: string | undefined;
}

/** A key as plain data; without `seed` it is the public half only. */
export interface KeyHandle {
  publicKey: string;
  /** Secret. */
  seed?: string | undefined;
  /** Account signing keys: the role that its users get. Default: none, users say themselves what they may do. */
  role?: Role | undefined;
}

/** A key in any form: an instance, plain data of it, or an output of that. */
export type KeyArg = KeyPair | SigningKey | DeepInput<KeyHandle>;

/** A key whose seed is there, so it can sign. */
export interface SignerHandle {
  publicKey: string;
  /** Secret. */
  seed: string;
  /** The role that users get which it signs. Default: none. */
  role?: Role | undefined;
  /** The key before it, while servers may not know it yet. Secret. */
  former?: KeyHandle | undefined;
}

/** An operator as plain data: what another stack needs to sign accounts and to push them. */
export interface OperatorHandle {
  publicKey: string;
  /** The key that signs accounts. */
  signer: SignerHandle;
  /** Whether servers refuse what an identity key signed. */
  requireSigningKeys?: boolean | undefined;
  /** Where accounts are pushed. */
  accountServerUrl?: string | undefined;
  /** How long to wait for a server that is not up yet. */
  waitForServer?: Duration | undefined;
  /** Names of the servers that must confirm a push. */
  expectServers?: string[] | undefined;
  /** The system account, as which accounts are pushed. */
  systemAccount?: { publicKey: string; signer: SignerHandle } | undefined;
  /** TLS of the connections to servers. */
  tls?: TlsSettings | undefined;
  /** Creds of a system user that pushes, in place of one that is made for each connection. Secret. */
  systemCreds?: string | undefined;
  /** Whether warnings are errors. */
  strict?: boolean | undefined;
}

/** An operator in any form: an instance, plain data of it, or an output of that. */
export type OperatorArg =
  | { readonly handle: DeepInput<OperatorHandle> }
  | DeepInput<OperatorHandle>;

/** An account as plain data: what another stack needs to issue users. */
export interface AccountHandle {
  publicKey: string;
  name?: string | undefined;
  /** The key that signs users. */
  signer: SignerHandle;
  /** Whether servers refuse what its identity key signed. */
  requireSigningKeys?: boolean | undefined;
  /** The operator, where the holder may also revoke users. */
  operator?: OperatorHandle | undefined;
  /** Longest lifetime of its users' tokens. */
  maxUserLifetime?: Duration | undefined;
  /** Whether warnings are errors. */
  strict?: boolean | undefined;
}
