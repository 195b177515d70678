/** Sizes in bytes, as numbers or as text with a unit. */

import { NatsAuthError } from "../errors";
import type { Size } from "./types";

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Why a value is no size: a phrase for people; `undefined` when it is one. */
export function sizeProblem(value: unknown): string | undefined {
  if (typeof value === "number") {
    if (value < 0) return "must not be negative; leave it out for no limit";
    if (!Number.isSafeInteger(value)) return "must be a whole number of bytes";
    return undefined;
  }
  if (typeof value !== "string") return 'must be a number of bytes or text such as "1MiB"';
  const bytes = bytesOf(value);
  if (bytes === undefined) {
    return 'is no size: write a whole number and a unit (B, KB, MB, GB, TB, KiB, MiB, GiB, TiB), such as "10GiB"';
  }
  if (!Number.isSafeInteger(bytes)) return "is too large";
  return undefined;
}

/** Bytes of a size: `1048576` of `"1MiB"`. Throws `ERR_INPUT` for anything else than a non-negative whole number of bytes. */
export function parseSize(value: Size): number {
  const problem = sizeProblem(value);
  if (problem !== undefined) throw new NatsAuthError("ERR_INPUT", `the size ${problem}`);
  return typeof value === "number" ? value : (bytesOf(value) as number);
}

function bytesOf(text: string): number | undefined {
  const match = /^(\d{1,16})([A-Za-z]{1,3})$/.exec(text);
  const unit = match === null ? undefined : UNITS[match[2] as string];
  return unit === undefined ? undefined : Number(match?.[1]) * unit;
}
