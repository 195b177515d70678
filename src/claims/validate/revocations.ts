import type { KeyKind } from "../../keys";
import { publicKey } from "./common";
import { error, kindOf, property } from "./issues";
import { type Check, count, isObject } from "./shape";

const second = count(0, "it is a unix second");
/** In the year 5138; milliseconds of today are beyond it. */
const FAR_SECOND = 100_000_000_000;

/** A revocation list: public keys of a kind, or `*`, to unix seconds. Go does not look at it. */
export function revocations(kind: KeyKind): Check {
  const key = publicKey(kind);
  return (value, path, to) => {
    if (!isObject(value)) return error(to, path, `must be an object, not ${kindOf(value)}`);
    for (const [name, time] of Object.entries(value)) {
      const at = property(path, name);
      if (name !== "*") key(name, at, to);
      second(time, at, to);
      if (typeof time === "number" && time > FAR_SECOND) {
        error(to, at, "is too late: give seconds, not milliseconds");
      }
    }
  };
}
