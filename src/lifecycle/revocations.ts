/** Revocations that an account declares, and how long any must be kept. */
import {
  compactRevocations,
  formatInstant,
  type Issue,
  mergeRevocations,
  parseDuration,
  parseInstant,
} from "../claims/index";
import { now } from "../clock";
import { secondsOf } from "./expiry";
import type { Properties } from "./hooks";
import { hasUnknown } from "./unknown";

/** Clocks differ, and expiries are rounded up to the hour: a day more costs little. */
const margin = 24 * 3600;

type Revocations = Record<string, number>;

/** The declared revocations in unix seconds; what is no instant stays as it is, for the check to name. */
export function declaredRevocations({ revocations }: Properties): Revocations | undefined {
  if (typeof revocations !== "object" || revocations === null) return undefined;
  const entries = Object.entries(revocations).map(([key, time]) => [key, unixOf(time)]);
  return Object.fromEntries(entries);
}

function unixOf(time: number | string): number | string {
  try {
    return typeof time === "string" ? parseInstant(time) : time;
  } catch {
    return time;
  }
}

/** What the program took back: only removing a line lets somebody in again. */
export function liftedRevocations(olds: Properties, news: Properties): Revocations {
  return later(declaredRevocations(olds), declaredRevocations(news));
}

/** What the program revokes from now on. */
export function addedRevocations(olds: Properties, news: Properties): Revocations {
  return later(declaredRevocations(news), declaredRevocations(olds));
}

/** Those of a list that another one has not, or only up to an earlier time. */
function later(list: Revocations = {}, than: Revocations = {}): Revocations {
  return Object.fromEntries(Object.entries(list).filter(([key, time]) => (than[key] ?? -1) < time));
}

/** A revocation in words. */
export function revocationText([key, time]: [string, number]): { who: string; upTo: string } {
  return {
    who: key === "*" ? "everybody, users that were deleted included" : key,
    upTo: formatInstant(time),
  };
}

/** What was signed before there was such a longest lifetime may live longer, until an old revocation gives way to one of `*`. */
export function lifetimeIssues(olds: Properties, news: Properties): Issue[] {
  const [before, after] = [olds["maxUserLifetime"], news["maxUserLifetime"]];
  const isNew = olds["publicKey"] === undefined || olds["publicKey"] !== news["publicKey"];
  if (isNew || after === undefined || hasUnknown([before, after])) return [];
  const lifetimes = [before, after].map((value) => secondsOf({ value }, "value", []));
  if (before !== undefined && !(Number(lifetimes[0]) > Number(lifetimes[1]))) return [];
  const message =
    `is new or shorter: tokens that were signed before may live longer. They are refused when they are older than ${after}, ` +
    "from the day on which the first revocation of that age is dropped; issue such users anew";
  return [{ path: "maxUserLifetime", message, severity: "warning" }];
}

/**
 * What a deletion of a user drops of its account's revocations: those of tokens that nobody can have any more. One of `*`
 * takes their place, so that a token from before there was a longest lifetime is refused too.
 */
export function withoutExpired(
  maxUserLifetime: unknown,
): (revocations: Revocations) => Revocations {
  if (maxUserLifetime === undefined) return (revocations) => revocations;
  const before = now() - parseDuration(maxUserLifetime as string) / 1000 - margin;
  return (revocations) => {
    const expired = Object.values(revocations).filter((time) => time < before);
    if (expired.length === 0) return revocations;
    const kept = Object.entries(revocations).filter(([, time]) => time >= before);
    return mergeRevocations(Object.fromEntries(kept), { "*": Math.max(...expired) });
  };
}

/** What the account itself may drop: also what it takes back, and what `*` covers, unless `*` is declared: that may be taken back one day. */
export function pruning(
  { maxUserLifetime, ...inputs }: Properties,
  lifted: Revocations = {},
): (revocations: Revocations) => Revocations {
  const declared = declaredRevocations(inputs)?.["*"] ?? -1;
  const unexpired = withoutExpired(maxUserLifetime);
  return (revocations) => {
    const kept = Object.entries(revocations).filter(([key, time]) => time > (lifted[key] ?? -1));
    const all = unexpired(Object.fromEntries(kept));
    return (all["*"] ?? -1) > declared ? compactRevocations(all) : all;
  };
}
