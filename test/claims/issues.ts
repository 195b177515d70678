import { expect } from "vitest";
import type { Issue } from "../../src/claims";

/** Issues as `path: message`, warnings with a `?` before them. */
export function lines(issues: Issue[]): string[] {
  return issues.map(
    ({ path, message, severity }) => `${severity === "warning" ? "? " : ""}${path}: ${message}`,
  );
}

/** One issue that starts like this. */
export function expectOne(issues: string[], start: string): void {
  expect(issues).toEqual([expect.stringContaining(start)]);
  expect(issues[0]?.startsWith(start)).toBe(true);
}
