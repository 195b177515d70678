import * as pulumi from "@pulumi/pulumi";
import type { KeyKind } from "../keys/index";
import { NatsResource } from "./resource";

/** Arguments of {@link KeyPair}. */
export interface KeyPairArgs {
  /** What the key is for. A change replaces the key, and with it the identity. */
  kind: pulumi.Input<KeyKind>;
  /**
   * Seed (`SO…`, `SA…`, `SU…`, `SX…`) of a key that exists already; kept as a secret. Default: a key is
   * generated. Giving the seed of the current key only stores it; another one replaces the identity.
   */
  seed?: pulumi.Input<string> | undefined;
  /** Public key, where the seed is kept elsewhere: such a key names an identity and cannot sign. */
  publicKey?: pulumi.Input<string> | undefined;
  /**
   * `"curve"` only: any text, such as `"2026-11"`; a change makes a new key and keeps the old one as `former`. Give the service
   * both seeds before the account gets the new public key. The first one only names the key that is there. Default: never rotated.
   */
  rotation?: pulumi.Input<string> | undefined;
}

/** A key that rotated once keeps the one before it, also where the program rotates no more. */
export const hiddenFormer = { secret: ["seed"], hidden: ["former"] };
export const withFormer = { secret: ["seed", "former"] };

/**
 * An nkey: generated here, adopted from a seed, or known by its public key only. It is a resource of
 * its own so that a change of claims never changes an identity. Removing `seed` again keeps the key.
 */
export class KeyPair extends NatsResource {
  /** The public key (`O…`, `A…`, `U…`, `X…`). */
  declare readonly publicKey: pulumi.Output<string>;
  /** The seed; secret. Undefined where only the public key is given. */
  declare readonly seed: pulumi.Output<string>;
  /** What the key is for. */
  declare readonly kind: pulumi.Output<KeyKind>;
  /** The curve key that it was before its last rotation; secret. Undefined where it was not rotated. */
  declare readonly former:
    | pulumi.Output<{ publicKey: string; seed: string } | undefined>
    | undefined;
  /** @internal Whether its seed is kept elsewhere. */
  readonly __publicOnly: boolean;

  constructor(name: string, args: KeyPairArgs, opts: pulumi.CustomResourceOptions = {}) {
    super(
      "KeyPair",
      name,
      { ...args, seed: secretSeed(args.seed) },
      {
        plain: ["publicKey"],
        ...(args.rotation === undefined ? hiddenFormer : withFormer),
      },
      opts,
    );
    this.__publicOnly = args.publicKey !== undefined && args.seed === undefined;
    if (this.former) this.former = formerKey(this.former);
  }
}

/** The key before a rotation; where there is none its output is an empty text, as what is absent is unknown in previews. */
export function formerKey<Key>(
  former: pulumi.Output<Key | undefined>,
): pulumi.Output<Key | undefined> {
  return former.apply((key) => ((key as unknown) === "" ? undefined : key));
}

/** A seed that nobody marked as a secret would be readable in previews and among the inputs in the state. */
export function secretSeed(
  seed: pulumi.Input<string> | undefined,
): pulumi.Input<string> | undefined {
  return seed === undefined ? undefined : pulumi.secret(seed);
}
