/** What a new token of a user means for the old one: servers keep no user tokens, so the old one goes on working by itself. */
import { decodeToken, formatInstant, parseInstant } from "../claims/index";
import { renewalOfUser } from "../renewal";
import { renewalText } from "./expiry";
import type { Properties } from "./hooks";
import { say } from "./log";
import { saysTheSame } from "./same-token";
import { accountOf, claimsOf } from "./user-inputs";

/** The end of a token that has none. */
const never = "never";

/**
 * Until when tokens of this user that came before are let in, where that is longer than the new one is: ISO 8601, or
 * `"never"` for no end. Its deletion has to revoke them although the last token may have expired.
 */
export function formerEnds(olds: Properties, jwt: string): string | undefined {
  const end = latest(endOf(olds["jwt"] as string), olds["formerEnds"] as string | undefined);
  return isLater(end, endOf(jwt)) ? end : undefined;
}

/** Whether any token of the user may be let in at that time, in unix seconds. */
export function mayLive({ jwt, formerEnds }: Properties, time: number): boolean {
  const end = latest(endOf(jwt as string), formerEnds as string | undefined);
  return end === never || parseInstant(end) >= time;
}

function latest(end: string, other = end): string {
  return isLater(other, end) ? other : end;
}

function endOf(jwt: string): string {
  const { exp } = decodeToken(jwt);
  return exp === undefined ? never : formatInstant(exp);
}

function isLater(end: string, than: string): boolean {
  return than !== never && (end === never || parseInstant(end) > parseInstant(than));
}

/** Says in previews how long the old token lives on; of a renewal, what was due. */
export function tellOfReissue(olds: Properties, news: Properties): void {
  const jwt = olds["jwt"] as string;
  const { iss, exp } = decodeToken(jwt);
  const who = `user "${news["name"]}"`;
  const end = exp === undefined ? undefined : formatInstant(exp);
  const signer = accountOf(news).signer.publicKey;
  const before = end === undefined ? {} : { expiresAt: end };
  const { expiresAt: _expiresAt, ...claims } = claimsOf(news);
  if (saysTheSame("user", jwt, signer, { ...claims, ...before })) {
    const closing =
      news["onReissue"] === "revoke" ? "; the old one is revoked and its sessions are closed" : "";
    say(`${who}: ${renewalText(end ?? "never", news, renewalOfUser)}${closing}`);
    return;
  }
  if (news["onReissue"] === "revoke") {
    say(`${who} gets a new token; the old one is revoked and its sessions are closed`);
    return;
  }
  const until = end === undefined ? "for ever" : `until ${end}`;
  const key = iss === signer ? "" : ", or until the key that signed it is dropped";
  say(
    `${who} gets a new token; the old one stays valid ${until}${key}. ` +
      'onReissue: "revoke" ends it at once; a signing key with a role changes what users may do without new tokens',
  );
}
