/**
 * The keys that a rotated signing key had before, each until its overlap is over. A resource beside the key: the key's
 * own outputs are not known in the preview of its rotation, and dropping an old key must not look like a new one.
 */
import { formatInstant, parseInstant } from "../claims/index";
import { now } from "../clock";
import { sameValue, unknownNames } from "./common";
import { roundUp, secondsOf } from "./expiry";
import type { Checked, Difference, Lifecycle, Properties } from "./hooks";
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

/** In the preview of a rotation the new key is not known yet. */
function isRotated(olds: Properties, news: Properties): boolean {
  if (olds["current"] === undefined) return false;
  return isUnknown(news["current"])
    ? olds["rotation"] !== news["rotation"]
    : olds["current"] !== news["current"];
}
