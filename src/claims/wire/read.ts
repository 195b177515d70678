/** Reading the wire without trust: what is missing or of another type reads as Go's zero value. */

/** An object of the wire. */
export type Wire = Record<string, unknown>;

/** The value as an object; an empty one when it is none. */
export function object(value: unknown): Wire {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Wire)
    : {};
}

/** The objects of a list. */
export function objects(value: unknown): Wire[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "object").map(object) : [];
}

/** Text, `undefined` when empty. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The texts of a list; `undefined` when there are none. */
export function texts(value: unknown): string[] | undefined {
  return Array.isArray(value)
    ? filled(value.filter((item): item is string => typeof item === "string"))
    : undefined;
}

/** A number, 0 when absent. */
export function integer(value: unknown): number {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : 0;
}

/** A limit, 0 when absent. What is beyond 2^53 reads as the largest exact number: as a limit it means the same. */
export function quantity(value: unknown): number {
  return Math.min(Number.MAX_SAFE_INTEGER, integer(value));
}

/** `true`, or `undefined`. */
export function flag(value: unknown): true | undefined {
  return value === true ? true : undefined;
}

/** A number that is not 0. */
export function nonZero<T extends number | bigint>(value: T | undefined): T | undefined {
  return value === 0 ? undefined : value;
}

/** A list that is not empty. */
export function filled<T>(list: T[] | undefined): T[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

/** The object without its `undefined` fields: absent and `undefined` are not the same in comparisons. */
export function compact<T extends object>(value: T): T {
  const kept = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(kept) as T;
}

/** The object without its `undefined` fields; `undefined` when none is left. */
export function compactOrNone<T extends object>(value: T): T | undefined {
  const kept = compact(value);
  return Object.keys(kept).length === 0 ? undefined : kept;
}

/** Without zeros and `false`, which Go leaves out: a missing limit of an account is "none allowed" to the server. */
export function withoutZeros(wire: Record<string, number | boolean>): Wire {
  return Object.fromEntries(
    Object.entries(wire).filter(([, value]) => value !== 0 && value !== false),
  );
}
