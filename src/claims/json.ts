/** JSON as Go writes it, so that tokens of both are equal byte for byte. */

import { NatsAuthError } from "../errors";
import { compareText } from "./order";
import { type Layout, SORTED } from "./wire/layout";

/** Keys, names and most subjects: nothing to escape but the wildcard at the end. */
const COMMON = /^[\w .$*:/-]*>?$/;
const PLAIN = /^[^"\\\p{Cc}\p{Cs}]*$/u;
const ESCAPED = /[<>&\u2028\u2029]/g;
const ESCAPES: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** Text in quotes. Go escapes what HTML and JavaScript could stumble over. */
export function writeText(text: string): string {
  if (COMMON.test(text)) {
    return text.endsWith(">") ? `"${text.slice(0, -1)}${ESCAPES[">"]}"` : `"${text}"`;
  }
  const quoted = PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
  return quoted.replace(ESCAPED, (char) => ESCAPES[char] as string);
}

/** A JSON value with the fields of objects in the order of `layout`; without one, sorted. `undefined` fields are left out. */
export function writeJson(value: unknown, layout?: Layout): string {
  switch (typeof value) {
    case "string":
      return writeText(value);
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return value.toString();
    case "number":
      if (Number.isFinite(value)) return String(value);
      break;
    case "object":
      if (value === null) return "null";
      if (Array.isArray(value)) return writeList(value, layout);
      return `{${writeFields(value as Record<string, unknown>, layout)}}`;
  }
  throw new NatsAuthError("ERR_INPUT", "the claims hold a value that JSON cannot express");
}

function writeList(list: readonly unknown[], layout: Layout | undefined): string {
  let text = "";
  for (const item of list) text += `${text === "" ? "" : ","}${writeJson(item, layout)}`;
  return `[${text}]`;
}

/** The fields of an object without its braces. */
export function writeFields(object: Record<string, unknown>, layout = SORTED): string {
  let text = "";
  for (const { name, start, within } of layout.fields) {
    const value = object[name];
    if (value === undefined) continue;
    text += `${text === "" ? "" : ","}${start}${writeJson(value, within)}`;
  }
  let others: string[] | undefined;
  for (const name of Object.keys(object)) {
    if (object[name] === undefined || layout.names.has(name)) continue;
    others ??= [];
    others.push(name);
  }
  for (const name of others?.sort(compareText) ?? []) {
    if (text !== "") text += ",";
    text += `${writeText(name)}:${writeJson(object[name], layout.each)}`;
  }
  return text;
}

/**
 * Reads JSON without losing digits: Go's 64-bit integers beyond 2^53 come as `bigint`, so that what another tool
 * signed can be written again as it was. Throws `SyntaxError`.
 */
export function readJson(text: string): unknown {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const exact = (_: string, value: unknown, context: { source?: string }): unknown => {
    const source = context.source;
    return typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source ?? "")
      ? BigInt(source as string)
      : value;
  };
  // The third parameter is in Node since 22, and not yet in the types of this TypeScript target.
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown);
}
