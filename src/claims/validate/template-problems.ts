/** Whether the template of a scoped key does for a user what it says (server `auth.go:processUserPermissionsTemplate`). */

import type { AccountClaims, Issue, UserClaims, UserTemplate } from "../types";
import { canonicalTags } from "../wire/common";
import { error, type Issues, item, show, warning } from "./issues";
import { fillPlaceholders, placeholdersOf, tagOf } from "./placeholders";
import { subjectProblem } from "./subject";
import { subjectLists } from "./template";

/** Most subjects that servers make of one list. */
const MOST_SUBJECTS = 4096;

/**
 * What the template's placeholders would not do for this user: an entry that needs a tag the user has not is dropped
 * from what is allowed (a warning), and when it denies something servers refuse the user altogether (an error).
 * Paths are within the template. Tags of the account count where it is given.
 */
export function templateProblems(
  template: UserTemplate,
  user: Pick<UserClaims, "name" | "tags">,
  account?: Pick<AccountClaims, "name" | "tags">,
): Issue[] {
  const issues: Issues = [];
  for (const list of subjectLists(template.permissions, "permissions")) {
    const entries = list.entries.filter((entry): entry is string => typeof entry === "string");
    if (!entries.some((entry) => placeholdersOf(entry).length > 0)) continue;
    let made = 0;
    entries.forEach((entry, i) => {
      const { subjects, reason } = expand(entry, user, account);
      made += subjects;
      if (reason === undefined) return;
      const path = item(list.path, i);
      if (list.kind === "deny") {
        error(issues, path, `${show(entry)} ${reason}, and servers would refuse the user`);
      } else {
        warning(issues, path, `${show(entry)} ${reason}, so servers drop this entry`);
      }
    });
    if (made === 0 && list.kind === "allow") {
      warning(issues, list.path, "has no entry left for this user: everything is denied");
    }
    if (made > MOST_SUBJECTS) {
      error(
        issues,
        list.path,
        `makes ${made} subjects for this user; servers refuse more than ${MOST_SUBJECTS}`,
      );
    }
  }
  return issues;
}

/** How many subjects an entry makes; why it makes none or fewer. */
function expand(
  entry: string,
  user: Pick<UserClaims, "name" | "tags">,
  account: Pick<AccountClaims, "name" | "tags"> | undefined,
): { subjects: number; reason?: string } {
  let subjects = 1;
  const operations = placeholdersOf(entry);
  for (const operation of operations) {
    const tag = tagOf(operation);
    if (tag === undefined || (tag.of === "account" && account === undefined)) continue;
    const values = valuesOf(tag.of === "user" ? user.tags : account?.tags, tag.name);
    if (values.length === 0) {
      const whose = tag.of === "user" ? "the user" : "its account";
      return { subjects: 0, reason: `needs a tag "${tag.name}:…" that ${whose} does not have` };
    }
    subjects *= values.length;
    if (subjects > MOST_SUBJECTS) return { subjects };
  }
  const bad = badSubject(entry, user, account);
  return bad === undefined ? { subjects } : { subjects: 0, reason: bad };
}

function valuesOf(tags: readonly string[] | undefined, name: string): string[] {
  const prefix = `${name}:`;
  return (canonicalTags(tags) ?? [])
    .filter((tag) => tag.startsWith(prefix))
    .map((tag) => tag.slice(prefix.length));
}

/** Names and tags are free text; not every text makes a subject. */
function badSubject(
  entry: string,
  user: Pick<UserClaims, "name" | "tags">,
  account: Pick<AccountClaims, "name" | "tags"> | undefined,
): string | undefined {
  let culprit: string | undefined;
  const check = (value: string, what: string): string => {
    if (
      subjectProblem(fillPlaceholders(entry, (other) => (other === what ? value : "x"))) !==
      undefined
    ) {
      culprit ??= value;
    }
    return value;
  };
  for (const operation of placeholdersOf(entry)) {
    const tag = tagOf(operation);
    if (/^name\(\)$/i.test(operation)) check(user.name, operation);
    else if (/^account-name\(\)$/i.test(operation) && account) check(account.name, operation);
    else if (tag !== undefined) {
      const tags = tag.of === "user" ? user.tags : account?.tags;
      for (const value of valuesOf(tags, tag.name)) check(value, operation);
    }
  }
  return culprit === undefined ? undefined : `makes no subject of ${show(culprit)}`;
}
