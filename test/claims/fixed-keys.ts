/** Keys that are the same in every run, so that whole tokens can be compared. */

import { type AnyKeyKind, generateKeyPair, type KeyPairData } from "../../src/keys";

/** The key of a kind whose 32 bytes are all `byte`. */
export function fixedKey(kind: AnyKeyKind, byte: number): KeyPairData {
  return generateKeyPair(kind, (size) => new Uint8Array(size).fill(byte));
}

export const OPERATOR = fixedKey("operator", 1);
export const OPERATOR_SIGNING = fixedKey("operator", 2);
export const ACCOUNT = fixedKey("account", 3);
export const ACCOUNT_SIGNING = fixedKey("account", 4);
export const OTHER_ACCOUNT = fixedKey("account", 5);
export const USER = fixedKey("user", 6);
export const OTHER_USER = fixedKey("user", 7);
export const CURVE = fixedKey("curve", 8);
export const SERVER = fixedKey("server", 9);

/** The frozen clock: 2023-11-14T22:13:20Z. */
export const NOW = 1_700_000_000;
