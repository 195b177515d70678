import * as pulumi from "@pulumi/pulumi";
import type { Duration, Instant } from "../claims/index";
import type { TlsSettings } from "../resolver/target";
import { Account } from "./account";
import { accountInputs } from "./account-inputs";
import { childOptions } from "./child-options";
import type { DeepInput, KeyArg, OperatorHandle, SignerHandle } from "./handles";
import {
  isPublicOnly,
  keyInputs,
  retiredKeys,
  rotatingInputs,
  type SignerInputs,
} from "./key-inputs";
import { KeyPair } from "./key-pair";
import { tlsInputs } from "./operator-inputs";
import { NatsResource } from "./resource";
import { SigningKey } from "./signing-key";
import { systemExports } from "./system-account";

/** The system account of an operator. */
export interface SystemAccountArgs {
  /** Its name for people. Default: `"SYS"`. */
  name?: pulumi.Input<string> | undefined;
  /** Its identity key. Default: a generated one. */
  key?: KeyArg | undefined;
  /** The key that signs its users, and with it everything that is pushed. Default: a generated one. */
  signingKey?: KeyArg | undefined;
}

/** Arguments of {@link Operator}. */
export interface OperatorArgs {
  /** Name in the JWT. Default: the resource's name; it stays when the resource is renamed. A change re-signs. */
  name?: pulumi.Input<string> | undefined;
  /** The identity key; signs the operator JWT. Default: a generated one. Another key is another operator: everything is replaced. */
  key?: KeyArg | undefined;
  /**
   * The operator JWT, signed where the identity seed is kept; `key` is then its public key alone. It must list the key that signs
   * accounts, and the system account. Default: signed here.
   */
  jwt?: pulumi.Input<string> | undefined;
  /** Keys that sign accounts; the first one with a seed does. Default: one generated key. A change re-signs the operator JWT. */
  signingKeys?: KeyArg[] | undefined;
  /** The system account, as which accounts are pushed. Default: `SYS` with the monitoring exports that nsc gives it. */
  systemAccount?: SystemAccountArgs | undefined;
  /**
   * Strict mode: servers refuse accounts and users that an identity key signed. Accounts of the
   * program then make a signing key each. Default: `false`. A change re-signs the operator JWT.
   */
  requireSigningKeys?: boolean | undefined;
  /**
   * Address of one nats-server of the cluster (`nats://`, `tls://`, `ws://`, `wss://`) that accounts are pushed to, or
   * several with commas; the others are discovered. With `https://` the base address of an HTTP account server.
   * Default: accounts are signed and not pushed. A change re-signs the operator JWT, which names it; accounts and users only store it.
   */
  accountServerUrl?: pulumi.Input<string> | undefined;
  /** How long to wait for a server that is not up yet. Default: `"1m"`. */
  waitForServer?: pulumi.Input<Duration> | undefined;
  /**
   * Names of the servers that must confirm each push. Default: those that held the account before, and
   * those that the servers know of. Give it when a server is gone for good, or before a cluster is
   * complete. Stored only.
   */
  expectServers?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** TLS of the connections that push, for `nats://`, `tls://` and `wss://`: authorities to trust, a certificate to show. Default: that of Node, where servers offer it or the address asks for it. Stored only. */
  tls?: DeepInput<TlsSettings> | undefined;
  /** Text of a creds file of a system user that pushes; kept as a secret. Default: a user is made for each connection, which lives for minutes. Stored only. */
  systemCreds?: pulumi.Input<string> | undefined;
  /** Where clients connect, for tools that read the operator JWT. Default: none. A change re-signs. */
  serviceUrls?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Tags in the JWT. Default: none. A change re-signs. */
  tags?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** Servers older than this version (`"2.10.0"`) refuse to start. Default: none is too old. A change re-signs. */
  assertServerVersion?: pulumi.Input<string> | undefined;
  /** Not valid before this instant; servers print it and do not enforce it. Default: at once. A change re-signs. */
  notBefore?: pulumi.Input<Instant> | undefined;
  /** Not valid after this instant; servers print it and do not enforce it. Default: never ends. A change re-signs. */
  expiresAt?: pulumi.Input<Instant> | undefined;
  /**
   * Whether warnings of this operator, its accounts and their users are errors: what looks wrong then stops the preview.
   * Default: `false`. Stored only.
   */
  strict?: boolean | undefined;
}

/**
 * The operator: the root of trust of a NATS system. Makes, unless given: the identity key
 * (`<name>-key`), a signing key (`<name>-signing`) and the system account (`<name>-sys`) with its keys.
 *
 * Servers must be **restarted** to take a changed operator JWT; it stays byte-equal until a claim changes.
 */
export class Operator extends NatsResource {
  /** The operator JWT; public. */
  declare readonly jwt: pulumi.Output<string>;
  /** @internal The identity key. */
  declare readonly key: pulumi.Output<SignerHandle>;
  /** @internal The key that signs accounts. */
  declare readonly signer: pulumi.Output<SignerHandle>;
  /** @internal The system account, and the key that signs its users. */
  declare readonly system: pulumi.Output<{ publicKey: string; signer: SignerHandle }>;
  /** Public key (`O…`) of the identity. */
  readonly publicKey: pulumi.Output<string>;
  /** The system account. */
  readonly systemAccount: Account;
  /**
   * Plain data for a `StackReference`: lets another stack sign accounts and push them. It holds
   * seeds, which are secret.
   */
  readonly handle: DeepInput<OperatorHandle>;

  constructor(name: string, args: OperatorArgs = {}, opts: pulumi.CustomResourceOptions = {}) {
    const key =
      args.key ??
      new KeyPair(`${name}-key`, { kind: "operator" }, childOptions(opts, "KeyPair", "-key"));
    const signingKeys = args.signingKeys ?? [
      new SigningKey(
        `${name}-signing`,
        { kind: "operator" },
        childOptions(opts, "SigningKey", "-signing"),
      ),
    ];
    const system = args.systemAccount ?? {};
    const systemKey =
      system.key ??
      new KeyPair(
        `${name}-sys-key`,
        { kind: "account" },
        childOptions(opts, "KeyPair", "-sys-key"),
      );
    const systemSigningKey =
      system.signingKey ??
      new SigningKey(
        `${name}-sys-signing`,
        { kind: "account" },
        childOptions(opts, "SigningKey", "-sys-signing"),
      );

    const identity = keyInputs(key);
    const {
      key: _key,
      signingKeys: _signingKeys,
      systemAccount: _systemAccount,
      waitForServer: _waitForServer,
      expectServers: _expectServers,
      tls: _tls,
      systemCreds: _systemCreds,
      ...claims
    } = args;
    super(
      "Operator",
      name,
      {
        ...claims,
        resourceName: name,
        key: identity,
        signingKeys: [
          ...signingKeys.map((signingKey) => keyInputs(signingKey).publicKey),
          ...signingKeys.flatMap(retiredKeys),
        ],
        signer: signerOf(signingKeys, key, args.requireSigningKeys ?? false),
        system: {
          publicKey: keyInputs(systemKey).publicKey,
          signer: rotatingInputs(systemSigningKey),
        },
        connection: connectionInputs(args),
      },
      { plain: ["jwt"] },
      opts,
    );
    this.publicKey = pulumi.unsecret(this.key.apply(({ publicKey }) => publicKey));
    const ownSystem = accountInputs(this.system);
    // Read from its outputs: what uses the handle then waits for the operator, and for nothing else.
    this.handle = {
      publicKey: this.publicKey,
      signer: rotatingInputs(this.signer),
      ...(args.requireSigningKeys === undefined
        ? {}
        : { requireSigningKeys: args.requireSigningKeys }),
      ...(args.accountServerUrl === undefined ? {} : { accountServerUrl: args.accountServerUrl }),
      ...(args.waitForServer === undefined ? {} : { waitForServer: args.waitForServer }),
      ...(args.expectServers === undefined ? {} : { expectServers: args.expectServers }),
      ...(args.tls === undefined ? {} : { tls: tlsInputs(args.tls) }),
      ...(args.systemCreds === undefined ? {} : { systemCreds: pulumi.secret(args.systemCreds) }),
      ...(args.strict === undefined ? {} : { strict: args.strict }),
      systemAccount: { publicKey: ownSystem.publicKey, signer: ownSystem.signer },
    } as DeepInput<OperatorHandle>;
    this.systemAccount = new Account(
      `${name}-sys`,
      {
        operator: this,
        name: system.name ?? "SYS",
        key: systemKey,
        signingKeys: [systemSigningKey],
        exports: systemExports,
        system: true,
      },
      { ...childOptions({ ...opts, aliases: [] }, "Account", "-sys"), parent: this },
    );
  }
}

/** How to ask the servers whether a key that is dropped is still in use. */
function connectionInputs({ tls, systemCreds }: OperatorArgs): pulumi.Inputs | undefined {
  if (tls === undefined && systemCreds === undefined) return undefined;
  return {
    tls: tlsInputs(tls),
    creds: systemCreds === undefined ? undefined : pulumi.secret(systemCreds),
  };
}

function signerOf(signingKeys: KeyArg[], identity: KeyArg, strict: boolean): SignerInputs {
  const able = signingKeys.find((key) => !isPublicOnly(key));
  return rotatingInputs(able ?? (strict ? signingKeys[0] : identity) ?? identity);
}
