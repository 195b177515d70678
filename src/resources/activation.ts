import type * as pulumi from "@pulumi/pulumi";
import type { Duration, Instant } from "../claims/index";
import type { Account, AccountArg } from "./account";
import { accountInputs } from "./account-inputs";
import type { AccountHandle, DeepInput } from "./handles";
import { keyInputs } from "./key-inputs";
import { isKind, NatsResource } from "./resource";

/** Arguments of {@link Activation}. Exactly one of `stream` and `service` is given. A change signs a new token. */
export interface ActivationArgs {
  /** The account that exports: an instance, or plain data (`{ publicKey, signer }`, such as `account.handle`). */
  account: Account | DeepInput<AccountHandle>;
  /** The account that may import: an instance, plain data or its public key. Another one replaces the activation. */
  importer: AccountArg;
  /** Subject of the stream, or a part of it, that may be imported. */
  stream?: pulumi.Input<string> | undefined;
  /** Subject of the service, or a part of it, that may be imported. */
  service?: pulumi.Input<string> | undefined;
  /** Name in the token, for people. Default: the resource's name; it stays when the resource is renamed. */
  name?: pulumi.Input<string> | undefined;
  /** Tags in the token. Default: none. */
  tags?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Not valid before this instant. Default: at once. */
  notBefore?: pulumi.Input<Instant> | undefined;
  /** Not valid after this instant: the import ends then, the importer's sessions stay. Default: never ends. */
  expiresAt?: pulumi.Input<Instant> | undefined;
  /** Lifetime, counted from the first `up`; becomes a fixed `expiresAt`, which moves only when renewal is due. */
  expiresIn?: pulumi.Input<Duration> | undefined;
  /** How long before its end an `up` renews the token. Default: a third of `expiresIn`. */
  renewBefore?: pulumi.Input<Duration> | undefined;
}

/**
 * The token by which one account may import a private export (`tokenRequired`) of another. An {@link Account} makes it by
 * itself for what it imports of an account of the same program; declare one for an account elsewhere, or for two
 * accounts that import from each other. It works for its importer only, so it is no secret.
 *
 * Deleting it signs and revokes nothing: end it with the export's `revocations`.
 */
export class Activation extends NatsResource {
  /** The token, for `imports[].token` of the importer. */
  declare readonly token: pulumi.Output<string>;
  /** The instant after which it is not valid, as `expiresAt` or `expiresIn` say. */
  declare readonly expiresAt: pulumi.Output<Instant | undefined>;

  constructor(name: string, args: ActivationArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { account, importer, ...claims } = args;
    // It signs and never revokes, so it keeps no authority over the servers.
    const { publicKey, signer } = isKind(account, "Account")
      ? (account as Account).__forUsers
      : accountInputs(account);
    super(
      "Activation",
      name,
      {
        ...claims,
        resourceName: name,
        account: { publicKey, signer: { publicKey: signer.publicKey, seed: signer.seed } },
        importer: keyInputs(importer).publicKey,
      },
      { plain: ["token", "expiresAt"] },
      opts,
    );
  }
}
