import type * as pulumi from "@pulumi/pulumi";
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
}

/**
 * A key that signs in the name of an operator or account, so that the identity key is not needed
 * every day. List it in `signingKeys` of the operator or account; give it to users as `signingKey`.
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

  constructor(name: string, args: SigningKeyArgs, opts: pulumi.CustomResourceOptions = {}) {
    super(
      "SigningKey",
      name,
      { ...args, seed: secretSeed(args.seed) },
      { plain: ["publicKey"], secret: ["seed"] },
      opts,
    );
    this.__publicOnly = args.publicKey !== undefined && args.seed === undefined;
  }
}
