import * as pulumi from "@pulumi/pulumi";
import type {
  AccountLimits,
  Duration,
  Export,
  Import,
  JetStreamLimits,
  Permissions,
} from "../claims/index";
import { childOptions } from "./child-options";
import {
  type AccountHandle,
  type AccountInputs,
  authorityInput,
  type DeepInput,
  eitherKey,
  isPublicOnly,
  type KeyArg,
  keyInputs,
  type OperatorArg,
  type OperatorHandle,
  operatorInputs,
  requiresSigningKeys,
  type SignerInputs,
  serverInputs,
} from "./handles";
import { KeyPair } from "./key-pair";
import { isKind, NatsResource } from "./resource";
import { SigningKey } from "./signing-key";

/** An account in any form: an instance, plain data of it, an output of that, or its public key. */
export type AccountArg = Account | DeepInput<AccountHandle> | pulumi.Input<string>;

/** A stream or service of another account. Exactly one of `stream` and `service` is given. */
export type ImportArgs = { [K in keyof Omit<Import, "account">]: DeepInput<Import[K]> } & {
  /** The account that exports it. An instance also makes Pulumi push the exporter first. */
  account: AccountArg;
};

/** Where this account is pushed, when that is not what its operator says. A change is stored; nothing is signed or pushed. */
export interface ServerArgs {
  /** Addresses of one server or several of one cluster. Default: the operator's `accountServerUrl`. */
  url?: pulumi.Input<string | pulumi.Input<string>[]> | undefined;
  /** Names of the servers that must confirm. Default: the operator's `expectServers`. */
  expect?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** How long to wait for a server that is not up yet. Default: the operator's `waitForServer`. */
  waitFor?: pulumi.Input<Duration> | undefined;
}

/** Arguments of {@link Account}. A change of a claim re-signs the JWT and pushes it to every server. */
export interface AccountArgs {
  /** The operator that signs it: an instance, or plain data from another stack (`operator.handle`). */
  operator: OperatorArg;
  /** Name in the JWT. Default: the resource's name; it stays when the resource is renamed. */
  name?: pulumi.Input<string> | undefined;
  /** The identity key. Default: a generated one (`<name>-key`). Another key is another account: it is replaced. */
  key?: KeyArg | undefined;
  /** Keys that may sign users besides the identity key. Default: none; one (`<name>-signing`) where the operator requires signing keys. Removing one closes the sessions it signed. */
  signingKeys?: (KeyArg | pulumi.Input<string>)[] | undefined;
  /** Text for people, at most 8192 bytes. Default: none. */
  description?: pulumi.Input<string> | undefined;
  /** A web address with more about it. Default: none. */
  infoUrl?: pulumi.Input<string> | undefined;
  /** Tags in the JWT. Default: none. */
  tags?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Limits; an absent one is no limit. Lowering `connections` or `subscriptions` can close sessions. */
  limits?: DeepInput<AccountLimits> | undefined;
  /** JetStream. Default: off. */
  jetstream?: DeepInput<JetStreamLimits> | undefined;
  /** What it offers to other accounts. Default: nothing. */
  exports?: DeepInput<Export[]> | undefined;
  /** What it uses of other accounts. Default: nothing. */
  imports?: ImportArgs[] | undefined;
  /** Permissions of users that declare none. Default: everything is allowed. Applied to live sessions at once. */
  defaultPermissions?: DeepInput<Permissions> | undefined;
  /** Where it is pushed. Default: the operator's servers. */
  server?: ServerArgs | undefined;
  /** @internal The system account: servers have it from their configuration. */
  system?: boolean | undefined;
}

/**
 * An account: its JWT, and its presence on every server behind the operator's `accountServerUrl`.
 * `up` succeeds when every server has confirmed it. Deleting it locks it on every server, which closes
 * its sessions, and then removes it where servers allow that.
 */
export class Account extends NatsResource {
  /** Name in the JWT. */
  declare readonly name: pulumi.Output<string>;
  /** Public key (`A…`) of the identity. */
  declare readonly publicKey: pulumi.Output<string>;
  /** The account JWT that was pushed last by this resource; public. Servers may hold a newer one with more revocations. */
  declare readonly jwt: pulumi.Output<string>;
  /** Names of the servers that hold it. Each of them must confirm the next change. */
  declare readonly servers: pulumi.Output<string[] | undefined>;
  /** Public keys that may sign its users besides the identity key. */
  declare readonly signingKeys: pulumi.Output<string[] | undefined>;
  /** @internal Who signs it. */
  declare readonly operator: pulumi.Output<unknown>;
  /** @internal Where it is pushed. */
  declare readonly server: pulumi.Output<unknown>;
  /** Plain data for a `StackReference`: lets another stack issue users, not change the account. It holds a seed, which is secret. */
  readonly handle: DeepInput<AccountHandle>;
  /** @internal What its users sign and revoke with. */
  readonly __forUsers: AccountInputs;

  constructor(name: string, args: AccountArgs, opts: pulumi.CustomResourceOptions = {}) {
    const operator = isKind(args.operator, "Operator")
      ? (args.operator as { handle: DeepInput<OperatorHandle> }).handle
      : args.operator;
    const key =
      args.key ??
      new KeyPair(`${name}-key`, { kind: "account" }, childOptions(opts, "KeyPair", "-key"));
    const strict = requiresSigningKeys(operator);
    const signingKeys =
      args.signingKeys ??
      (strict === true
        ? [
            new SigningKey(
              `${name}-signing`,
              { kind: "account" },
              childOptions(opts, "SigningKey", "-signing"),
            ),
          ]
        : undefined);
    const identity = keyInputs(key);
    const authority = operatorInputs(operator);
    const server = serverInputs(operator, args.server);
    const {
      operator: _operator,
      key: _key,
      signingKeys: _signingKeys,
      server: _server,
      imports,
      ...claims
    } = args;
    super(
      "Account",
      name,
      {
        ...claims,
        resourceName: name,
        publicKey: identity.publicKey,
        operator: authority,
        // Servers have the system account from their configuration. Were it to store how to push, a change of
        // that would make its JWT unknown in previews, and announce another configuration and a restart.
        server: args.system && server ? { url: server.url, system: server.system } : server,
        signingKeys: signingKeys?.map((signingKey) => keyInputs(signingKey).publicKey),
        imports: imports?.map(importInputs),
      },
      { plain: ["name", "jwt", "servers", "signingKeys"] },
      // Under one key, a delete after the create would remove what was just made.
      pulumi.mergeOptions(opts, { deleteBeforeReplace: true }),
    );
    const signer = defaultSigner(key, signingKeys, strict);
    this.handle = {
      publicKey: this.publicKey,
      name: this.name,
      signer,
      ...(strict === undefined ? {} : { requireSigningKeys: strict }),
    } as DeepInput<AccountHandle>;
    // Read from its outputs: a user waits for its account, and is not tied to what the account was made of.
    const servers = args.system || server === undefined ? server : this.server;
    this.__forUsers = {
      publicKey: this.publicKey,
      name: this.name,
      signer,
      authority: authorityInput({ operator: this.operator, server: servers }),
    };
  }
}

function importInputs({ account, ...rest }: ImportArgs): pulumi.Inputs {
  return { ...rest, account: keyInputs(account).publicKey };
}

/** As nsc does: the identity key signs users, unless it may not or its seed is kept elsewhere. */
function defaultSigner(
  identity: KeyArg,
  signingKeys: (KeyArg | pulumi.Input<string>)[] | undefined,
  strict: boolean | pulumi.Output<boolean | undefined> | undefined,
): SignerInputs {
  const able = signingKeys?.find((key) => !isPublicOnly(key)) ?? signingKeys?.[0];
  if (able === undefined) return keyInputs(identity);
  if (strict === true || isPublicOnly(identity)) return keyInputs(able);
  if (!strict) return keyInputs(identity);
  return eitherKey(strict, keyInputs(able), keyInputs(identity));
}
