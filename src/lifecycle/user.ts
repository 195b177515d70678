/** The user JWT and its creds. Deleting a user revokes it on the servers of its account. */

import { type Authority, readAuthority } from "../authority-text";
import {
  decodeToken,
  type Issue,
  signUser,
  templateProblems,
  type UserClaims,
  type UserTemplate,
  validateUser,
} from "../claims/index";
import { nextIssueTime, now } from "../clock";
import {
  formatCreds,
  generateKeyPair,
  type KeyPairData,
  parseCreds,
  publicKeyOf,
  publicKeyProblem,
  seedProblem,
  signerFromSeed,
} from "../keys/index";
import { revokeUser } from "../resolver/index";
import { notedServers } from "./account-servers";
import { addressOf, type OperatorAuthority } from "./authority";
import { keyIssues, pick, sameValue, stickyName, unknownNames } from "./common";
import { withExpiry } from "./expiry";
import { assertOurs, ensureFile, removeFile, unwritableReason } from "./files";
import { type Checked, type Difference, HalfDone, type Lifecycle, type Properties } from "./hooks";
import { warn } from "./log";
import { saysTheSame } from "./same-token";
import { withSize } from "./token-size";
import { hasUnknown, isUnknown } from "./unknown";

const claimNames = [
  "name",
  "tags",
  "notBefore",
  "expiresAt",
  "permissions",
  "limits",
  "connectionTypes",
  "sourceNetworks",
  "times",
  "timeZone",
  "bearer",
  "proxyRequired",
] as const;

const otherNames = ["account", "key", "signingKey", "expiresIn", "renewBefore", "credsPath"];

/** The account as a user sees it: who signs, and what is needed to revoke. */
interface AccountOfUser {
  publicKey: string;
  name?: string;
  /** The key that signs; `role` names the role that it gives, where it has one. */
  signer: KeyPairData & { role?: string };
  /** Whether the account lists the signer, where that is known. */
  signerIsListed?: boolean;
  /** Where no authority says it: whether servers refuse what the identity key signed. */
  requireSigningKeys?: boolean;
  /** With what it is revoked; a user of another stack's account may have none. */
  authority?: string;
  /** Whether warnings are errors. */
  strict?: boolean;
}

/** Whom a token is about does not change its length. */
const anyUser = generateKeyPair("user").publicKey;

/** Only the owner may read creds. */
const credsMode = 0o600;

/** Hooks of `User`. */
export const userLifecycle: Lifecycle = {
  check(olds, news): Checked {
    const named = withRoleName(news);
    const { inputs, issues } = withExpiry(olds, stickyName(olds, named), now());
    const scoped = isScoped(accountOf(inputs)?.signer);
    return withSize(inputs, (at) => sign(inputs, anyUser, at), [
      ...issues,
      ...unknownNames(inputs, [...claimNames, ...otherNames]),
      ...validateUser({ ...pick(inputs, claimNames), ...(scoped ? { scoped } : {}) }),
      ...roleIssues(news, inputs),
      ...accountIssues(inputs["account"]),
      ...ownKeyIssues(inputs),
      ...credsPathIssues(inputs),
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
    return stored && sameToken(olds["jwt"], news) ? "same" : "changed";
  },

  async create(inputs) {
    const key = givenKey(inputs) ?? generateKeyPair("user");
    const jwt = sign(inputs, key.publicKey, now());
    return {
      id: key.publicKey,
      outs: withFile({}, { ...keptOf(inputs), ...key, jwt }),
    };
  },

  async update(_id, olds, news) {
    const key = { ...pick(olds, ["publicKey", "seed"]), ...givenKey(news) };
    const before = olds["jwt"] as string;
    const jwt = sameToken(before, news)
      ? before
      : sign(news, olds["publicKey"] as string, nextIssueTime(decodeToken(before).iat));
    return withFile(olds, { ...keptOf(news), ...key, jwt });
  },

  async delete(_id, outs) {
    const account = accountOf(outs);
    const name = account.name ?? account.publicKey;
    const who = `user "${outs["name"]}" (${outs["publicKey"]})`;
    const { operator, server } = authorityOf(account);
    const { publicKey } = account;
    const address = addressOf({ publicKey, name }, operator, server, notedServers(publicKey));
    if (address) {
      const issuedAt = decodeToken(outs["jwt"] as string).iat;
      const result = await revokeUser(address, outs["publicKey"] as string, issuedAt);
      if (result === "no account") {
        warn(
          `${who}: no server holds its account "${name}", so there was nothing to revoke; its creds are refused while that is so`,
        );
      }
    } else {
      warn(
        `${who} is gone from the stack, but its creds stay valid: this stack cannot push account "${name}". ` +
          "Revoke the key with the stack that owns the account.",
      );
    }
    const path = outs["credsPath"] as string | undefined;
    if (path !== undefined) removeFile(path, credsOf(outs));
  },
};

function accountOf(properties: Properties): AccountOfUser {
  return properties["account"] as AccountOfUser;
}

/** What is kept of the inputs as they are. The token says the rest, and each value weighs on every write of the state. */
const storedNames = ["name", "account", "key", "credsPath", "expiresAt", "renewBefore"] as const;

/** What a later hook needs of the inputs: a deletion revokes, and signs nothing as the account. */
function keptOf(inputs: Properties): Properties {
  const account = pick(inputs["account"] as Properties, ["publicKey", "name", "authority"]);
  return { ...pick(inputs, storedNames), account };
}

function authorityOf({ authority }: Pick<AccountOfUser, "authority">): Authority {
  return authority === undefined || isUnknown(authority) ? {} : readAuthority(authority);
}

/** The key that the program gives; a user without one makes its own. */
function givenKey(
  properties: Properties,
): (Partial<KeyPairData> & { publicKey: string }) | undefined {
  return properties["key"] as (Partial<KeyPairData> & { publicKey: string }) | undefined;
}

function isScoped(signer: { role?: unknown } | undefined): boolean {
  return signer?.role !== undefined;
}

interface RoleHint extends UserTemplate {
  name: string;
}

/** The class sends the whole role of a scoped key; the input is its name, as the account's JWT says the rest. */
function withRoleName(news: Properties): Properties {
  if (isUnknown(news["account"])) return news;
  const { tags: _tags, ...account } = (news["account"] ?? {}) as Properties;
  const signer = account["signer"] as Properties | undefined;
  const role = signer?.["role"] as Partial<RoleHint> | string | undefined;
  if (signer === undefined || role === undefined) return { ...news, account };
  return {
    ...news,
    account: {
      ...account,
      signer: { ...signer, role: typeof role === "string" ? role : role.name },
    },
  };
}

/** What the role would not do for this user. */
function roleIssues(news: Properties, inputs: Properties): Issue[] {
  const account = (news["account"] ?? {}) as AccountOfUser & { tags?: string[] };
  const role = account.signer?.role as unknown as RoleHint | string | undefined;
  const user = pick(inputs, ["name", "tags"]) as { name: string; tags?: string[] };
  if (role === undefined || typeof role === "string" || hasUnknown([role, user])) return [];
  const { name, tags } = account;
  const inside = name === undefined || hasUnknown([name, tags]) ? undefined : { name, tags };
  return templateProblems(role, user, inside).map(({ path, message, severity }) => ({
    path: "account.signer.role",
    message: `"${role.name}" does not fit this user: its ${path} ${message}`,
    severity,
  }));
}

function accountIssues(account: unknown): Issue[] {
  const asSeen = (account ?? {}) as AccountOfUser;
  const { publicKey, signer, signerIsListed, requireSigningKeys } = asSeen;
  const issues = keyIssues("account.signer", signer, "account", "sign users");
  const publicKeyIs = publicKeyProblem(publicKey, ["account"]);
  if (publicKeyIs)
    issues.push({ path: "account.publicKey", message: publicKeyIs, severity: "error" });
  if (signerIsListed === false) {
    issues.push({
      path: "account.signer",
      message:
        "is not among the `signingKeys` of the account, so servers would refuse this user; list it there",
      severity: "error",
    });
  }
  const operator = authorityOf(asSeen).operator as OperatorAuthority | undefined;
  const strict = operator?.requireSigningKeys ?? requireSigningKeys;
  if (strict === true && signer?.publicKey === publicKey) {
    issues.push({
      path: "account.signer",
      message:
        "is the account's identity key, but the operator requires signing keys; give the account a signing key",
      severity: "error",
    });
  }
  return issues;
}

function ownKeyIssues(inputs: Properties): Issue[] {
  const key = givenKey(inputs);
  if (key === undefined) return [];
  const issues: Issue[] = [];
  const error = (path: string, message: string) =>
    issues.push({ path, message, severity: "error" });
  const publicKeyIs = publicKeyProblem(key.publicKey, ["user"]);
  const seedIs = key.seed === undefined ? undefined : seedProblem(key.seed, ["user"]);
  if (publicKeyIs) error("key.publicKey", publicKeyIs);
  if (seedIs) error("key.seed", seedIs);
  if (
    key.seed !== undefined &&
    !seedIs &&
    !publicKeyIs &&
    publicKeyOf(key.seed) !== key.publicKey
  ) {
    error("key.seed", "does not belong to the public key");
  }
  return issues;
}

function credsPathIssues(inputs: Properties): Issue[] {
  const path = inputs["credsPath"];
  if (path === undefined || hasUnknown(path)) return [];
  const error = (message: string): Issue[] => [{ path: "credsPath", message, severity: "error" }];
  if (typeof path !== "string" || path === "") return error("must be the path of a file");
  const key = givenKey(inputs);
  if (key && key.seed === undefined && !hasUnknown(key)) {
    return error("needs the seed of the user, but only a public key is given");
  }
  const reason = unwritableReason(path);
  return reason === undefined ? [] : error(reason);
}

function claimsOf(properties: Properties): UserClaims {
  const account = accountOf(properties);
  const claims = pick(properties, claimNames) as unknown as UserClaims;
  if (account.signer.publicKey === account.publicKey) return claims;
  // A signing key's tokens name the account; without it the server looks for an account of the signer's key.
  const issued = { ...claims, issuerAccount: account.publicKey };
  return isScoped(account.signer) ? { ...issued, scoped: true } : issued;
}

function sameToken(jwt: unknown, news: Properties): boolean {
  return saysTheSame("user", jwt, accountOf(news).signer.publicKey, claimsOf(news));
}

function sign(inputs: Properties, publicKey: string, issuedAt: number): string {
  const signer = signerFromSeed(accountOf(inputs).signer.seed);
  return signUser({ publicKey, claims: claimsOf(inputs), signer, issuedAt });
}

function credsOf(outs: Properties): string {
  return formatCreds(outs["jwt"] as string, outs["seed"] as string);
}

/** Creds of a user that the same account signed: an earlier try of ours, or a user that was renamed. */
function isOfSameAccount(text: string, outs: Properties): boolean {
  try {
    const { iss, nats } = decodeToken(parseCreds(text).jwt);
    const account = accountOf(outs);
    return [iss, nats["issuer_account"]].includes(account.publicKey);
  } catch {
    return false; // no creds at all
  }
}

/** Brings the creds file in line; when that fails, the token it was to hold is not lost. */
function withFile(olds: Properties, outs: Properties): Properties {
  const [before, path] = [olds["credsPath"], outs["credsPath"]] as (string | undefined)[];
  try {
    if (path !== undefined) {
      assertOurs(path, (text) => isOfSameAccount(text, outs));
      ensureFile(path, credsOf(outs), credsMode);
    }
    if (before !== undefined && before !== path) removeFile(before, credsOf(olds));
    return outs;
  } catch (error) {
    throw new HalfDone(
      outs["publicKey"] as string,
      { ...outs, pending: "the creds file was not written" },
      error,
    );
  }
}
