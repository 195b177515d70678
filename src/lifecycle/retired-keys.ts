/**
 * The keys that a rotated signing key had before, each until its overlap is over. A resource beside the key: the key's
 * own outputs are not known in the preview of its rotation, and dropping an old key must not look like a new one.
 */
import { formatInstant, parseInstant } from "../claims/index";
import { now } from "../clock";
import { sameValue, unknownNames } from "./common";
import { roundUp, secondsOf } from "./expiry";
import type { Checked, Difference, Lifecycle, Properties } from "./hooks";
import { say, warn } from "./log";
import { hasUnknown, isUnknown } from "./unknown";

/** A key that is on its way out. */
interface RetiredKey {
  publicKey: string;
  /** ISO 8601: from then on nothing that it signed is accepted. */
  until: string;
}

/** Seconds of a week. */
const defaultOverlap = 7 * 24 * 3600;

/** Hooks of the resource that `SigningKey` makes beside itself when it rotates. */
export const retiredKeysLifecycle: Lifecycle = {
  check(olds, news): Checked {
    const issues = unknownNames(news, ["current", "rotation", "overlap", "emergency"]);
    const overlap = secondsOf(news, "overlap", issues) ?? defaultOverlap;
    if (issues.length > 0) return { inputs: news, issues };
    return { inputs: { ...news, retired: retire(olds, news, overlap) }, issues };
  },

  diff(olds, news): Difference {
    tellOfKeys(olds, news);
    if (hasUnknown(news)) return "changed";
    const names = ["current", "rotation", "overlap", "emergency", "retired"];
    return names.every((name) => sameValue(olds[name], news[name])) ? "same" : "changed";
  },

  async create(inputs) {
    return { id: "retired-keys", outs: inputs };
  },

  async update(_id, _olds, news) {
    return news;
  },
};

/** Who is retired after this change. Decided in the check, so that previews show it. */
function retire(olds: Properties, news: Properties, overlap: number): RetiredKey[] {
  if (news["emergency"] === true) return [];
  const before = (olds["retired"] ?? []) as RetiredKey[];
  const until = formatInstant(roundUp(now() + overlap, overlap));
  const all = isRotated(olds, news)
    ? [...before, { publicKey: olds["current"] as string, until }]
    : before;
  return all.filter(
    ({ publicKey, until: end }) => parseInstant(end) > now() && publicKey !== news["current"],
  );
}

/** Says in previews what becomes of the old keys. What is dropped after its overlap the account says, which loses it. */
function tellOfKeys(olds: Properties, news: Properties): void {
  const [before, after] = [olds, news].map(({ retired }) => (retired ?? []) as RetiredKey[]);
  const isNew = ({ publicKey }: RetiredKey) =>
    !before?.some((known) => known.publicKey === publicKey);
  for (const { publicKey, until } of after?.filter(isNew) ?? []) {
    say(
      isOperatorKey(publicKey)
        ? `the operator's signing key ${publicKey} makes way for a new one; it stays listed until ${until}, and longer while anything on the servers is signed by it`
        : `signing key ${publicKey} makes way for a new one, which signs users anew now; creds that the old one signed work until the first \`up\` after ${until}`,
    );
  }
  if (news["emergency"] !== true) return;
  const old = isRotated(olds, news) ? [olds["current"] as string] : [];
  for (const publicKey of [...(before ?? []).map((key) => key.publicKey), ...old]) {
    warn(
      isOperatorKey(publicKey)
        ? `the operator's signing key ${publicKey} is dropped as soon as nothing on the servers is signed by it; servers trust it until they are restarted without it`
        : `signing key ${publicKey} is dropped at once: sessions that it signed are closed, and creds that it signed are refused`,
    );
  }
}

function isOperatorKey(publicKey: string): boolean {
  return publicKey.startsWith("O");
}

/** In the preview of a rotation the new key is not known yet. */
function isRotated(olds: Properties, news: Properties): boolean {
  if (olds["current"] === undefined) return false;
  return isUnknown(news["current"])
    ? olds["rotation"] !== news["rotation"]
    : olds["current"] !== news["current"];
}
