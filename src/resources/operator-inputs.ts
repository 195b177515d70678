/** Operators, and the servers behind them, as nested inputs of the resources that they sign or that are pushed. */
import * as pulumi from "@pulumi/pulumi";
import type { TlsSettings } from "../resolver/target";
import { field, follow, oncePerHandle, publicField, secretField } from "./handle-fields";
import type { DeepInput } from "./handles";
import { type SignerInputs, signerInputs } from "./key-inputs";

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
