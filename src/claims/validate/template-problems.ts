/** Whether the template of a scoped key does for a user what it says (server `auth.go:processUserPermissionsTemplate`). */

import type { AccountClaims, Issue, UserClaims, UserTemplate } from "../types";
import { canonicalTags } from "../wire/common";
import { error, type Issues, item, show, warning } from "./issues";
import { fillPlaceholders, placeholdersOf, tagOf } from "./placeholders";
import { subjectProblem, wildcardsIn } from "./subject";
import { subjectLists } from "./template";

/** Most subjects that servers make of one list. */
const MOST_SUBJECTS = 4096;

/** Whose names and tags fill the placeholders. */
interface Holders {
  user: Pick<UserClaims, "name" | "tags">;
  account?: Pick<AccountClaims, "name" | "tags"> | undefined;
}

/**
 * What the template's placeholders would not do for this user. Errors: a name or tag with `*` or `>` that would allow
 * the subjects of others too, and what makes servers refuse the user altogether, such as a denied subject with a tag
 * that it has not. Warnings: subjects that servers drop, for their tag is missing or the text makes no subject, and
 * texts with a `.`, which add tokens. Paths are within the template. Name and tags of the account count where it is given.
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
    let left = 0;
    let most = 0;
    entries.forEach((entry, i) => {
      const made = expand(entry, { user, account });
      most = Math.max(most, left + made.count);
      left += made.subjects.filter((subject) => subjectProblem(subject) === undefined).length;
      judge(entry, made, list.kind, item(list.path, i), issues);
    });
    if (most > MOST_SUBJECTS) {
      error(
        issues,
        list.path,
        `makes ${most} subjects for this user; servers refuse more than ${MOST_SUBJECTS}`,
      );
    } else if (left === 0 && list.kind === "allow") {
      warning(issues, list.path, "has no entry left for this user: everything is denied");
    }
  }
  return issues;
}

/** What servers make of one entry. */
interface Made {
  /** How many subjects; when they are too many none is written out. */
  count: number;
  subjects: string[];
  /** Why there are none. */
  lacks?: string;
}

function expand(entry: string, holders: Holders): Made {
  const values: string[][] = [];
  for (const operation of placeholdersOf(entry)) {
    const found = valuesOf(operation, holders);
    if (typeof found === "string") return { count: 0, subjects: [], lacks: found };
    values.push(found);
  }
  const count = values.reduce((product, some) => product * some.length, 1);
  if (count > MOST_SUBJECTS) return { count, subjects: [] };
  const combinations = values.reduce<string[][]>(
    (all, some) => all.flatMap((before) => some.map((value) => [...before, value])),
    [[]],
  );
  return { count, subjects: combinations.map((values) => fill(entry, values)) };
}

/** Stands for what is not known here, or cannot be wrong: a public key. */
const WORD = "x";

/** What servers put in place of a placeholder; text says which tag is missing. */
function valuesOf(operation: string, { user, account }: Holders): string[] | string {
  if (/^name\(\)$/i.test(operation)) return [user.name];
  if (/^account-name\(\)$/i.test(operation)) return [account?.name ?? WORD];
  const tag = tagOf(operation);
  if (tag === undefined) return [WORD];
  const holder = tag.of === "user" ? user : account;
  if (holder === undefined) return [WORD];
  const prefix = `${tag.name}:`;
  const values = (canonicalTags(holder.tags) ?? [])
    .filter((text) => text.startsWith(prefix))
    .map((text) => text.slice(prefix.length));
  if (values.length > 0) return values;
  const whose = tag.of === "user" ? "the user" : "its account";
  return `needs a tag "${tag.name}:…" that ${whose} does not have`;
}

function fill(entry: string, values: readonly string[]): string {
  let i = 0;
  return fillPlaceholders(entry, () => values[i++] ?? WORD);
}

/** Says what an entry does not do for the user, each kind of trouble once. */
function judge(
  entry: string,
  { subjects, lacks }: Made,
  kind: "allow" | "deny",
  path: string,
  to: Issues,
): void {
  const drop = kind === "allow" ? warning : error;
  const dropped = kind === "allow" ? "so servers drop" : "and servers would refuse the user";
  if (lacks !== undefined) {
    drop(to, path, `${show(entry)} ${lacks}, ${dropped}${kind === "allow" ? " this entry" : ""}`);
    return;
  }
  const plain = fillPlaceholders(entry, () => WORD);
  const becomes = (some: string[]): string => {
    const more = some.length > 1 ? ` (and ${some.length - 1} more like it)` : "";
    return `${show(entry)} becomes ${show(some[0])}${more} for this user`;
  };
  const bad = subjects.filter((subject) => subjectProblem(subject) !== undefined);
  if (bad.length > 0) {
    const why = subjectProblem(bad[0] as string);
    drop(to, path, `${becomes(bad)}, which ${why}, ${dropped}${kind === "allow" ? " it" : ""}`);
  }
  const good = subjects.filter((subject) => subjectProblem(subject) === undefined);
  const wide = good.filter((subject) => wildcardsIn(subject) > wildcardsIn(plain));
  if (wide.length > 0 && kind === "allow") {
    error(to, path, `${becomes(wide)}, which allows the subjects of others too`);
  } else if (wide.length > 0) {
    warning(to, path, `${becomes(wide)}, which denies the subjects of others too`);
  }
  const long = good.filter((subject) => !wide.includes(subject) && longer(subject, plain));
  if (long.length > 0) {
    warning(to, path, `${becomes(long)}, which has more tokens than the template`);
  }
}

function longer(subject: string, than: string): boolean {
  return subject.split(".").length > than.split(".").length;
}
