/** Text for people out of tokens that strangers may have written: no secrets, no control characters, columns that line up. */

import { redact } from "../../keys";
import { parseSize } from "../size";
import type { Permissions, Size, SubjectRules } from "../types";

/** A label and what it says; without a value the line is left out. */
export type Line = readonly [label: string, value: string | undefined];

/** A part of a description. */
export interface Section {
  /** Heading; the first section's is the title. */
  readonly title: string;
  readonly lines: readonly Line[];
}

/** The sections as text: headings at the margin, lines below them in two columns. Empty sections are left out. */
export function layOut(sections: readonly Section[]): string {
  const shown = sections
    .map(({ title, lines }) => ({ title, lines: lines.filter(([, value]) => value !== undefined) }))
    .filter(({ lines }) => lines.length > 0);
  const width = Math.max(...shown.flatMap(({ lines }) => lines.map(([label]) => label.length)));
  return shown
    .map(({ title, lines }) =>
      [title, ...lines.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`)].join("\n"),
    )
    .join("\n\n")
    .concat("\n");
}

/** Text of a token, as it can be shown in a terminal. */
export function plain(text: string): string {
  return redact(text).replace(/[\p{Cc}\u2028\u2029]/gu, (char) =>
    JSON.stringify(char)
      .slice(1, -1)
      .replace(
        /[\u007f-\u009f\u2028\u2029]/,
        (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
      ),
  );
}

/** Text, `undefined` when there is none. */
export function plainOrNone(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : plain(text);
}

/** A list in one line; `undefined` when it is empty. */
export function listed(list: readonly string[] | undefined): string | undefined {
  return list === undefined || list.length === 0 ? undefined : list.map(plain).join(", ");
}

/** `yes`, or nothing. */
export function yes(flag: boolean | undefined): string | undefined {
  return flag ? "yes" : undefined;
}

/** A limit that is a count; `zero` says what 0 means. */
export function counted(limit: number | undefined, zero = "0"): string {
  if (limit === undefined) return "unlimited";
  return limit === 0 ? zero : String(limit);
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A limit in bytes, in the largest unit that gives a whole number. */
export function sized(limit: Size | undefined, absent = "unlimited"): string {
  if (limit === undefined) return absent;
  if (limit === "unlimited") return limit;
  let size = parseSize(limit);
  let unit = 0;
  while (size > 0 && size % 1024 === 0 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${size} ${UNITS[unit]}`;
}

/** Lines of permissions. */
export function permissionLines(permissions: Permissions | undefined): Line[] {
  return [
    ...ruleLines("publish", permissions?.publish),
    ...ruleLines("subscribe", permissions?.subscribe),
    ["responses", responses(permissions?.responses)],
  ];
}

function ruleLines(name: string, rules: readonly string[] | SubjectRules | undefined): Line[] {
  const { allow, deny } = Array.isArray(rules)
    ? { allow: rules as string[], deny: undefined }
    : ((rules ?? {}) as SubjectRules);
  return [
    [name, listed(allow) ?? "everything"],
    [`${name}, not`, listed(deny)],
  ];
}

function responses(allowed: Permissions["responses"]): string | undefined {
  if (allowed === undefined) return undefined;
  const { max = 1, ttl } = allowed;
  return `${max} ${max === 1 ? "message" : "messages"}${ttl === undefined ? "" : ` within ${ttl}`}`;
}
