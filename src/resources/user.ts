import * as pulumi from "@pulumi/pulumi";
import type {
  ConnectionType,
  Duration,
  Instant,
  Permissions,
  ScopedKey,
  TimeRange,
  UserLimits,
} from "../claims/index";
import { formatCreds } from "../keys/index";
import { renewalOfUser } from "../renewal";
import type { Account } from "./account";
import { type AccountInputs, accountInputs } from "./account-inputs";
import type { AccountHandle, DeepInput, KeyArg, Role } from "./handles";
import { keyInputs, type SignerInputs, userSignerInputs } from "./key-inputs";
import { type LifetimeArgs, renewalOf } from "./renewal";
import { isKind, NatsResource } from "./resource";

/** Arguments of {@link User}. A change of a claim re-signs the token; the old one stays valid until it expires. */
export interface UserArgs {
  /** The account it belongs to: an instance, or plain data from another stack (`account.handle`). Another account replaces the user. */
  account: Account | DeepInput<AccountHandle>;
  /** Name in the JWT. Default: the resource's name; it stays when the resource is renamed. */
  name?: pulumi.Input<string> | undefined;
  /** Its key: a `KeyPair`, or plain data; with a public key alone there are no creds, only the JWT. Default: the user makes its own. */
  key?: KeyArg | undefined;
  /** The account's key that signs it; one with a role says what the user may do, and the user then says nothing of it. Default: the account's identity key; where the operator requires signing keys, the account's first one. A change re-signs. */
  signingKey?: KeyArg | undefined;
  /** What it may publish and subscribe to. Default: the account's default permissions, else everything. */
  permissions?: DeepInput<Permissions> | undefined;
  /** Limits of each connection; an absent one is no limit. */
  limits?: DeepInput<UserLimits> | undefined;
  /** Kinds of connection that are let in. Default: all. */
  connectionTypes?: DeepInput<ConnectionType[]> | undefined;
  /** Networks (CIDR) it may come from. Default: any. */
  sourceNetworks?: DeepInput<string[]> | undefined;
  /** Parts of the day in which it may be connected. Default: always. */
  times?: DeepInput<TimeRange[]> | undefined;
  /** IANA zone in which `times` are read. Default: the server's own. */
  timeZone?: pulumi.Input<string> | undefined;
  /** The token alone lets in, without its key: treat it as a password. Default: `false`. */
  bearer?: pulumi.Input<boolean> | undefined;
  /** Only connections through a trusted proxy are let in. Default: `false`. */
  proxyRequired?: pulumi.Input<boolean> | undefined;
  /** Tags in the JWT. Default: none. */
  tags?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Not valid before this instant. Default: at once. */
  notBefore?: pulumi.Input<Instant> | undefined;
  /** Not valid after this instant; sessions are closed then. Default: never ends. */
  expiresAt?: pulumi.Input<Instant> | undefined;
  /** Lifetime, counted from the first `up`; becomes a fixed `expiresAt`, which moves only when renewal is due. */
  expiresIn?: pulumi.Input<Duration> | undefined;
  /** How long before its end an `up` renews the token. Default: a third of `expiresIn`. */
  renewBefore?: pulumi.Input<Duration> | undefined;
  /**
   * What its deletion does: `"revoke"` revokes its key on every server, which closes its sessions, and fails where this stack
   * cannot; `"retain"` leaves its creds valid. Default: revoked where this stack can, else a warning. Stored only.
   */
  onDelete?: pulumi.Input<"revoke" | "retain"> | undefined;
  /**
   * What becomes of the old token when a change makes a new one: `"keep"` leaves it valid until it expires, `"revoke"` revokes it
   * and closes its sessions, also at each renewal. Default: `"keep"`. Stored only.
   */
  onReissue?: pulumi.Input<"keep" | "revoke"> | undefined;
  /** File for the creds, made with mode 0600, relative to the program's folder. Default: none is written. Removed with the user. */
  credsPath?: pulumi.Input<string> | undefined;
}

/**
 * A user: its key, its JWT and its creds. Deleting it revokes its key in the account on every server,
 * which closes its sessions.
 */
export class User extends NatsResource {
  /** Public key (`U…`). */
  declare readonly publicKey: pulumi.Output<string>;
  /** Seed (`SU…`); secret. Undefined where only the public key is given. */
  declare readonly seed: pulumi.Output<string>;
  /** The user JWT; secret, because a bearer's is a password. */
  declare readonly jwt: pulumi.Output<string>;
  /** The instant after which the token is not valid, as `expiresAt` or `expiresIn` say. */
  declare readonly expiresAt: pulumi.Output<Instant | undefined>;
  readonly #lifetime: LifetimeArgs;
  #creds: pulumi.Output<string> | undefined;

  constructor(name: string, args: UserArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { account, key, signingKey, ...claims } = args;
    const issuer = isKind(account, "Account")
      ? (account as Account).__forUsers
      : accountInputs(account);
    super(
      "User",
      name,
      {
        ...claims,
        resourceName: name,
        key: key === undefined ? undefined : keyInputs(key),
        account: signingKey === undefined ? issuer : signedBy(signingKey, account, issuer),
      },
      { plain: ["publicKey", "expiresAt"], secret: ["seed", "jwt"] },
      opts,
    );
    this.#lifetime = args;
  }

  /** The instant from which an `up` renews the token; undefined where it is not renewed. */
  get renewsAt(): pulumi.Output<Instant | undefined> {
    return renewalOf(this.#lifetime, this.expiresAt, renewalOfUser);
  }

  /** Text of a creds file, as every NATS client takes it; secret. Undefined where the seed is kept elsewhere. */
  get creds(): pulumi.Output<string> {
    // Made here rather than stored: the state holds the token and the seed once.
    this.#creds ??= pulumi
      .all([this.jwt, this.seed])
      // Typed for the common case: every consumer of creds wants text, and most users have a seed.
      .apply(([jwt, seed]) => (seed ? formatCreds(jwt, seed) : undefined) as string);
    return this.#creds;
  }
}

/** Another signer than the account's usual one; whether the account lists it is known where the account is ours. */
function signedBy(
  signingKey: KeyArg,
  account: unknown,
  issuer: AccountInputs,
): AccountInputs & { signerIsListed?: pulumi.Input<boolean> } {
  const signer = userSignerInputs(signingKey);
  if (!isKind(account, "Account")) return { ...issuer, signer };
  const { publicKey, signingKeys } = account as Account;
  const listed = pulumi
    .all([signer.publicKey, publicKey, signingKeys])
    .apply(([key, identity, keys]) =>
      key === identity ? key : keys?.find((one) => keyOf(one) === key),
    );
  const signerIsListed = listed.apply((found) => found !== undefined);
  // Of a key that is given as plain data only the account may know that it has a role.
  const role = isKind(signingKey, "SigningKey")
    ? signer.role
    : (signer.role ?? (listed.apply(roleOf) as SignerInputs["role"]));
  const { __tags: tags } = account as Account;
  return { ...issuer, signer: { ...signer, role }, signerIsListed, tags };
}

function keyOf(listed: string | ScopedKey): string {
  return typeof listed === "string" ? listed : listed.key;
}

function roleOf(listed: string | ScopedKey | undefined): Role | undefined {
  if (listed === undefined || typeof listed === "string") return undefined;
  const { key: _key, role: name, template, ...rest } = listed;
  return { name, ...rest, ...template };
}
