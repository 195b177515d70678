/** Placeholders in the subjects of scoped keys: `{{name()}}`, `{{tag(team)}}` (server `auth.go:processUserPermissionsTemplate`). */

const PLACEHOLDER = /\{\{([^}]+)\}\}/g;

/** The operations of all placeholders in a subject, in order: `name()`, `tag(team)`. */
export function placeholdersOf(subject: string): string[] {
  return [...subject.matchAll(PLACEHOLDER)].map((match) => (match[1] as string).trim());
}

/** The subject with every placeholder replaced by `value`. */
export function fillPlaceholders(subject: string, value: (operation: string) => string): string {
  return subject.replace(PLACEHOLDER, (_, operation: string) => value(operation.trim()));
}

const NAMES = /^(?:name|subject|account-name|account-subject)\(\)$/i;
const TAG = /^(account-)?tag\(([^()]+)\)$/;

/** The tag that a placeholder asks for, and whose; `undefined` for the other placeholders. */
export function tagOf(operation: string): { of: "user" | "account"; name: string } | undefined {
  const match = TAG.exec(operation);
  if (match === null) return undefined;
  const name = (match[2] as string).toLowerCase();
  return { of: match[1] === undefined ? "user" : "account", name };
}

/** What is wrong with a placeholder as a phrase; `undefined` when servers know it. */
export function placeholderProblem(operation: string): string | undefined {
  if (NAMES.test(operation) || tagOf(operation) !== undefined) return undefined;
  if (/^(?:account-)?tag\(/i.test(operation) && TAG.test(operation.toLowerCase())) {
    // Servers take it for a tag, and then look for one that is called "Tag(x".
    return `has {{${operation}}}, which must be written in lower case`;
  }
  return `has {{${operation}}}, which servers do not know; they know name(), subject(), account-name(), account-subject(), tag(x), account-tag(x)`;
}
