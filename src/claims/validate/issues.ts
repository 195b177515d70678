/** Collecting what is wrong: places as property paths, values quoted without secrets. */

import { redact } from "../../keys";
import type { Issue } from "../types";

/** Where issues go. */
export type Issues = Issue[];

/** Adds something that blocks. */
export function error(to: Issues, path: string, message: string): void {
  to.push({ path, message, severity: "error" });
}

/** Adds something that is only shown. */
export function warning(to: Issues, path: string, message: string): void {
  to.push({ path, message, severity: "warning" });
}

/** The path of a property: `limits.payload`, or `revocations["*"]` where the name is no identifier. */
export function property(path: string, name: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(name) || redact(name) !== name) return `${path}[${show(name)}]`;
  return path === "" ? name : `${path}.${name}`;
}

/** The path of a list item: `exports[2]`. */
export function item(path: string, index: number): string {
  return `${path}[${index}]`;
}

const LONGEST = 80;

/** A value for a message: quoted, shortened, and without anything that looks like a secret. */
export function show(value: unknown): string {
  if (typeof value !== "string") return typeof value === "number" ? String(value) : kindOf(value);
  const text = redact(value);
  return JSON.stringify(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
}

/** What a value is, for messages about wrong types. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "object":
      return "an object";
    case "string":
      return "text";
    case "undefined":
      return "undefined";
    default:
      return `a ${typeof value}`;
  }
}
