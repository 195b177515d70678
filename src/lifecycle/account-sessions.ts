/** What a change of an account means for those who are connected, said in previews: a line less may lock out many, or let somebody in again. */
import {
  type AccountClaims,
  accountFromWire,
  decodeToken,
  formatInstant,
  type ScopedKey,
} from "../claims/index";
import { renewalOfAccount } from "../renewal";
import { claimsOf } from "./account-inputs";
import { sameValue } from "./common";
import { renewalText } from "./expiry";
import type { Properties } from "./hooks";
import { say, warn } from "./log";
import { addedRevocations, liftedRevocations, revocationText } from "./revocations";

/** Says it of a change of which everything is known. */
export function tellOfSessions(olds: Properties, news: Properties): void {
  const account = `account "${news["name"]}"`;
  for (const entry of Object.entries(liftedRevocations(olds, news))) {
    const { who, upTo } = revocationText(entry);
    warn(
      `${account}: the revocation of ${who} is taken back: tokens issued up to ${upTo} that have not expired are let in again`,
    );
  }
  for (const entry of Object.entries(addedRevocations(olds, news))) {
    const { who, upTo } = revocationText(entry);
    say(`${account} revokes ${who}: sessions with tokens issued up to ${upTo} are closed`);
  }
  const token = decodeToken((olds["found"] ?? olds["jwt"]) as string);
  const [before, after] = [accountFromWire(token), claimsOf(news)];
  for (const line of keyLines(before, after)) say(`${account}: ${line}`);
  if (token.exp !== undefined && before.expiresAt !== after.expiresAt) {
    say(
      `${account}: ${renewalText(formatInstant(token.exp), news, renewalOfAccount)}; no session is closed by that`,
    );
  }
}

type Keys = AccountClaims["signingKeys"];

/** Servers close the sessions of a key that goes, and of one whose role changes in any way. */
function keyLines({ signingKeys: before }: AccountClaims, { signingKeys: after }: AccountClaims) {
  const kept = byKey(after);
  return [...byKey(before)].flatMap(([key, old]) => {
    const now = kept.get(key);
    if (sameValue(old, now)) return [];
    const [of, where] =
      typeof old === "string" ? ["", ""] : [` of role "${old.role}"`, ` (${old.role})`];
    return now === undefined
      ? `signing key ${key}${where} is dropped: sessions that it signed are closed, and creds that it signed are refused`
      : `the role of signing key ${key}${where} changes: sessions${of} are closed, and come back with what it says then`;
  });
}

function byKey(keys: Keys = []): Map<string, string | ScopedKey> {
  return new Map(keys.map((one) => [typeof one === "string" ? one : one.key, one]));
}
