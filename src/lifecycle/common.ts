/** Small things that several lifecycles need. */
import { isDeepStrictEqual } from "node:util";
import type { Issue } from "../claims/index";
import { type KeyKind, publicKeyOf, publicKeyProblem, seedProblem } from "../keys/index";
import type { Properties } from "./hooks";

/** The named properties that are there. */
export function pick(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(
    names.filter((name) => properties[name] !== undefined).map((name) => [name, properties[name]]),
  );
}

/** Whether two plain values are the same, whatever the order of their keys. */
export function sameValue(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}

/**
 * The name in the claims is the resource's first name unless another is given. It stays when the
 * resource is renamed with an alias: a rename must not sign anything anew.
 */
export function stickyName(olds: Properties, news: Properties): Properties {
  const { resourceName, ...inputs } = news;
  return { ...inputs, name: news["name"] ?? olds["name"] ?? resourceName };
}

/** Keys that were rotated away come as lists at the end of the others (`resources/key-inputs.ts`), so that each stays known in previews. */
export function withFlatKeys(inputs: Properties): Properties {
  const keys = inputs["signingKeys"];
  return Array.isArray(keys) ? { ...inputs, signingKeys: keys.flat() } : inputs;
}

/** Names that mean nothing here: a misspelt argument must not be dropped in silence. */
export function unknownNames(
  inputs: Properties,
  args: readonly string[],
  made: readonly string[] = [],
): Issue[] {
  return Object.keys(inputs)
    .filter((name) => !args.includes(name) && !made.includes(name))
    .map((path) => ({
      path,
      message: `is no known property; known are ${args.join(", ")}`,
      severity: "error",
    }));
}

/** What is wrong with a property that is one of a few words. */
export function oneOfIssues(inputs: Properties, path: string, words: readonly string[]): Issue[] {
  const value = inputs[path];
  if (value === undefined || words.includes(value as string)) return [];
  const message = `must be one of ${words.join(", ")}`;
  return [{ path, message, severity: "error" }];
}

/** What is wrong with a nested key that has to sign. */
export function keyIssues(path: string, key: unknown, kind: KeyKind, purpose: string): Issue[] {
  const issues: Issue[] = [];
  const error = (name: string, message: string) =>
    issues.push({ path: `${path}.${name}`, message, severity: "error" });
  const { publicKey, seed } = (key ?? {}) as Properties;
  const publicKeyIs = publicKeyProblem(publicKey, [kind]);
  if (publicKeyIs) error("publicKey", publicKeyIs);
  if (seed === undefined) {
    error(
      "seed",
      `is needed to ${purpose}; give a KeyPair that was generated or adopted from its seed`,
    );
    return issues;
  }
  const seedIs = seedProblem(seed, [kind]);
  if (seedIs) error("seed", seedIs);
  else if (!publicKeyIs && publicKeyOf(seed as string) !== publicKey)
    error("seed", "does not belong to the public key");
  return issues;
}
