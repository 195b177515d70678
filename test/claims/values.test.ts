import { describe, expect, test } from "vitest";
import {
  formatDuration,
  formatInstant,
  mergeRevocations,
  parseDuration,
  parseInstant,
  parseSize,
} from "../../src/claims";

const refused = expect.objectContaining({ code: "ERR_INPUT" });

describe("sizes", () => {
  test.each([
    [0, 0],
    [1_048_576, 1_048_576],
    ["512B", 512],
    ["64KiB", 65_536],
    ["1MiB", 1_048_576],
    ["10GiB", 10_737_418_240],
    ["2TiB", 2_199_023_255_552],
    ["1kB", 1000],
    ["1MB", 1_000_000],
    ["10GB", 10_000_000_000],
  ])("%s is %d bytes", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  test.each([
    -1,
    1.5,
    Number.NaN,
    2 ** 53,
    "",
    "1",
    "1 MiB",
    "1Mib",
    "-1B",
    "1.5GiB",
    "9999999TiB",
    "1e3B",
  ])("%s is refused", (text) => {
    expect(() => parseSize(text)).toThrow(refused);
  });
});

describe("durations", () => {
  test.each([
    ["90d", 7_776_000_000],
    ["1w", 604_800_000],
    ["12h", 43_200_000],
    ["1m30s", 90_000],
    ["500ms", 500],
    ["0s", 0],
    ["1m5ms", 60_005],
  ])("%s is %d ms", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(["", "90", "d", "1.5h", "-1s", "1s1m", "1s 1ms", "1y", "999999999w999999999w"])(
    "%j is refused",
    (text) => {
      expect(() => parseDuration(text)).toThrow(refused);
    },
  );

  test.each([
    [0, "0s"],
    [5_400_000, "1h30m"],
    [7_776_000_000, "90d"],
    [1500, "1s500ms"],
  ])("%d ms are written %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });
});

describe("instants", () => {
  test.each([
    ["2027-01-31T00:00:00Z", 1_801_353_600],
    ["2027-01-31T01:00:00+01:00", 1_801_353_600],
    ["2027-01-30T19:30:00-04:30", 1_801_353_600],
    ["2027-01-31T00:00Z", 1_801_353_600],
    ["2027-01-31T00:00:00.999Z", 1_801_353_600],
    ["2028-02-29T00:00:00Z", 1_835_395_200],
  ])("%s is %d", (text, seconds) => {
    expect(parseInstant(text)).toBe(seconds);
    expect(Math.floor(Date.parse(text) / 1000)).toBe(seconds);
  });

  test.each([
    "",
    "2027-01-31",
    "2027-01-31T00:00:00",
    "2027-02-29T00:00:00Z",
    "2027-02-30T00:00:00Z",
    "2027-13-01T00:00:00Z",
    "2027-00-10T00:00:00Z",
    "2027-01-00T00:00:00Z",
    "2027-01-01T24:00:00Z",
    "2027-01-01T00:60:00Z",
    "1970-01-01T00:00:00Z",
    "1801353600",
  ])("%j is refused", (text) => {
    expect(() => parseInstant(text)).toThrow(refused);
  });

  test("are written with seconds and Z", () => {
    expect(formatInstant(1_801_353_600)).toBe("2027-01-31T00:00:00Z");
    expect(formatInstant(2 ** 53)).toBe("9999-12-31T23:59:59Z");
  });
});

describe("revocations", () => {
  test("merge to the later time of each key", () => {
    expect(mergeRevocations({ a: 5, b: 1 }, undefined, { a: 3, b: 2, "*": 9 })).toEqual({
      a: 5,
      b: 2,
      "*": 9,
    });
    expect(mergeRevocations()).toEqual({});
  });

  test("do not change their inputs, whatever the keys", () => {
    const first = JSON.parse('{"__proto__": 5}');
    expect(Object.entries(mergeRevocations(first, { x: 1 }))).toEqual([
      ["__proto__", 5],
      ["x", 1],
    ]);
    expect(Object.keys(first)).toEqual(["__proto__"]);
  });
});
