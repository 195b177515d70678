/** The user JWT and its creds. Deleting a user revokes it on the servers of its account. */
import { decodeToken, signUser } from "../claims/index";
import { nextIssueTime, now } from "../clock";
import { NatsAuthError } from "../errors";
import { generateKeyPair, signerFromSeed } from "../keys/index";
import { type AccountAddress, revokeUser } from "../resolver/index";
import { notedServers } from "./account-servers";
import { addressOf } from "./authority";
import { pick, sameValue, stickyName } from "./common";
import { withExpiry } from "./expiry";
import { type Checked, type Difference, HalfDone, type Lifecycle, type Properties } from "./hooks";
import { warn } from "./log";
import { withNewestKeys } from "./operator-notes";
import { withoutExpired } from "./revocations";
import { saysTheSame } from "./same-token";
import { withSize } from "./token-size";
import { hasUnknown, isUnknown } from "./unknown";
import { removeCreds, withFile } from "./user-creds";
import {
  accountOf,
  authorityOf,
  claimsOf,
  givenKey,
  keptOf,
  storedNames,
  userIssues,
  withRoleName,
} from "./user-inputs";
import { formerEnds, mayLive, tellOfReissue } from "./user-reissue";

/** Whom a token is about does not change its length. */
const anyUser = generateKeyPair("user").publicKey;

/** A server's clock may be behind ours by this many seconds; until then an expired token counts as valid. */
const clockMargin = 600;

/** Hooks of `User`. */
export const userLifecycle: Lifecycle = {
  check(olds, news): Checked {
    const { inputs, issues } = withExpiry(olds, stickyName(olds, withRoleName(news)), now());
    return withSize(inputs, (at) => sign(inputs, anyUser, at), [
      ...issues,
      ...userIssues(news, inputs),
    ]);
  },

  diff(olds, news): Difference {
    const [before, after] = [accountOf(olds), accountOf(news)];
    // Before it replaces an account, the engine asks which users go with it, all of their account unknown: none.
    const known = !isUnknown(news["account"]) && !hasUnknown(after.publicKey);
    if (known && before.publicKey !== after.publicKey) return { replace: "account" };
    if (hasUnknown(news)) return "changed";
    const given = givenKey(news)?.publicKey;
    if (given !== undefined && given !== olds["publicKey"]) return { replace: "key" };
    if (olds["pending"] !== undefined) return "dirty";
    const kept = keptOf(news);
    const stored = storedNames.every((name) => sameValue(olds[name], kept[name]));
    if (sameToken(olds["jwt"], news)) return stored ? "same" : "changed";
    tellOfReissue(olds, news);
    return "changed";
  },

  async create(inputs) {
    const key = givenKey(inputs) ?? generateKeyPair("user");
    const jwt = sign(inputs, key.publicKey, now());
    return {
      id: key.publicKey,
      outs: withFile({}, { ...keptOf(inputs), ...key, jwt }),
    };
  },

  async update(id, olds, news) {
    const key = { ...pick(olds, ["publicKey", "seed"]), ...givenKey(news) };
    const before = olds["jwt"] as string;
    const { iat } = decodeToken(before);
    const jwt = sameToken(before, news)
      ? before
      : sign(news, olds["publicKey"] as string, nextIssueTime(iat));
    const isReplaced = jwt !== before && news["onReissue"] === "revoke";
    const revokeUpTo = isReplaced ? iat : (olds["revokeUpTo"] as number | undefined);
    const ends = formerEnds(olds, jwt);
    const outs = {
      ...keptOf(news),
      ...key,
      jwt,
      ...(ends === undefined ? {} : { formerEnds: ends }),
    };
    withFile(olds, outs, { revokeUpTo });
    return revokeReplaced(id, outs, revokeUpTo);
  },

  async delete(_id, outs) {
    await endAccess(outs);
    removeCreds(outs);
  },
};

function sameToken(jwt: unknown, news: Properties): boolean {
  return saysTheSame("user", jwt, accountOf(news).signer.publicKey, claimsOf(news));
}

function sign(inputs: Properties, publicKey: string, issuedAt: number): string {
  const signer = signerFromSeed(accountOf(inputs).signer.seed);
  return signUser({ publicKey, claims: claimsOf(inputs), signer, issuedAt });
}

/** Where the account is, as far as this stack can change it there. */
function addressFor(outs: Properties): AccountAddress | undefined {
  const account = accountOf(outs);
  const { operator, server } = withNewestKeys(authorityOf(account));
  const { publicKey, name = publicKey } = account;
  const address = addressOf({ publicKey, name }, operator, server, notedServers(publicKey));
  return address && { ...address, prune: withoutExpired(account.maxUserLifetime) };
}

/** Refuses the token that was replaced; the new one is later, and lives on. What fails is tried again by the next `up`. */
async function revokeReplaced(
  id: string,
  outs: Properties,
  issuedAt: number | undefined,
): Promise<Properties> {
  const address = addressFor(outs);
  if (issuedAt === undefined || !address) return outs;
  try {
    await revokeUser(address, outs["publicKey"] as string, issuedAt);
    return outs;
  } catch (error) {
    const pending = "the token before is not revoked yet";
    throw new HalfDone(id, { ...outs, pending, revokeUpTo: issuedAt }, error);
  }
}

/** Revokes the user, or says why its creds go on working. Earlier tokens of it may live longer than its last one. */
async function endAccess(outs: Properties): Promise<void> {
  const { publicKey, name = publicKey } = accountOf(outs);
  const user = outs["publicKey"] as string;
  const who = `user "${outs["name"]}" (${user})`;
  const { iat } = decodeToken(outs["jwt"] as string);
  // Nobody is let in any more, and the list of revocations stays short. For a key that was given others may have signed too.
  if (givenKey(outs) === undefined && !mayLive(outs, now() - clockMargin)) return;
  if (outs["onDelete"] === "retain") {
    warn(`${who} is gone from the stack, and its creds stay valid: onDelete is "retain"`);
    return;
  }
  const address = addressFor(outs);
  if (!address) {
    const text =
      `${who} is removed, but its creds stay valid: this stack cannot push account "${name}". ` +
      `Revoke it with the stack that owns the account: revocations: { ${user}: ${iat} }.`;
    if (outs["onDelete"] === "revoke") throw new NatsAuthError("ERR_AUTHORITY", text);
    warn(text);
    return;
  }
  if ((await revokeUser(address, user, iat)) === "no account") {
    warn(
      `${who}: no server holds its account "${name}", so there was nothing to revoke; its creds are refused while that is so`,
    );
  }
}
