/** Putting a change that was made elsewhere into what a person wrote. Pure. */
import { isDeepStrictEqual } from "node:util";
import type { Properties } from "./hooks";

/**
 * What was written, with what changed between two canonical forms of it. Everything else stays as it was written:
 * `"1MiB"` stays `"1MiB"`, and a list keeps its order, so that a comparison with the program names the change alone.
 */
export function withChanges(written: unknown, before: unknown, after: unknown): unknown {
  if (isDeepStrictEqual(before, after)) return written;
  if (isObject(written) && isObject(before) && isObject(after)) {
    return objectWithChanges(written, before, after);
  }
  if (Array.isArray(written) && Array.isArray(before) && Array.isArray(after)) {
    return listWithChanges(written, before, after);
  }
  return after;
}

function objectWithChanges(written: Properties, before: Properties, after: Properties): Properties {
  const merged: Properties = { ...written };
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const value = withChanges(written[name], before[name], after[name]);
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}

/** Where every item has a name of its own, each is changed in its place; else the list comes in its canonical form. */
function listWithChanges(written: unknown[], before: unknown[], after: unknown[]): unknown[] {
  const [own, old, new_] = [byName(written), byName(before), byName(after)];
  if (!own || !old || !new_ || [...own.keys()].some((name) => !old.has(name))) return after;
  const kept = [...own]
    .filter(([name]) => new_.has(name))
    .map(([name, item]) => withChanges(item, old.get(name), new_.get(name)));
  const added = [...new_].filter(([name]) => !old.has(name)).map(([, item]) => item);
  return [...kept, ...added];
}

function byName(list: unknown[]): Map<string, unknown> | undefined {
  const named = new Map(list.map((item) => [nameOf(item), item]));
  return named.has("") || named.size < list.length ? undefined : named;
}

/** What an item of a list of claims goes by: tags and keys by themselves, the others by what they are about. */
function nameOf(item: unknown): string {
  if (typeof item === "string") return item;
  if (!isObject(item)) return "";
  const { account, stream, service, key, subject } = item;
  return [account, stream ?? service ?? key ?? subject].filter((part) => part !== undefined).join();
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
