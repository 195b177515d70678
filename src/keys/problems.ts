/** What is wrong with a text that should be a key, in words that can be shown: the value itself never is. */

import { type AnyKeyKind, decodeKey, type KeyKind, LETTERS, SEED_LENGTH } from "./codec";

/** The kind of a valid public key; `undefined` for everything else, seeds and server keys included. */
export function keyKindOf(text: string): KeyKind | undefined {
  return ownKind(text, false);
}

/** The kind of a valid seed; `undefined` for everything else. */
export function seedKindOf(text: string): KeyKind | undefined {
  return ownKind(text, true);
}

function ownKind(text: string, secret: boolean): KeyKind | undefined {
  if (typeof text !== "string") return undefined;
  const key = decodeKey(text);
  if ("problem" in key || key.secret !== secret) return undefined;
  return key.kind === "server" || key.kind === "cluster" ? undefined : key.kind;
}

/** Why `value` is no public key of one of `kinds`: a phrase such as `is a user key, …`. `undefined` when it is one. */
export function publicKeyProblem(value: unknown, kinds: readonly AnyKeyKind[]): string | undefined {
  const shape = textProblem(value);
  if (shape !== undefined) return shape;
  const text = value as string;
  const key = decodeKey(text);
  if ("problem" in key ? looksLikeSeed(text) : key.secret) {
    const letters = kinds.map((kind) => LETTERS[kind]).join(" or ");
    return `is a seed (secret); give the public key, which starts with ${letters}`;
  }
  if ("problem" in key) return `is no valid key: ${key.problem}`;
  if (!kinds.includes(key.kind)) {
    return `is ${article(key.kind)} key, ${wanted(kinds, "key", "")} is needed`;
  }
  return undefined;
}

/** Why `value` is no seed of one of `kinds`, as a phrase. `undefined` when it is one. */
export function seedProblem(value: unknown, kinds: readonly KeyKind[]): string | undefined {
  const shape = textProblem(value);
  if (shape !== undefined) return shape;
  const key = decodeKey(value as string);
  if ("problem" in key) return `is no valid seed: ${key.problem}`;
  if (!key.secret) {
    const letters = kinds.map((kind) => `S${LETTERS[kind]}`).join(" or ");
    return `is a public key; give the seed, which starts with ${letters}`;
  }
  if (!(kinds as readonly AnyKeyKind[]).includes(key.kind)) {
    return `is ${article(key.kind)} seed, ${wanted(kinds, "seed", "S")} is needed`;
  }
  return undefined;
}

function textProblem(value: unknown): string | undefined {
  if (typeof value !== "string") return "must be a key as text";
  if (value === "") return "is empty";
  if (value !== value.trim()) return "has white space around it";
  if (value.startsWith("eyJ")) return "is a JWT, not a key";
  if (value.startsWith("-----BEGIN")) return "is a file with a key in it, not the key itself";
  return undefined;
}

/** A seed with a typing mistake must be called one too, or people paste it into a bug report. */
function looksLikeSeed(text: string): boolean {
  return /^S[OAUXNC][A-Z0-9]{18,}$/i.test(text) && text.length <= SEED_LENGTH + 4;
}

function article(kind: AnyKeyKind): string {
  return kind === "operator" || kind === "account" ? `an ${kind}` : `a ${kind}`;
}

function wanted(kinds: readonly AnyKeyKind[], noun: string, before: string): string {
  return kinds.map((kind) => `${article(kind)} ${noun} (${before}${LETTERS[kind]}…)`).join(" or ");
}
