import { readFileSync } from "node:fs";

/** Every version that the scripts install or accept, in one file. */
export const versions = JSON.parse(
  readFileSync(new URL("../versions.json", import.meta.url), "utf8"),
);

/** The first x.y.z in a text ("go1.26.8", "nats-server: v2.15.2", "3.250.0-alpha.1"), or undefined. */
export function parseVersion(text) {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? match.slice(1, 4).map((part) => Number(part ?? 0)) : undefined;
}

export function compareVersions(a, b) {
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

/** The part of npm's ranges that versions.json uses: `^x.y.z`, `>=x.y.z`, joined by `||`. */
export function accepts(range, version) {
  const found = parseVersion(version);
  if (!found) return false;
  return range.split("||").some((part) => {
    const least = parseVersion(part);
    return (
      compareVersions(found, least) >= 0 && (!part.trim().startsWith("^") || found[0] === least[0])
    );
  });
}

/** A range as a person says it: "22 from 22.12, 24, 26 or newer". */
export function describe(range) {
  return range
    .split("||")
    .map((part) => {
      const version = part
        .trim()
        .replace(/^(>=|\^)/, "")
        .replace(/(\.0)+$/, "");
      if (!part.trim().startsWith("^")) return `${version} or newer`;
      return version.includes(".") ? `${version.split(".")[0]} from ${version}` : version;
    })
    .join(", ");
}
