import { TYPED } from "../generic";
import type { Issue } from "../types";
import { checkTimes, collect, GENERAL } from "./common";
import { error, type Issues, kindOf, property } from "./issues";
import { type Check, isObject, object, objectOf, text } from "./shape";

const { tags: _, ...GENERAL_WITHOUT_TAGS } = GENERAL;

const body: Check = (value, path, to) => {
  if (!isObject(value)) return error(to, path, `must be an object, not ${kindOf(value)}`);
  if (value["version"] !== undefined)
    error(to, property(path, "version"), "is set when the token is written");
  const { type } = value;
  if (TYPED.has(type)) error(to, property(path, "type"), `is ${type}, which has claims of its own`);
  else if (type !== undefined && typeof type !== "string") {
    error(to, property(path, "type"), `must be text, not ${kindOf(type)}`);
  }
  checkJson(value, path, to, new Set());
};

function checkJson(value: unknown, path: string, to: Issues, above: Set<unknown>): void {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "bigint":
    case "undefined":
      return;
    case "number":
      if (!Number.isFinite(value)) error(to, path, "is no number that JSON can express");
      return;
    case "object": {
      if (value === null) return;
      if (above.has(value)) {
        error(to, path, "contains itself");
        return;
      }
      const inside = new Set([...above, value]);
      if (Array.isArray(value)) {
        value.forEach((entry, i) => {
          checkJson(entry, `${path}[${i}]`, to, inside);
        });
      } else {
        for (const [name, field] of Object.entries(value))
          checkJson(field, property(path, name), to, inside);
      }
      return;
    }
    default:
      error(to, path, `must be JSON, not ${kindOf(value)}`);
  }
}

const SHAPE = object({
  ...GENERAL_WITHOUT_TAGS,
  name: text(),
  "subject!": text(),
  "body!": body,
});

/** All that is wrong with a generic token's claims (`subject`, `body`, `name`, times, audience); never throws. Go has no rules beyond the times. */
export function validateGeneric(input: unknown): Issue[] {
  return collect(
    input,
    (value, to) => SHAPE(value, "", to),
    (value, to) => checkTimes(objectOf(value), to),
  );
}
