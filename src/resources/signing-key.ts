import type * as pulumi from "@pulumi/pulumi";
import type { DeepInput, Role } from "./handles";
import { secretSeed } from "./key-pair";
import { NatsResource } from "./resource";

/** Arguments of {@link SigningKey}. */
export interface SigningKeyArgs {
  /** Whether it signs accounts (`"operator"`) or users (`"account"`). A change replaces the key. */
  kind: pulumi.Input<"operator" | "account">;
  /** Seed (`SO…`, `SA…`) of a key that exists already; kept as a secret. Default: a key is generated. */
  seed?: pulumi.Input<string> | undefined;
  /** Public key, where the seed is kept elsewhere. */
  publicKey?: pulumi.Input<string> | undefined;
  /**
   * `"account"`: the role of all users that it signs. What they may do is then said here alone, in the account's JWT:
   * a change reaches every user at once, closes their sessions, and they come back with it. Default: none.
   */
  role?: DeepInput<Role> | undefined;
}

/**
 * A key that signs in the name of an operator or account, so that the identity key is not needed
 * every day. List it in `signingKeys` of the operator or account; give it to users as `signingKey`.
 *
 * With a `role` it is a scoped key: whoever holds it can make users of that role and no others.
 */
export class SigningKey extends NatsResource {
  /** The public key (`O…`, `A…`). */
  declare readonly publicKey: pulumi.Output<string>;
  /** The seed; secret. Undefined where only the public key is given. */
  declare readonly seed: pulumi.Output<string>;
  /** Whom it signs for. */
  declare readonly kind: pulumi.Output<"operator" | "account">;
  /** @internal Whether its seed is kept elsewhere. */
  readonly __publicOnly: boolean;
  /** @internal The role, as the program says it. */
  readonly __role: DeepInput<Role> | undefined;

  constructor(name: string, args: SigningKeyArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { kind, publicKey, seed, role } = args;
    super(
      "SigningKey",
      name,
      { kind, publicKey, seed: secretSeed(seed), hasRole: role === undefined ? undefined : true },
      { plain: ["publicKey"], secret: ["seed"] },
      opts,
    );
    this.__publicOnly = publicKey !== undefined && seed === undefined;
    this.__role = role;
  }
}
