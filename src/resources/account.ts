import * as pulumi from "@pulumi/pulumi";
import {
  type AccountLimits,
  type Duration,
  type Export,
  exportsOf,
  type Import,
  type Instant,
  type JetStreamLimits,
  type MappingTarget,
  type MessageTrace,
  type Permissions,
  type ScopedKey,
} from "../claims/index";
import { renewalOfAccount } from "../renewal";
import type { TlsSettings } from "../resolver/target";
import { type AccountInputs, authorityInput } from "./account-inputs";
import { Activation } from "./activation";
import { childOptions } from "./child-options";
import { type Declared, exporterHint, importerHints, noteAccount } from "./exchange";
import type { AccountHandle, DeepInput, KeyArg, OperatorArg, OperatorHandle } from "./handles";
import {
  eitherKey,
  hasRole,
  isPublicOnly,
  type KeyInputs,
  keyInputs,
  listedKeyInputs,
  type SignerInputs,
  userSignerInputs,
} from "./key-inputs";
import { KeyPair } from "./key-pair";
import { isStrict, operatorInputs, requiresSigningKeys, serverInputs } from "./operator-inputs";
import { type LifetimeArgs, renewalOf } from "./renewal";
import { isKind, NatsResource } from "./resource";
import { SigningKey } from "./signing-key";

/** An account in any form: an instance, plain data of it, an output of that, or its public key. */
export type AccountArg = Account | DeepInput<AccountHandle> | pulumi.Input<string>;

/** A stream or service of another account. Exactly one of `stream` and `service` is given. */
export type ImportArgs = { [K in keyof Omit<Import, "account">]: DeepInput<Import[K]> } & {
  /** The account that exports it. An instance also makes Pulumi push the exporter first. */
  account: AccountArg;
};

/** Who is asked before a user of the account may connect: auth callout. A change of it is effective at once. */
export interface ExternalAuthorizationArgs {
  /** Users that connect without it: those of the authorization service itself. Each needs a `KeyPair`, as its account names it before it is made. */
  authUsers: (KeyArg | pulumi.Input<string>)[];
  /** Accounts that the service may put users into, or `["*"]` for all. Default: this account only. */
  allowedAccounts?: AccountArg[] | undefined;
  /** Curve key of the service: servers encrypt their requests for it. Default: not encrypted. */
  xkey?: KeyArg | pulumi.Input<string> | undefined;
}

/** Where this account is pushed, when that is not what its operator says. A change is stored; nothing is signed or pushed. */
export interface ServerArgs {
  /** Addresses of one server or several of one cluster. Default: the operator's `accountServerUrl`. */
  url?: pulumi.Input<string | pulumi.Input<string>[]> | undefined;
  /** Names of the servers that must confirm. Default: the operator's `expectServers`. */
  expect?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /** How long to wait for a server that is not up yet. Default: the operator's `waitForServer`. */
  waitFor?: pulumi.Input<Duration> | undefined;
  /** TLS of the connections; refused for `ws://` and `https://`, which have none of this. Default: the operator's `tls`; `{}` does without that. */
  tls?: DeepInput<TlsSettings> | undefined;
  /** Text of a creds file of a system user that pushes; kept as a secret. Default: the operator's `systemCreds`, else a user is made for each connection. */
  creds?: pulumi.Input<string> | undefined;
  /** The same as a file, read at each connect. */
  credsFile?: pulumi.Input<string> | undefined;
}

/** Arguments of {@link Account}. A change of a claim re-signs the JWT and pushes it to every server. */
export interface AccountArgs {
  /** The operator that signs it: an instance, or plain data from another stack (`operator.handle`). */
  operator: OperatorArg;
  /** Name in the JWT. Default: the resource's name; it stays when the resource is renamed. */
  name?: pulumi.Input<string> | undefined;
  /** The identity key. Default: a generated one (`<name>-key`). Another key is another account: it is replaced. */
  key?: KeyArg | undefined;
  /** Keys that may sign users besides the identity key; those with a role sign users of that role only. Default: none; one (`<name>-signing`) where the operator requires signing keys. Removing one closes the sessions it signed. */
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
  /** Subject of published messages (`*` allowed) to where they go instead: one target or several with weights. Default: none. */
  mappings?: DeepInput<Record<string, (string | MappingTarget)[]>> | undefined;
  /** Asks an authorization service before users may connect. Default: nobody is asked. */
  authorization?: ExternalAuthorizationArgs | undefined;
  /** Where traces of messages go that carry a sampled `traceparent` header. Default: nowhere. */
  trace?: DeepInput<MessageTrace> | undefined;
  /** Which account the traffic of JetStream's replication is counted to: `"owner"` is this one. Default: `"system"`. */
  clusterTraffic?: pulumi.Input<"system" | "owner"> | undefined;
  /** Not valid before this instant: until then nobody gets in. Default: at once. */
  notBefore?: pulumi.Input<Instant> | undefined;
  /** Not valid after this instant: all sessions are closed then, and JetStream stops. Default: never ends. */
  expiresAt?: pulumi.Input<Instant> | undefined;
  /** Lifetime, counted from the first `up`; becomes a fixed `expiresAt`, which moves only when renewal is due. At least `"7d"` with JetStream. A renewal closes no session. */
  expiresIn?: pulumi.Input<Duration> | undefined;
  /** How long before its end an `up` renews it: at least half of `expiresIn`. Default: half of it. */
  renewBefore?: pulumi.Input<Duration> | undefined;
  /**
   * Public key of a user, or `*` for everybody, to the instant (or unix second) up to which its tokens are refused: for users that
   * no stack holds. Closes their sessions. Deleted users are revoked by themselves. Taking a line away lets them in again, as the preview says. Default: none.
   */
  revocations?: DeepInput<Record<string, Instant | number>> | undefined;
  /**
   * Longest lifetime of its users' tokens: users that live longer are refused in the preview. Revocations that are older than that
   * become a single one of `*`, so that the list does not grow for ever; it refuses all tokens of that age, also those that were
   * signed before this was declared, or elsewhere. A preview warns where it is new or shorter. Default: no limit, and none is dropped.
   */
  maxUserLifetime?: pulumi.Input<Duration> | undefined;
  /** Where it is pushed. Default: the operator's servers. */
  server?: ServerArgs | undefined;
  /**
   * What an update does when somebody else changed the account on the servers: `"fail"` names the claims that differ,
   * `"overwrite"` pushes what the program says. Revocations of others are kept either way. Default: `"fail"`.
   */
  conflict?: pulumi.Input<"fail" | "overwrite"> | undefined;
  /**
   * What its deletion does: `"delete"` locks it on every server, then removes it; `"lock"` locks it and keeps its streams and
   * claims, until it is declared again under the same key; `"retain"` leaves it open. Default: `"delete"`. Stored only.
   */
  onDelete?: pulumi.Input<"delete" | "lock" | "retain"> | undefined;
  /** Deletes it although it has streams, or other accounts import from it. Default: `false`, then the deletion fails and names them. Stored only. */
  forceDelete?: pulumi.Input<boolean> | undefined;
  /** How long the lock of a deleted account lasts where it could not be removed: longer than any server is ever away. Default: `"30d"`. Stored only. */
  tombstoneFor?: pulumi.Input<Duration> | undefined;
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
  /** The instant after which the JWT is not valid, as `expiresAt` or `expiresIn` say. */
  declare readonly expiresAt: pulumi.Output<Instant | undefined>;
  /** How servers differed at the last `pulumi refresh`, a line each; the next `up` repairs it. Undefined when none did. */
  declare readonly drift: pulumi.Output<string[] | undefined>;
  /** Keys that may sign its users besides the identity key. */
  declare readonly signingKeys: pulumi.Output<(string | ScopedKey)[] | undefined>;
  /** @internal Who signs it. */
  declare readonly operator: pulumi.Output<unknown>;
  /** @internal Where it is pushed. */
  declare readonly server: pulumi.Output<unknown>;
  /** Plain data for a `StackReference`: lets another stack issue users, not change the account. It holds a seed, which is secret. */
  readonly handle: DeepInput<AccountHandle>;
  /** @internal What its users sign and revoke with. */
  readonly __forUsers: AccountInputs;
  /** @internal When it expires and is renewed, as the program says it. */
  readonly __lifetime: LifetimeArgs;
  /** @internal What it offers, as the program says it. */
  readonly __exports: DeepInput<Export[]> | undefined;
  /** @internal Its tags, as the program says them. */
  readonly __tags: pulumi.Input<pulumi.Input<string>[]>;

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
      authorization: asks,
      ...claims
    } = args;
    const listed = signingKeys && listedKeyInputs(signingKeys);
    const declared: Declared = {
      name: args.name ?? name,
      publicKey: identity.publicKey,
      exports: args.exports,
      signingKeys: listed,
      imports: imports?.map((entry) => importInputs(entry, name, identity, opts)),
      partners: (imports ?? []).map(({ account }) => account as object | string),
    };
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
        server:
          args.system && server
            ? { url: server.url, system: server.system, tls: server.tls }
            : server,
        signingKeys: listed,
        authorization: asks === undefined ? undefined : authorizationInputs(asks),
        imports: declared.imports?.map((entry, index) => ({
          ...entry,
          exporter: exporterHint(declared.partners[index]),
        })),
        exchange: importerHints(declared, key),
      },
      { plain: ["name", "jwt", "expiresAt", "servers", "signingKeys", "drift"] },
      // Under one key, a delete after the create would remove what was just made.
      pulumi.mergeOptions(opts, { deleteBeforeReplace: true }),
    );
    this.__lifetime = args;
    this.__exports = args.exports;
    this.__tags = args.tags ?? [];
    noteAccount(this, key, declared);
    const signer = defaultSigner(key, signingKeys, strict);
    const warningsBlock = isStrict(operator);
    const shared = {
      publicKey: this.publicKey,
      name: this.name,
      signer,
      ...(warningsBlock === undefined ? {} : { strict: warningsBlock }),
      ...(args.maxUserLifetime === undefined ? {} : { maxUserLifetime: args.maxUserLifetime }),
    };
    this.handle = {
      ...shared,
      ...(strict === undefined ? {} : { requireSigningKeys: strict }),
    } as DeepInput<AccountHandle>;
    // Read from its outputs: a user waits for its account, and is not tied to what the account was made of.
    const servers = args.system || server === undefined ? server : this.server;
    this.__forUsers = {
      ...shared,
      authority: authorityInput({ operator: this.operator, server: servers }),
      // Templates may ask for them.
      ...(signer.role === undefined ? {} : { tags: this.__tags }),
    };
  }

  /** The instant from which an `up` renews the JWT; undefined where it is not renewed. */
  get renewsAt(): pulumi.Output<Instant | undefined> {
    return renewalOf(this.__lifetime, this.expiresAt, renewalOfAccount);
  }
}

/** An import as the JWT has it; for a private export of an account of this program the activation is made. */
function importInputs(
  { account, token, ...rest }: ImportArgs,
  importer: string,
  identity: KeyInputs,
  opts: pulumi.CustomResourceOptions,
): pulumi.Inputs {
  const made = token ?? activationOf({ account, ...rest }, importer, identity, opts)?.token;
  return { ...rest, token: made, account: keyInputs(account).publicKey };
}

function activationOf(
  { account, stream, service }: ImportArgs,
  importer: string,
  identity: KeyInputs,
  opts: pulumi.CustomResourceOptions,
): Activation | undefined {
  if (!isKind(account, "Account")) return undefined;
  const exporter = account as Account;
  const wanted = stream === undefined ? { service } : { stream };
  // What is an output is not known when the program runs; then the program declares the activation.
  const exports = Array.isArray(exporter.__exports) ? (exporter.__exports as Export[]) : [];
  const offers = exportsOf(wanted as Partial<Import> as Import, exports);
  const isPrivate = offers.some((entry) => entry.tokenRequired);
  if (!isPrivate) return undefined;
  const suffix = `-${exporter.__name}-${stream ?? service}`
    .replaceAll("*", "any")
    .replace(/>$/, "all");
  return new Activation(
    `${importer}${suffix}`,
    { account: exporter, importer: identity.publicKey, ...(wanted as { stream?: string }) },
    childOptions(opts, "Activation", suffix),
  );
}

function authorizationInputs(asks: ExternalAuthorizationArgs): pulumi.Inputs {
  return {
    authUsers: asks.authUsers.map((user) => keyInputs(user).publicKey),
    allowedAccounts: asks.allowedAccounts?.map((account) => keyInputs(account).publicKey),
    xkey: asks.xkey === undefined ? undefined : keyInputs(asks.xkey).publicKey,
  };
}

/** As nsc does: the identity key signs users, unless it may not or its seed is kept elsewhere. A key with a role signs only where it is asked to, or where no other can. */
function defaultSigner(
  identity: KeyArg,
  signingKeys: (KeyArg | pulumi.Input<string>)[] | undefined,
  strict: boolean | pulumi.Output<boolean | undefined> | undefined,
): SignerInputs {
  const able = signingKeys?.filter((key) => !isPublicOnly(key)) ?? [];
  const first = able.find((key) => !hasRole(key)) ?? able[0] ?? signingKeys?.[0];
  if (first === undefined) return keyInputs(identity);
  const signing = userSignerInputs(first);
  if (strict === true || isPublicOnly(identity)) return signing;
  if (!strict) return keyInputs(identity);
  return eitherKey(strict, signing, keyInputs(identity));
}
