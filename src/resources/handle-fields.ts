/** Reading handles: instances, plain data, or outputs of either; what is public stays readable in previews, seeds are secret. */
import * as pulumi from "@pulumi/pulumi";

/** One step into a handle. */
export type Step = (value: Record<string, unknown>) => unknown;

/** Follows steps through plain data, and through an output as soon as one is met. */
export function follow(root: unknown, steps: readonly Step[]): unknown {
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

/** The step to a field; of a key as text its public key is the text. */
export const field =
  (name: string): Step =>
  (value) =>
    typeof value === "string" ? (name === "publicKey" ? value : undefined) : value[name];

function looksLikeSeed(value: unknown): boolean {
  return typeof value === "string" && /^\s*S[A-Z2-7]{20,}/.test(value);
}

/** A public field, readable in previews even where it comes out of a secret; but a seed put there by mistake stays secret. */
export function publicField(root: unknown, ...steps: Step[]): pulumi.Input<string> | undefined {
  const value = follow(root, steps);
  if (value === undefined) return undefined;
  return pulumi
    .unsecret(pulumi.output(value as pulumi.Input<string>))
    .apply((known) => (looksLikeSeed(known) ? pulumi.secret(known) : known) as string);
}

export function secretField(root: unknown, ...steps: Step[]): pulumi.Input<string> | undefined {
  const value = follow(root, steps);
  return value === undefined ? undefined : pulumi.secret(value as pulumi.Input<string>);
}

/** One result for each handle: hundreds of accounts have the same operator, and each output costs the SDK four promises. */
export function oncePerHandle<T extends object>(
  make: (handle: unknown) => T,
): (handle: unknown) => T {
  const made = new WeakMap<object, T>();
  return (handle) => {
    if (typeof handle !== "object" || handle === null) return make(handle);
    const known = made.get(handle) ?? make(handle);
    made.set(handle, known);
    return known;
  };
}
