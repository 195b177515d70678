/**
 * With what an account is changed on its servers, as one text. Each user keeps it for its deletion: as one
 * secret it weighs a third of what its parts do, on every write of the state. Public keys beside their seeds are left out.
 */

import { publicKeyOf } from "./keys/index";

/** The operator that signs, and where and as whom to push. */
export interface Authority {
  operator?: unknown;
  server?: unknown;
}

/** Writes the text; it holds seeds. */
export function writeAuthority(authority: Authority): string {
  return JSON.stringify(authority, (_, value) => {
    if (value === null) return undefined;
    if (!hasSeed(value)) return value;
    const { publicKey: _publicKey, ...rest } = value;
    return rest;
  });
}

let last: { text: string; authority: Authority } | undefined;

/** Reads it back, public keys included. All users of an account have the same one, so the last is kept. */
export function readAuthority(text: string): Authority {
  if (last?.text !== text) {
    const authority = JSON.parse(text, (_, value) =>
      hasSeed(value) ? { publicKey: publicKeyOf(value.seed), ...value } : value,
    );
    last = { text, authority };
  }
  return last.authority;
}

function hasSeed(value: unknown): value is { seed: string; publicKey?: string } {
  return typeof (value as { seed?: unknown } | null)?.seed === "string";
}
