import { publicKey } from "./common";
import { error, type Issues, item, property } from "./issues";
import { type Check, isObject, listOf, object, objectOf, text } from "./shape";
import { template } from "./template";

const accountKey = publicKey("account");

const SCOPED = object({
  "key!": accountKey,
  "role!": text(),
  description: text(),
  "template!": template,
});

/** A signing key of an account, plain or with a role. */
export const signingKey: Check = (value, path, to) =>
  isObject(value) ? SCOPED(value, path, to) : accountKey(value, path, to);

/** A key is plain or has one role: servers would take one of several. */
export function checkSigningKeys(keys: unknown, to: Issues): void {
  const seen = new Map<string, { index: number; scoped: boolean }>();
  listOf(keys).forEach((entry, index) => {
    const scoped = isObject(entry);
    const key = scoped ? objectOf(entry)["key"] : entry;
    if (typeof key !== "string") return;
    const before = seen.get(key);
    if (before === undefined) seen.set(key, { index, scoped });
    else if (scoped || before.scoped) {
      const path = item("signingKeys", index);
      error(
        to,
        scoped ? property(path, "key") : path,
        `is the key of signingKeys[${before.index}] already; a key has one role`,
      );
    }
  });
}
