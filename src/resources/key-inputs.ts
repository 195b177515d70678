/** Keys as nested inputs of the resources that use them. */
import * as pulumi from "@pulumi/pulumi";
import type { ScopedKey } from "../claims/index";
import { field, publicField, type Step, secretField } from "./handle-fields";
import type { DeepInput, Role } from "./handles";
import { isKind } from "./resource";

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

/** The key that signs: named as such, or the handle itself where it is no more than a key. */
const signer: Step = (value) => value["signer"] ?? value;

/** Nested inputs of a key given as instance, plain data, public key or an output of these. */
export function keyInputs(key: unknown): KeyInputs {
  return {
    publicKey: publicField(key, field("publicKey")) as pulumi.Input<string>,
    seed: secretField(key, field("seed")),
  };
}

/** Nested inputs of the key that signs for a handle. */
export function signerInputs(root: unknown, ...steps: Step[]): SignerInputs {
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
