/** Revocations that an account declares, and how long any must be kept. */
import {
  compactRevocations,
  formatInstant,
  type Issue,
  parseDuration,
  parseInstant,
} from "../claims/index";
import { now } from "../clock";
import { secondsOf } from "./expiry";
import type { Properties } from "./hooks";
import { warn } from "./log";
import { hasUnknown } from "./unknown";

/** Clocks differ, and expiries are rounded up to the hour: a day more costs little. */
const margin = 24 * 3600;

type Declared = Record<string, number | string>;

/** The declared revocations in unix seconds; what is no instant stays as it is, for the check to name. */
export function declaredRevocations({
  revocations,
}: Properties): Record<string, number> | undefined {
  if (typeof revocations !== "object" || revocations === null) return undefined;
  const entries = Object.entries(revocations as Declared).map(([key, time]) => [key, unixOf(time)]);
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
export function liftedRevocations(olds: Properties, news: Properties): Record<string, number> {
  const [before = {}, after = {}] = [declaredRevocations(olds), declaredRevocations(news)];
  const lifted = Object.entries(before).filter(([key, time]) => (after[key] ?? -1) < time);
  return Object.fromEntries(lifted);
}

/** A line less looks harmless in a preview, and is not. */
export function tellOfLifted(name: unknown, lifted: Record<string, number>): void {
  for (const [key, time] of Object.entries(lifted)) {
    const who = key === "*" ? "everybody" : key;
    warn(
      `account "${name}": the revocation of ${who} is taken back: tokens issued up to ${formatInstant(time)} that have not expired are let in again`,
    );
  }
}

/** A longest lifetime counts from when it is declared; what was signed before lives on as it was signed. */
export function lifetimeIssues(olds: Properties, news: Properties): Issue[] {
  const [before, after] = [olds["maxUserLifetime"], news["maxUserLifetime"]];
  const isNew = olds["publicKey"] === undefined || olds["publicKey"] !== news["publicKey"];
  if (isNew || after === undefined || hasUnknown([before, after])) return [];
  const lifetimes = [before, after].map((value) => secondsOf({ value }, "value", []));
  if (before !== undefined && !(Number(lifetimes[0]) > Number(lifetimes[1]))) return [];
  const message =
    `is new or shorter: revocations older than ${after} are forgotten, and tokens that were signed before may live longer. ` +
    'Those that were revoked are then let in again; where there may be any, declare revocations: { "*": "<now>" } as well, and issue all users anew';
  return [{ path: "maxUserLifetime", message, severity: "warning" }];
}

/** Which revocations need to be kept: not those that were taken back, nor those of tokens that nobody can have any more. */
export function pruning(
  lifted: Record<string, number>,
  maxUserLifetime: unknown,
): (revocations: Record<string, number>) => Record<string, number> {
  const before =
    maxUserLifetime === undefined
      ? undefined
      : now() - parseDuration(maxUserLifetime as string) / 1000 - margin;
  return (revocations) => {
    const kept = Object.entries(revocations).filter(([key, time]) => time > (lifted[key] ?? -1));
    return compactRevocations(Object.fromEntries(kept), before);
  };
}
