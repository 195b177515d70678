/** What a user is made of, and what can be wrong with it. */
import { type Authority, readAuthority } from "../authority-text";
import {
  type Issue,
  parseDuration,
  parseInstant,
  templateProblems,
  type UserClaims,
  type UserTemplate,
  validateUser,
} from "../claims/index";
import { templateFields } from "../claims/scoped";
import { now } from "../clock";
import { type KeyPairData, publicKeyOf, publicKeyProblem, seedProblem } from "../keys/index";
import type { OperatorAuthority } from "./authority";
import { keyIssues, oneOfIssues, pick, unknownNames } from "./common";
import { unwritableReason } from "./files";
import type { Properties } from "./hooks";
import { hasUnknown, isUnknown } from "./unknown";

const claimNames = ["name", "tags", "notBefore", "expiresAt", ...templateFields];

const otherNames = [
  "account",
  "key",
  "signingKey",
  "expiresIn",
  "renewBefore",
  "credsPath",
  "onDelete",
  "onReissue",
];

/** The account as a user sees it: who signs, and what is needed to revoke. */
export interface AccountOfUser {
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
  /** Longest lifetime of a token. */
  maxUserLifetime?: string;
  /** Whether warnings are errors. */
  strict?: boolean;
}

/** The account that the user is of. */
export function accountOf(properties: Properties): AccountOfUser {
  return properties["account"] as AccountOfUser;
}

/** What is kept of the inputs as they are. The token says the rest, and each value weighs on every write of the state. */
export const storedNames = [
  "name",
  "account",
  "key",
  "credsPath",
  "expiresAt",
  "renewBefore",
  "onDelete",
  "onReissue",
] as const;

/** What a later hook needs of the inputs: a deletion revokes, and signs nothing as the account. */
export function keptOf(inputs: Properties): Properties {
  const account = pick(inputs["account"] as Properties, [
    "publicKey",
    "name",
    "authority",
    "maxUserLifetime",
  ]);
  return { ...pick(inputs, storedNames), account };
}

/** With what the account is changed on its servers; nothing where this stack cannot. */
export function authorityOf({ authority }: Pick<AccountOfUser, "authority">): Authority {
  return authority === undefined || isUnknown(authority) ? {} : readAuthority(authority);
}

/** The key that the program gives; a user without one makes its own. */
export function givenKey(
  properties: Properties,
): (Partial<KeyPairData> & { publicKey: string }) | undefined {
  return properties["key"] as (Partial<KeyPairData> & { publicKey: string }) | undefined;
}

/** Seconds by which an expiry may be later than its lifetime says. */
const roundedUp = 3600;

/** All that is wrong with the inputs; `news` still has the hints of the class. */
export function userIssues(news: Properties, inputs: Properties): Issue[] {
  const scoped = isScoped(accountOf(inputs)?.signer);
  return [
    ...unknownNames(inputs, [...claimNames, ...otherNames]),
    ...validateUser({ ...pick(inputs, claimNames), ...(scoped ? { scoped } : {}) }),
    ...roleIssues(news, inputs),
    ...accountIssues(inputs["account"]),
    ...ownKeyIssues(inputs),
    ...credsPathIssues(inputs),
    ...oneOfIssues(inputs, "onDelete", ["revoke", "retain"]),
    ...oneOfIssues(inputs, "onReissue", ["keep", "revoke"]),
    ...revocationIssues(inputs),
    ...lifetimeIssues(inputs),
  ];
}

/** The account counts on it when it forgets whom it revoked long ago. */
function lifetimeIssues(inputs: Properties): Issue[] {
  const { maxUserLifetime } = accountOf(inputs) ?? {};
  const { expiresAt } = inputs;
  if (maxUserLifetime === undefined || hasUnknown([maxUserLifetime, expiresAt])) return [];
  const error = (path: string, message: string): Issue[] => [{ path, message, severity: "error" }];
  const most = `the account's maxUserLifetime is ${maxUserLifetime}`;
  if (expiresAt === undefined) return error("expiresIn", `is needed: ${most}`);
  try {
    const latest = now() + parseDuration(maxUserLifetime) / 1000 + roundedUp;
    return parseInstant(expiresAt as string) <= latest
      ? []
      : error("expiresAt", `is too late: ${most}`);
  } catch {
    return []; // no instant, which is named elsewhere
  }
}

/** What is asked for by name must be possible. */
function revocationIssues(inputs: Properties): Issue[] {
  const account = accountOf(inputs);
  if (isUnknown(account) || isUnknown(account?.authority)) return [];
  const { server } = authorityOf(account ?? {});
  if ((server as { url?: unknown } | undefined)?.url !== undefined) return [];
  return ["onDelete", "onReissue"]
    .filter((name) => inputs[name] === "revoke")
    .map((path) => ({
      path,
      message:
        "cannot be done: this stack has no authority over the account's servers; add `operator` to the plain data of the account, or revoke with the stack that owns it",
      severity: "error",
    }));
}

function isScoped(signer: { role?: unknown } | undefined): boolean {
  return signer?.role !== undefined && !isUnknown(signer.role);
}

interface RoleHint extends UserTemplate {
  name: string;
}

/** The class sends the whole role of a scoped key; the input is its name, as the account's JWT says the rest. */
export function withRoleName(news: Properties): Properties {
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
  // Handles do not say which tags an account has.
  const isKnown = name !== undefined && tags !== undefined && !hasUnknown([name, tags]);
  const inside = isKnown ? { name, tags } : undefined;
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

/** What the token says. */
export function claimsOf(properties: Properties): UserClaims {
  const account = accountOf(properties);
  const claims = pick(properties, claimNames) as unknown as UserClaims;
  if (account.signer.publicKey === account.publicKey) return claims;
  // A signing key's tokens name the account; without it the server looks for an account of the signer's key.
  const issued = { ...claims, issuerAccount: account.publicKey };
  return isScoped(account.signer) ? { ...issued, scoped: true } : issued;
}
