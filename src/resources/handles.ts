/**
 * What a person has in hand of another resource: an instance, or plain data from another stack. This
 * turns either into nested inputs, with public fields readable and seeds secret.
 */
import * as pulumi from "@pulumi/pulumi";
import { type Authority, writeAuthority } from "../authority-text";
import type { Duration, ScopedKey, UserTemplate } from "../claims/index";
import type { TlsSettings } from "../resolver/target";
import type { KeyPair } from "./key-pair";
import { isKind } from "./resource";
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

/** Nested inputs of a key. */
export interface KeyInputs {
  publicKey: pulumi.Input<string>;
  seed?: pulumi.Input<string> | undefined;
}

/** Nested inputs of a key that signs. */
export interface SignerInputs extends KeyInputs {
  /** The key before its rotation: it signs for the operator, or as the system account, until all servers know the new one. */
  former?: pulumi.Input<unknown> | undefined;
  /** The role of what it signs. */
  role?: DeepInput<Role> | undefined;
}

/** Nested inputs of an operator's authority. */
export interface OperatorInputs {
  publicKey: pulumi.Input<string>;
  signer: SignerInputs;
  requireSigningKeys?: pulumi.Input<boolean> | undefined;
  strict?: pulumi.Input<boolean> | undefined;
}

/** Nested inputs of where and as whom to push. */
export interface ServerInputs {
  url: pulumi.Input<string | pulumi.Input<string>[]>;
  /** Absent where the operator's plain data has none; that is refused in the preview. */
  system?: { publicKey: pulumi.Input<string>; signer: SignerInputs } | undefined;
  waitFor?: pulumi.Input<string> | undefined;
  expect?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  tls?: DeepInput<TlsSettings> | undefined;
  creds?: pulumi.Input<string> | undefined;
  credsFile?: pulumi.Input<string> | undefined;
}

type NamedServers = { [K in keyof ServerInputs]: ServerInputs[K] | undefined };

type Step = (value: Record<string, unknown>) => unknown;

/** Follows steps through plain data, and through an output as soon as one is met. */
function follow(root: unknown, steps: readonly Step[]): unknown {
  let value = root;
  for (const [index, step] of steps.entries()) {
    if (value === undefined || value === null) return undefined;
    if (pulumi.Output.isInstance(value)) {
      return value.apply((known: unknown) => follow(known, steps.slice(index)));
    }
    value = step(value as Record<string, unknown>);
  }
  return value;
}

const field =
  (name: string): Step =>
  (value) =>
    typeof value === "string" ? (name === "publicKey" ? value : undefined) : value[name];

/** The key that signs: named as such, or the handle itself where it is no more than a key. */
const signer: Step = (value) => value["signer"] ?? value;

function looksLikeSeed(value: unknown): boolean {
  return typeof value === "string" && /^\s*S[A-Z2-7]{20,}/.test(value);
}

/** A public field, readable in previews even where it comes out of a secret; but a seed put there by mistake stays secret. */
function publicField(root: unknown, ...steps: Step[]): pulumi.Input<string> | undefined {
  const value = follow(root, steps);
  if (value === undefined) return undefined;
  return pulumi
    .unsecret(pulumi.output(value as pulumi.Input<string>))
    .apply((known) => (looksLikeSeed(known) ? pulumi.secret(known) : known) as string);
}

function secretField(root: unknown, ...steps: Step[]): pulumi.Input<string> | undefined {
  const value = follow(root, steps);
  return value === undefined ? undefined : pulumi.secret(value as pulumi.Input<string>);
}

/** Nested inputs of a key given as instance, plain data, public key or an output of these. */
export function keyInputs(key: unknown): KeyInputs {
  return {
    publicKey: publicField(key, field("publicKey")) as pulumi.Input<string>,
    seed: secretField(key, field("seed")),
  };
}

function signerInputs(root: unknown, ...steps: Step[]): SignerInputs {
  return {
    publicKey: publicField(root, ...steps, signer, field("publicKey")) as pulumi.Input<string>,
    seed: secretField(root, ...steps, signer, field("seed")),
    role: publicField(root, ...steps, signer, role) as SignerInputs["role"],
    former: secretField(root, ...steps, signer, field("former")),
  };
}

/** Nested inputs of a key that signs for an operator, or as its system account. */
export function rotatingInputs(key: unknown): SignerInputs {
  return { ...keyInputs(key), former: secretField(key, field("former")) };
}

/** The role of a signing key: an instance keeps what it was made of, so that no user waits for it. */
const role: Step = (value) => value["__role"] ?? (value["publicKey"] ? value["role"] : undefined);

/** Nested inputs of a key that signs users, with the role that it gives them. */
export function userSignerInputs(key: unknown): SignerInputs {
  return { ...keyInputs(key), role: publicField(key, role) as SignerInputs["role"] };
}

/** Keys as an account's JWT lists them, those that were rotated away and still work in lists of their own at the end. */
export type ListedInputs = pulumi.Input<string | ScopedKey | (string | ScopedKey)[]>[];

/** What an account's JWT says of the keys that may sign its users. */
export function listedKeyInputs(keys: readonly unknown[]): ListedInputs {
  const inputs = keys.map(userSignerInputs);
  const retired = keys.flatMap((key, index) => {
    const { role } = inputs[index] as SignerInputs;
    return retiredKeys(key).map((list) =>
      role === undefined
        ? list
        : pulumi
            .all([list, role])
            .apply(([old, said]) => old.map((one) => listed(one, said as Role))),
    );
  });
  const current = inputs.map(({ publicKey, role }) =>
    role === undefined
      ? publicKey
      : pulumi.all([publicKey, role]).apply(([key, said]) => listed(key, said as Role)),
  );
  return [...current, ...retired];
}

function listed(key: string, role: Role | undefined): string | ScopedKey {
  if (!role) return key;
  const { name, description, ...template } = role;
  return { key, role: name, ...(description === undefined ? {} : { description }), template };
}

/** The keys that a rotating key was before, as one list; none for a key that does not rotate. */
export function retiredKeys(key: unknown): pulumi.Output<string[]>[] {
  const { retired } = (key ?? {}) as { retired?: pulumi.Output<{ publicKey: string }[]> };
  if (!isKind(key, "SigningKey") || retired === undefined) return [];
  return [retired.apply((list) => (list ?? []).map(({ publicKey }) => publicKey))];
}

/** One result for each handle: hundreds of accounts have the same operator, and each output costs the SDK four promises. */
function oncePerHandle<T extends object>(make: (handle: unknown) => T): (handle: unknown) => T {
  const made = new WeakMap<object, T>();
  return (handle) => {
    if (typeof handle !== "object" || handle === null) return make(handle);
    const known = made.get(handle) ?? make(handle);
    made.set(handle, known);
    return known;
  };
}

/** Nested inputs of an operator handle. */
export const operatorInputs = oncePerHandle((handle): OperatorInputs => {
  return {
    publicKey: publicField(handle, field("publicKey")) as pulumi.Input<string>,
    signer: signerInputs(handle),
    requireSigningKeys: publicField(handle, field("requireSigningKeys")) as never,
    strict: publicField(handle, field("strict")) as never,
  };
});

/** Nested inputs of the servers behind an operator handle; `undefined` where it names none. */
export function serverInputs(
  handle: unknown,
  override: Partial<NamedServers> = {},
): ServerInputs | undefined {
  const named = namedServers(handle);
  const url = override.url ?? named.url;
  if (url === undefined) return undefined;
  const { creds, credsFile } = override;
  return {
    url,
    system: named.system,
    waitFor: override.waitFor ?? named.waitFor,
    expect: override.expect ?? named.expect,
    tls: tlsInputs(override.tls ?? named.tls),
    creds:
      creds === undefined
        ? credsFile === undefined
          ? named.creds
          : undefined
        : pulumi.secret(creds),
    credsFile,
  };
}

/** TLS settings with the private key secret, and nothing else. */
export function tlsInputs(
  tls: DeepInput<TlsSettings> | undefined,
): DeepInput<TlsSettings> | undefined {
  if (tls === undefined) return undefined;
  // Of another stack's plain data it is only known later whether there are any: none is not the same as empty ones.
  if (pulumi.Output.isInstance(tls)) {
    const later = pulumi.unsecret(tls as pulumi.Output<TlsSettings | undefined>);
    return later.apply((known) => known && withSecretKey(known)) as pulumi.Output<TlsSettings>;
  }
  return withSecretKey(tls as { [Name in keyof TlsSettings]: DeepInput<TlsSettings[Name]> });
}

function withSecretKey<Settings extends { key?: unknown }>({ key, ...rest }: Settings) {
  return (key ? { ...rest, key: pulumi.secret(key) } : rest) as DeepInput<TlsSettings>;
}

/** The servers that an operator handle names. */
const namedServers = oncePerHandle((handle): NamedServers => {
  const system = field("systemAccount");
  const publicKey = publicField(handle, system, field("publicKey"));
  return {
    url: publicField(handle, field("accountServerUrl")),
    system:
      publicKey === undefined ? undefined : { publicKey, signer: signerInputs(handle, system) },
    waitFor: publicField(handle, field("waitForServer")),
    expect: publicField(handle, field("expectServers")) as never,
    tls: follow(handle, [field("tls")]) as never,
    creds: secretField(handle, field("systemCreds")),
    credsFile: undefined,
  };
});

type Flag = boolean | pulumi.Output<boolean | undefined> | undefined;

/** Whether the operator requires signing keys: known when the program runs, or out of another stack's data. */
export function requiresSigningKeys(handle: unknown): Flag {
  return follow(handle, [field("requireSigningKeys")]) as Flag;
}

/** Whether the operator takes warnings for errors. */
export function isStrict(handle: unknown): Flag {
  return follow(handle, [field("strict")]) as Flag;
}

/** Whether only the public half of a key is given, as far as the program says when it runs. */
export function isPublicOnly(key: unknown): boolean {
  if (typeof key === "string") return true;
  if (pulumi.Output.isInstance(key)) return false;
  const { __publicOnly, seed } = key as { __publicOnly?: boolean; seed?: unknown };
  return __publicOnly ?? seed === undefined;
}

/** Whether a key has a role, as far as the program says when it runs. */
export function hasRole(key: unknown): boolean {
  return (
    typeof key === "object" && key !== null && role(key as Record<string, unknown>) !== undefined
  );
}

/** One of two keys, when that turns on something known later. */
export function eitherKey(
  condition: pulumi.Output<boolean | undefined>,
  yes: SignerInputs,
  no: SignerInputs,
): SignerInputs {
  return {
    publicKey: condition.apply((so) => pulumi.output((so ? yes : no).publicKey)),
    seed: pulumi.secret(condition.apply((so) => pulumi.output((so ? yes : no).seed as string))),
    role: condition.apply((so) => pulumi.output((so ? yes : no).role as Role)),
  };
}

/** What a user needs of its account: who signs, and what revokes. */
export interface AccountInputs {
  publicKey: pulumi.Input<string>;
  name?: pulumi.Input<string> | undefined;
  signer: SignerInputs;
  /** Where no authority says it: whether servers refuse what the account's identity key signed. */
  requireSigningKeys?: pulumi.Input<boolean | undefined> | undefined;
  /** Longest lifetime of a token. */
  maxUserLifetime?: pulumi.Input<Duration | undefined> | undefined;
  /** Whether warnings are errors. */
  strict?: pulumi.Input<boolean | undefined> | undefined;
  /** Tags of the account, for the check of a role alone: they are no input. */
  tags?: pulumi.Input<pulumi.Input<string>[]> | undefined;
  /**
   * The operator and the servers, as one secret text. Users only keep it for their deletion, and the account
   * shows it in the open: every part of it would weigh on each user's state and each preview.
   */
  authority?: pulumi.Output<string | undefined> | undefined;
}

/** Nested inputs of an account handle, for its users. */
export function accountInputs(handle: unknown): AccountInputs {
  const operator = follow(handle, [field("operator")]);
  return {
    publicKey: publicField(handle, field("publicKey")) as pulumi.Input<string>,
    name: publicField(handle, field("name")),
    signer: signerInputs(handle),
    requireSigningKeys: publicField(handle, field("requireSigningKeys")) as never,
    maxUserLifetime: publicField(handle, field("maxUserLifetime")) as never,
    strict: publicField(handle, field("strict")) as never,
    authority:
      operator === undefined
        ? undefined
        : (pulumi
            .output(operator as OperatorHandle | undefined)
            .apply(authorityOf) as pulumi.Output<string | undefined>),
  };
}

function authorityOf(operator: OperatorHandle | undefined): pulumi.Output<string> | undefined {
  if (!operator) return undefined;
  return authorityInput({ operator: operatorInputs(operator), server: serverInputs(operator) });
}

/** What changes an account on its servers, as the secret text that its users keep. */
export function authorityInput(authority: Authority): pulumi.Output<string> {
  return pulumi.secret(pulumi.output(authority)).apply(writeAuthority);
}
