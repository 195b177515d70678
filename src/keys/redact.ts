/** The last line of defence: takes secrets out of text that is about to be shown. */

import { decodeKey } from "./codec";

const MARK = "[secret]";

// A block of a creds or seed file, even when its end is cut off. The bounds keep hostile text from costing quadratic time.
const BLOCK =
  /(?<!-)-{3,} ?BEGIN [^\n]{0,100}-{3,}[\s\S]*?(?:(?<!-)-{3,} ?END [^\n]{0,100}-{3,}|$)/g;
// A JWT, or a piece of one: its first part starts with `{"` in base64.
const TOKEN = /eyJ[\w-]{3,}(?:\.[\w-]*)+|eyJ[\w-]{17,}/g;
const RUN = /[A-Za-z0-9]{20,}/g;
// Also with a typing mistake, cut off, or with letters before it.
const SEED_LIKE = /S[OAUXNC][A-Z0-9]{18}/;
// Upper-casing would bring the seed back.
const LOWER_SEED = /s[oauxnc][a-z2-7]{50}/i;

/** Most texts are looked at once: a secret is a long run of letters and digits, a token, or a block of a file. */
function isHarmless(text: string): boolean {
  if (text.includes("eyJ") || text.includes("BEGIN ")) return false;
  return text.length < 20 || !/[A-Za-z0-9]{20}/.test(text);
}

/** Replaces everything that looks like a seed, creds or a JWT by `[secret]`. Valid public keys stay. */
export function redact(text: string): string {
  if (isHarmless(text)) return text;
  return text
    .replace(BLOCK, MARK)
    .replace(TOKEN, MARK)
    .replace(RUN, (run) => {
      if (!SEED_LIKE.test(run) && !LOWER_SEED.test(run)) return run;
      const key = decodeKey(run);
      // One in five public keys has the letters of a seed somewhere inside.
      return "problem" in key || key.secret ? MARK : run;
    });
}
