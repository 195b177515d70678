/** Rules of subjects (Go `types.go:Subject`), and stricter where the server would not do what the text says. */

/** Most subjects: tokens of visible characters, and `>` at the end at most. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what no token may have
const GOOD = /^(?:[^\u0000-\u0020\u007f.>]+\.)*(?:[^\u0000-\u0020\u007f.>]+|>)$/;

/** What is wrong with a subject as a phrase; `undefined` when nothing is. Wildcards are allowed. */
export function subjectProblem(subject: string): string | undefined {
  if (GOOD.test(subject)) return undefined;
  if (subject === "") return "is empty";
  if (subject.includes(" ")) return "contains a space";
  if (hasControls(subject)) return "contains a tab, a line end or another control character";
  if (subject.startsWith(".") || subject.endsWith(".")) return "starts or ends with a dot";
  const tokens = subject.split(".");
  if (tokens.includes("")) return "contains two dots in a row";
  // Go lets it pass; servers refuse such a subscription.
  if (tokens.indexOf(">") !== -1 && tokens.indexOf(">") !== tokens.length - 1) {
    return "has a > that is not the last token";
  }
  return undefined;
}

/** Whether the text holds characters that end a line or cannot be seen. */
export function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 32 || code === 127) return true;
  }
  return false;
}

/** Whether a subject has wildcard tokens; a `*` inside a token is an ordinary letter. */
export function hasWildcards(subject: string): boolean {
  return wildcardsIn(subject) > 0;
}

/** How many tokens of a subject are wildcards. */
export function wildcardsIn(subject: string): number {
  const tokens = subject.split(".");
  return tokens.filter((token, i) => token === "*" || (token === ">" && i === tokens.length - 1))
    .length;
}

/** What is wrong with a permission: a subject, with `queue` optionally followed by a space and a queue group. */
export function permissionProblem(permission: string, queue: boolean): string | undefined {
  const parts = permission.split(" ");
  if (parts.length === 1) return subjectProblem(permission);
  if (!queue) {
    return "contains a space; queue groups belong to subscribe only";
  }
  if (parts.length > 2) return "contains more than one space";
  const [subject, group] = parts as [string, string];
  const problem = subjectProblem(subject);
  if (problem !== undefined) return problem;
  const groupProblem = subjectProblem(group);
  return groupProblem === undefined ? undefined : `has a queue group that ${groupProblem}`;
}

const REFERENCE = /^\$[+-]?\d+$/;

/** What is wrong with the local subject of an import of `from` (Go `RenamingSubject.Validate`). */
export function localSubjectProblem(local: string, from: string): string | undefined {
  const problem = subjectProblem(local);
  if (problem !== undefined) return problem;
  const endsOpen = (subject: string): boolean => subject === ">" || subject.endsWith(".>");
  if (endsOpen(local) !== endsOpen(from)) {
    return "must end in > exactly when the imported subject does";
  }
  const stars = from.split(".").filter((token) => token === "*").length;
  const tokens = local.split(".");
  for (const token of tokens.filter((part) => REFERENCE.test(part))) {
    const index = Number(token.slice(1));
    if (!/^\$[1-9]\d*$/.test(token) || index > stars) {
      return `refers to ${token}, but the imported subject has ${stars} * in it`;
    }
  }
  const used = tokens.filter((token) => token === "*" || REFERENCE.test(token)).length;
  if (used === stars) return undefined;
  return `must have as many * and $1, $2… as the imported subject has * (${stars}), and has ${used}`;
}

/** The subject that a local subject covers: `$1` stands for `*`. */
export function localPattern(local: string): string {
  if (!local.includes("$")) return local;
  return local
    .split(".")
    .map((token) => (REFERENCE.test(token) ? "*" : token))
    .join(".");
}
