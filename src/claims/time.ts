/** Spans and instants of time between text and numbers. No clock is read here. */

import { NatsAuthError } from "../errors";
import type { Duration, Instant } from "./types";

const DURATION =
  /^(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,12})s)?(?:(\d{1,15})ms)?$/;
const MILLISECONDS = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000, 1];

/** Why a value is no duration: a phrase for people; `undefined` when it is one. */
export function durationProblem(value: unknown): string | undefined {
  if (typeof value !== "string") return 'must be a duration as text, such as "90d"';
  const span = millisecondsOf(value);
  if (span === undefined) {
    return 'is no duration: write whole numbers with units from large to small (w, d, h, m, s, ms), such as "90d" or "1m30s"';
  }
  return Number.isSafeInteger(span) ? undefined : "is too long";
}

/** Milliseconds of a duration: `90000` of `"1m30s"`. Throws `ERR_INPUT` for other text. */
export function parseDuration(value: Duration): number {
  const problem = durationProblem(value);
  if (problem !== undefined) throw new NatsAuthError("ERR_INPUT", `the duration ${problem}`);
  return millisecondsOf(value) as number;
}

function millisecondsOf(text: string): number | undefined {
  const match = text === "" ? null : DURATION.exec(text);
  if (match === null) return undefined;
  return MILLISECONDS.reduce((sum, unit, i) => sum + Number(match[i + 1] ?? 0) * unit, 0);
}

/** Canonical text of milliseconds: largest units first, days being the largest (`90d`, `1h30m`, `500ms`); `0s` for none. */
export function formatDuration(milliseconds: number): Duration {
  let rest = milliseconds;
  let text = "";
  for (const [i, name] of ["d", "h", "m", "s", "ms"].entries()) {
    const unit = MILLISECONDS[i + 1] as number;
    const count = Math.floor(rest / unit);
    if (count > 0) text += `${count}${name}`;
    rest -= count * unit;
  }
  return text === "" ? "0s" : text;
}

const INSTANT =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d+)?)?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/** Why a value is no instant: a phrase for people; `undefined` when it is one. */
export function instantProblem(value: unknown): string | undefined {
  if (typeof value !== "string")
    return 'must be an instant as text, such as "2027-01-31T00:00:00Z"';
  const seconds = secondsOf(value);
  if (seconds === undefined) {
    return 'is no instant: write date, time and zone, such as "2027-01-31T00:00:00Z"';
  }
  // Zero means "none" on the wire.
  return seconds > 0 ? undefined : "must be later than 1970-01-01T00:00:00Z";
}

/** Unix seconds of an ISO 8601 instant with a zone; fractions of a second are cut off. Throws `ERR_INPUT` for other text. */
export function parseInstant(text: Instant): number {
  const seconds = typeof text === "string" ? secondsOf(text) : undefined;
  if (seconds !== undefined && seconds > 0) return seconds;
  throw new NatsAuthError("ERR_INPUT", `the instant ${instantProblem(text)}`);
}

function secondsOf(text: string): number | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const part = (i: number): number => Number(match[i] ?? 0);
  const [year, month, day] = [part(1), part(2), part(3)];
  // Day 0 of the next month is the last of this one. Date.parse would let 30 February flow over to March.
  if (month < 1 || month > 12 || day < 1) return undefined;
  if (day > 28 && day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return undefined;
  const offset = (match[7] === "-" ? -1 : 1) * (part(8) * 3600 + part(9) * 60);
  return Date.UTC(year, month - 1, day, part(4), part(5), part(6)) / 1000 - offset;
}

/** The last second that has a four-digit year. */
const LAST_SECOND = 253_402_300_799;

/** Canonical text of unix seconds: `"2027-01-31T00:00:00Z"`. What lies after the year 9999 reads as its last second. */
export function formatInstant(unixSeconds: number): Instant {
  const seconds = Math.min(Math.max(unixSeconds, 0), LAST_SECOND);
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
