/** A few combinators for the shape of inputs. Written here, not taken from a schema library, because every message needs our paths, our words and no secrets. */

import { redact } from "../../keys";
import { sizeProblem } from "../size";
import { durationProblem, instantProblem } from "../time";
import { error, type Issues, item, kindOf, property, show } from "./issues";

/** Checks one value; reports what is wrong with it and never throws. */
export type Check = (value: unknown, path: string, to: Issues) => void;

/** The checks of an object's properties; names that end in `!` are required. */
export type Properties = Readonly<Record<string, Check>>;

/** An object with these properties and no others. `undefined` counts as absent. */
export function object(properties: Properties): Check {
  const checks = Object.entries(properties).map(([name, check]) => ({
    name: name.replace("!", ""),
    required: name.endsWith("!"),
    check,
  }));
  const known = new Set(checks.map(({ name }) => name));
  return (value, path, to) => {
    if (!isObject(value)) return error(to, path, `must be an object, not ${kindOf(value)}`);
    for (const { name, required, check } of checks) {
      const field = value[name];
      // Names that are known here need no quotes.
      const at = path === "" ? name : `${path}.${name}`;
      if (field !== undefined) check(field, at, to);
      else if (required) error(to, at, "is missing");
    }
    for (const name of Object.keys(value)) {
      if (!known.has(name)) error(to, property(path, name), unknownProperty(name, known));
    }
  };
}

/** A list of such items. */
export function list(check: Check): Check {
  return (value, path, to) => {
    if (!Array.isArray(value)) return error(to, path, `must be a list, not ${kindOf(value)}`);
    // By index: `forEach` skips the holes of a sparse list.
    for (let i = 0; i < value.length; i++) check(value[i], item(path, i), to);
  };
}

/** Text that is not empty; `more` says what else is wrong with it, as a phrase. */
export function text(more: (value: string) => string | undefined = () => undefined): Check {
  return (value, path, to) => {
    if (typeof value !== "string") return error(to, path, `must be text, not ${kindOf(value)}`);
    const problem = textProblem(value) ?? more(value);
    if (problem !== undefined) error(to, path, problem);
  };
}

function textProblem(value: string): string | undefined {
  if (value === "") return "is empty";
  // Claims are public: servers hand account JWTs to anyone who asks.
  if (redact(value) !== value) return "holds a secret; claims are public";
  if (/[\ud800-\udfff]/.test(value) && Buffer.from(value).toString() !== value) {
    return "holds half a character (a lone surrogate)";
  }
  return undefined;
}

/** One of these texts. */
export function oneOf(choices: readonly string[]): Check {
  return (value, path, to) => {
    if (choices.includes(value as string)) return;
    error(to, path, `must be one of ${choices.join(", ")}; it is ${show(value)}`);
  };
}

/** `true` or `false`. */
export const flag: Check = (value, path, to) => {
  if (typeof value !== "boolean") error(to, path, `must be true or false, not ${kindOf(value)}`);
};

/** A whole number of at least `least`; `advice` is added when it is smaller. */
export function count(least = 0, advice = "leave it out for no limit"): Check {
  return (value, path, to) => {
    if (typeof value !== "number") return error(to, path, `must be a number, not ${kindOf(value)}`);
    if (value < least) return error(to, path, `must be at least ${least}; ${advice}`);
    if (!Number.isInteger(value)) error(to, path, "must be a whole number");
    else if (!Number.isSafeInteger(value)) {
      error(to, path, "is too large: numbers beyond 2^53 are not exact");
    }
  };
}

/** A check made of a function that says what is wrong, as a phrase. The value is quoted when it is text. */
export function phrase(problemOf: (value: unknown) => string | undefined): Check {
  return (value, path, to) => {
    const problem = problemOf(value);
    if (problem === undefined) return;
    error(to, path, typeof value === "string" ? `${show(value)} ${problem}` : problem);
  };
}

/** A size in bytes. */
export const size: Check = phrase(sizeProblem);
/** A span of time. */
export const duration: Check = phrase(durationProblem);
/** An instant. */
export const instant: Check = phrase(instantProblem);

/** Whether the value is an object whose properties can be looked at. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as an object; an empty one when it is none. For rules that run after the shape was checked. */
export function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

/** The value as a list; an empty one when it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function unknownProperty(name: string, known: ReadonlySet<string>): string {
  const near = [...known].find((candidate) => isNear(name.toLowerCase(), candidate.toLowerCase()));
  if (near !== undefined) return `is no known property; did you mean ${near}?`;
  return `is no known property; known are ${[...known].join(", ")}`;
}

/** Whether at most two letters differ, or one name starts with the other. */
function isNear(a: string, b: string): boolean {
  if (a.length >= 4 && (b.startsWith(a) || a.startsWith(b))) return true;
  if (Math.abs(a.length - b.length) > 2 || a.length > 64) return false;
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + same,
      );
    }
    row = next;
  }
  return (row[b.length] as number) <= Math.min(2, Math.floor(b.length / 3));
}
