import type * as pulumi from "@pulumi/pulumi";
import type { Duration, Instant } from "../claims/index";
import { childOptions } from "./child-options";
import type { DeepInput, KeyHandle, Role } from "./handles";
import { formerKey, hiddenFormer, secretSeed, withFormer } from "./key-pair";
import { NatsResource } from "./resource";
import { RetiredKeys } from "./retired-keys";

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
  /**
   * Any text, such as `"2026-11"`: a change makes a new key, which signs from then on; users are signed anew in the same `up`.
   * The old key goes on working for `overlap`. The first one only names the key that is there. Taking the line away keeps the
   * current key and drops the old ones at once. Default: never rotated.
   */
  rotation?: pulumi.Input<string> | undefined;
  /**
   * How long a key works after its rotation; the first `up` after that drops it, and with it all that only it had signed. An
   * operator's key stays longer while anything on the servers is signed by it. Default: `"7d"`.
   */
  overlap?: pulumi.Input<Duration> | undefined;
  /**
   * Drops the old keys at once, with every session that they signed: for a key that leaked. Take it away again afterwards, or
   * the next rotation is an emergency too. Default: `false`.
   */
  emergency?: pulumi.Input<boolean> | undefined;
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
  /** The key that it was before its last rotation, for what still needs it; secret. Undefined where it was not rotated. */
  declare readonly former: pulumi.Output<KeyHandle | undefined> | undefined;
  /** @internal Whether its seed is kept elsewhere. */
  readonly __publicOnly: boolean;
  /** @internal The role, as the program says it. */
  readonly __role: DeepInput<Role> | undefined;
  /** Keys that it was before and that still work, with the end of their overlap. Undefined where it does not rotate. */
  readonly retired: pulumi.Output<{ publicKey: string; until: Instant }[]> | undefined;

  constructor(name: string, args: SigningKeyArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { kind, publicKey, seed, role, rotation, overlap, emergency } = args;
    super(
      "SigningKey",
      name,
      {
        kind,
        publicKey,
        seed: secretSeed(seed),
        rotation,
        hasRole: role === undefined ? undefined : true,
      },
      { plain: ["publicKey"], ...(rotation === undefined ? hiddenFormer : withFormer) },
      opts,
    );
    this.__publicOnly = publicKey !== undefined && seed === undefined;
    this.__role = role;
    if (rotation === undefined) return;
    const { retired } = new RetiredKeys(
      `${name}-retired`,
      { current: this.publicKey, rotation, overlap, emergency },
      { ...childOptions({ ...opts, aliases: [] }, "RetiredKeys", "-retired"), parent: this },
    );
    this.retired = retired;
    if (this.former) this.former = formerKey(this.former);
  }
}
