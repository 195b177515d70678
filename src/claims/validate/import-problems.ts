/** Whether what one account imports is what another exports: servers find that only when they apply the imports, and drop them in silence. */

import { formatInstant } from "../time";
import type { AccountClaims, Export, Import, Issue } from "../types";
import { activationFromWire } from "../wire";
import { activationOf, checkActivation } from "./activation-token";
import { error, type Issues, show } from "./issues";
import { isSubset } from "./relations";
import { listOf } from "./shape";

/** The account that exports. */
export interface Exporter {
  /** Its public key (A…). */
  publicKey: string;
  /** What it declares. */
  claims: Pick<AccountClaims, "exports" | "signingKeys">;
}

/** The account that imports. */
export interface Importer {
  /** Its public key (A…). */
  publicKey: string;
  /** Unix second at which activation tokens must be in force. Default: times are not looked at. */
  now?: number | undefined;
}

/** The exports of an account that an import falls under; several when they overlap in part. */
export function exportsOf(item: Import, exports: readonly Export[] | undefined): Export[] {
  const type = item.stream === undefined ? "service" : "stream";
  const subject = item[type];
  if (typeof subject !== "string") return [];
  const candidates = listOf(exports).filter(
    (entry): entry is Export => typeof (entry as Export | undefined)?.[type] === "string",
  );
  const same = candidates.filter((entry) => entry[type] === subject);
  // Servers look for the very same subject first.
  return same.length > 0
    ? same
    : candidates.filter((entry) => isSubset(subject, entry[type] as string));
}

/**
 * Why a server would drop an import, whose own form is valid, although it answers the push with success: what is
 * imported is not exported, the export is private and the token is missing, revoked or of a wrong signer, or the
 * importer's key is not at the place where the export wants it (server `accounts.go:checkAuth`). Paths are within the import.
 */
export function importProblems(item: Import, exporter: Exporter, importer: Importer): Issue[] {
  const issues: Issues = [];
  const type = item.stream === undefined ? "service" : "stream";
  const subject = item[type];
  if (typeof subject !== "string") return issues;
  const { exports } = exporter.claims;
  const offers = exportsOf(item, exports);
  if (offers.length === 0) {
    error(issues, type, `${show(subject)} ${notExported(type, subject, exports)}`);
  }
  for (const offer of offers) {
    checkAccess(item, type, offer, exporter, importer, issues);
    // Of several exports servers may look at any.
    if (issues.length > 0) break;
  }
  return issues;
}

function notExported(
  type: "stream" | "service",
  subject: string,
  exports: readonly Export[] | undefined,
): string {
  const other = type === "stream" ? "service" : "stream";
  const all = listOf(exports) as readonly Export[];
  const swapped = exportsOf({ [other]: subject, account: "" }, all);
  if (swapped.length > 0) return `is exported by the account as a ${other}, not as a ${type}`;
  const subjects = all.map((entry) => entry[type]).filter((text) => typeof text === "string");
  if (subjects.length === 0) return `is not exported by the account, which exports no ${type}`;
  const some = subjects.slice(0, 5).map((text) => show(text));
  const more = subjects.length > some.length ? " …" : "";
  return `is not exported by the account; its ${type}s are ${some.join(", ")}${more}`;
}

function checkAccess(
  item: Import,
  type: "stream" | "service",
  offer: Export,
  exporter: Exporter,
  importer: Importer,
  to: Issues,
): void {
  const subject = item[type] as string;
  const { accountTokenPosition: position } = offer;
  if (position !== undefined && position > 0) {
    const token = subject === offer[type] ? undefined : subject.split(".")[position - 1];
    if (token !== importer.publicKey) {
      error(
        to,
        type,
        `${show(subject)} must have the importing account's public key as token ${position}: the export ${show(offer[type])} has accountTokenPosition, and servers drop other imports in silence`,
      );
    }
    // Servers look at nothing else then.
    return;
  }
  if (!offer.tokenRequired) return;
  if (item.token === undefined) {
    error(to, "token", `is needed: the export ${show(offer[type])} requires an activation token`);
    return;
  }
  checkActivation({ ...item }, importer.publicKey, "", to);
  checkToken(item.token, offer, exporter, importer, to);
}

function checkToken(
  text: string,
  offer: Export,
  { publicKey, claims }: Exporter,
  importer: Importer,
  to: Issues,
): void {
  const token = activationOf(text);
  if (token === undefined) {
    error(to, "token", "is no valid activation token");
    return;
  }
  const { issuerAccount, expiresAt, notBefore } = activationFromWire(token);
  const keys = listOf(claims.signingKeys).map((key) =>
    typeof key === "string" ? key : (key as { key?: unknown })?.key,
  );
  // Without an issuing account the signer is the account itself, which was looked at before.
  if (issuerAccount === publicKey && token.iss !== publicKey && !keys.includes(token.iss)) {
    error(
      to,
      "token",
      "was signed by a key that is not among the signing keys of the exporting account",
    );
  }
  const revoked = offer.revocations ?? {};
  const until = Math.max(revoked[importer.publicKey] ?? -1, revoked["*"] ?? -1);
  if (until >= token.iat) {
    error(
      to,
      "token",
      `is revoked by the export: tokens from before ${formatInstant(until)} are refused, and this one is from ${formatInstant(token.iat)}`,
    );
  }
  const { now } = importer;
  if (now === undefined) return;
  if (token.exp !== undefined && token.exp <= now)
    error(to, "token", `has expired at ${expiresAt}`);
  if (token.nbf !== undefined && token.nbf > now)
    error(to, "token", `is not in force before ${notBefore}`);
}
