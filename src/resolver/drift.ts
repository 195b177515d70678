/** How servers differ from what was pushed, in words. Pure. */
import {
  accountDifferences,
  formatInstant,
  mergeRevocations,
  revocationsOf,
  type TokenClaims,
} from "../claims/index";
import type { Inspection, ServerCopy } from "./inspect";
import { isLock } from "./lock";

/** One way in which a server differs. */
export interface Drift {
  /** Name of the server. */
  server: string;
  /** What is wrong there. */
  kind: "absent" | "away" | "expired" | "locked" | "older" | "changed" | "revocations";
  /** Paths of the claims that differ. */
  paths: string[];
  /** A line for people. */
  text: string;
}

/**
 * How the servers differ from the JWT that was pushed last. Revocations that a server has beyond it are no drift:
 * anybody may add them, and they are kept.
 */
export function driftOf(inspection: Inspection, pushed: TokenClaims): Drift[] {
  const revocations = mergeRevocations(inspection.revocations, revocationsOf(pushed));
  return [
    ...inspection.servers.flatMap((copy) => driftOn(copy, pushed, revocations, inspection.at)),
    ...inspection.missing.map((server) => ({
      server,
      kind: "away" as const,
      paths: [],
      text: `${server} did not answer`,
    })),
  ];
}

function driftOn(
  { server, claims, kept, expired }: ServerCopy,
  pushed: TokenClaims,
  revocations: Record<string, number>,
  at: number,
): Drift[] {
  const drift = (kind: Drift["kind"], text: string, paths: string[] = []): Drift[] => [
    { server, kind, paths, text: `${server} ${text}` },
  ];
  if (!claims) return drift("absent", "does not run it");
  // A server goes on with an account that was deleted under its clients, and lets nobody in.
  if (expired && !(claims.exp && claims.exp <= at)) return drift("absent", "deleted it");
  if (isLock(claims)) return drift("locked", "keeps it locked");
  if (expired) return drift("expired", "runs a copy that has expired");
  const differences = accountDifferences(claims, pushed);
  if (differences.length > 0) {
    const paths = differences.map(({ path }) => path);
    const said = differences.map(({ path, a, b }) => `${path}: ${shown(a)} instead of ${shown(b)}`);
    return claims.iat < pushed.iat
      ? drift(
          "older",
          `runs an older copy (issued ${formatInstant(claims.iat)}): ${said.join(", ")}`,
          paths,
        )
      : drift("changed", `runs a copy that somebody else changed: ${said.join(", ")}`, paths);
  }
  if (kept === false) return drift("absent", "lost its copy and got it from another server");
  const held = revocationsOf(claims);
  const everybody = held["*"] ?? 0;
  const lost = Object.entries(revocations).filter(
    ([key, time]) => Math.max(held[key] ?? 0, everybody) < time,
  );
  if (lost.length === 0) return [];
  const paths = lost.map(([key]) => `revocations.${key}`);
  return drift("revocations", `does not revoke what others do: ${paths.join(", ")}`, paths);
}

/** A value in a line: as it is when it is short. */
function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value) ?? "";
  return text.length <= 40 ? text : "something else";
}
