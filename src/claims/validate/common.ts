/** Checks that claims of all kinds share. */

import { type AnyKeyKind, publicKeyProblem, redact } from "../../keys";
import { instantProblem, parseDuration, parseInstant } from "../time";
import type { Issue } from "../types";
import { error, type Issues, item, property, show, warning } from "./issues";
import { fillPlaceholders } from "./placeholders";
import {
  type Check,
  count,
  duration,
  instant,
  list,
  listOf,
  object,
  objectOf,
  type Properties,
  text,
} from "./shape";
import { permissionProblem, subjectProblem } from "./subject";

/** Properties of claims of every kind. */
export const GENERAL: Properties = {
  audience: text(),
  tags: list(text((tag) => (tag.trim() === "" ? "is empty" : undefined))),
  notBefore: instant,
  expiresAt: instant,
};

/** Properties of operators, accounts and users. */
export const COMMON: Properties = { "name!": text(), ...GENERAL };

/** Text with a rule; the message quotes it. */
export function ruled(problemOf: (value: string) => string | undefined): Check {
  return text((value) => {
    const problem = problemOf(value);
    return problem === undefined ? undefined : `${show(value)} ${problem}`;
  });
}

/** A subject, wildcards allowed. */
export const subject: Check = ruled(subjectProblem);

/** A public key of these kinds. Its value is never quoted. */
export function publicKey(...kinds: AnyKeyKind[]): Check {
  return (value, path, to) => {
    const problem = publicKeyProblem(value, kinds);
    if (problem !== undefined) error(to, path, problem);
  };
}

/** The check with a memory for texts that passed it, for lists that name a few keys over and over. */
export function remembering(check: Check): Check {
  const passed = new Set<unknown>();
  return (value, path, to) => {
    if (passed.has(value)) return;
    const before = to.length;
    check(value, path, to);
    if (typeof value === "string" && to.length === before) passed.add(value);
  };
}

const LONGEST_NANOSECONDS = 2n ** 63n - 1n;

/** A duration that Go keeps in 64 bits of nanoseconds; 0 stands for the server's default there, so it cannot be said. */
export const positiveDuration: Check = (value, path, to) => {
  const before = to.length;
  duration(value, path, to);
  if (to.length > before) return;
  const milliseconds = parseDuration(value as string);
  if (milliseconds === 0) error(to, path, "must be longer than 0; leave it out for the default");
  if (BigInt(milliseconds) * 1_000_000n > LONGEST_NANOSECONDS) error(to, path, "is too long");
};

function subjectRules(queue: boolean, filled: (subject: string) => string): Check {
  const subjects = list(ruled((value) => permissionProblem(filled(value), queue)));
  const rules = object({ allow: subjects, deny: subjects });
  return (value, path, to) => {
    if (!Array.isArray(value)) return rules(value, path, to);
    subjects(value, path, to);
    if (value.length === 0) {
      warning(
        to,
        path,
        'is empty, which allows everything; to allow nothing write { deny: [">"] }',
      );
    }
  };
}

/** Permissions whose subjects are looked at as `filled` gives them. */
function permissionsWith(filled: (subject: string) => string): Check {
  const shape = object({
    publish: subjectRules(false, filled),
    subscribe: subjectRules(true, filled),
    responses: object({
      max: count(1, "leave it out for one message"),
      ttl: positiveDuration,
    }),
  });
  return (value, path, to) => {
    shape(value, path, to);
    const { publish, responses } = objectOf(value);
    const allow = Array.isArray(publish) ? publish : listOf(objectOf(publish)["allow"]);
    if (responses !== undefined && responses !== null && allow.length === 0) {
      warning(
        to,
        `${path}.responses`,
        "without subjects in publish that are allowed, only answers may be published",
      );
    }
  };
}

/** Permissions of a user, or the default ones of an account. */
export const permissions: Check = permissionsWith((subject) => subject);

/** Permissions of a template: what servers fill in for a placeholder is not known here. */
export const templatePermissions: Check = permissionsWith((subject) =>
  fillPlaceholders(subject, () => "x"),
);

/** Warns of limits of 0 that let nobody work. */
export function warnOfLockOut(limits: unknown, path: string, to: Issues): void {
  const values = objectOf(limits);
  const effects: Record<string, string> = {
    connections: "nobody can connect",
    subscriptions: "nobody can subscribe, and servers close such connections",
    payload: "no message with content can be sent",
  };
  for (const [name, effect] of Object.entries(effects)) {
    const value = values[name];
    if (value === 0 || (typeof value === "string" && /^0+[A-Za-z]+$/.test(value))) {
      warning(to, property(path, name), `is 0: ${effect}; leave it out for no limit`);
    }
  }
}

/** Warns of names and tags that templates of scoped keys would make wildcards of. */
export function warnOfWildcards(claims: Record<string, unknown>, to: Issues): void {
  const look = (text: unknown, separator: RegExp, path: string): void => {
    if (typeof text !== "string") return;
    if (
      !text
        .trim()
        .split(separator)
        .some((token) => token === "*" || token === ">")
    )
      return;
    warning(
      to,
      path,
      `${show(text)} is a wildcard in subjects: a scoped key whose template fills it in would allow the subjects of others too`,
    );
  };
  look(claims["name"], /\./, "name");
  listOf(claims["tags"]).forEach((tag, i) => {
    look(tag, /[.:]/, item("tags", i));
  });
}

/** The rule of the two times. */
export function checkTimes(input: Record<string, unknown>, to: Issues): void {
  const { notBefore, expiresAt } = input;
  if (instantProblem(notBefore) !== undefined || instantProblem(expiresAt) !== undefined) return;
  if (parseInstant(expiresAt as string) <= parseInstant(notBefore as string)) {
    error(to, "expiresAt", "must be later than notBefore");
  }
}

/** Runs checks over an input that may be anything at all. */
export function collect(
  input: unknown,
  ...checks: ((input: unknown, to: Issues) => void)[]
): Issue[] {
  const issues: Issues = [];
  try {
    for (const check of checks) check(input, issues);
  } catch (cause) {
    // Only an object that fights back gets here: a getter or proxy that throws.
    const reason = cause instanceof Error ? redact(cause.message) : "it throws";
    error(issues, "", `cannot be read: ${reason}`);
  }
  return issues;
}
