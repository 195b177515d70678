/** Mappings of an account. Rules: Go `account_claims.go:Mapping.Validate`, server `accounts.go:validateAccountClaimMappings`. */

import { subject } from "./common";
import { error, type Issues, item, kindOf, property, show } from "./issues";
import { type Check, count, isObject, list, listOf, object, objectOf, text } from "./shape";
import { subjectProblem } from "./subject";
import { transformProblem } from "./transform";

const weight: Check = (value, path, to) => {
  count(1, "leave the target out instead")(value, path, to);
  if (typeof value === "number" && value > 100) error(to, path, "must be at most 100 (percent)");
};

const TARGET = object({ "subject!": subject, weight, cluster: text() });

const target: Check = (value, path, to) =>
  typeof value === "string" ? subject(value, path, to) : TARGET(value, path, to);

const TARGETS = list(target);

/** The shape of `mappings`, and the rules of each. */
export const mappings: Check = (value, path, to) => {
  if (!isObject(value)) return error(to, path, `must be an object, not ${kindOf(value)}`);
  for (const [from, targets] of Object.entries(value)) {
    const at = property(path, from);
    const problem = subjectProblem(from);
    if (problem !== undefined) error(to, at, `${show(from)} ${problem}`);
    TARGETS(targets, at, to);
    if (Array.isArray(targets) && targets.length === 0) {
      error(to, at, "has no target; leave it out to map nothing");
    }
    checkTargets(from, listOf(targets), at, to);
  }
};

/** All messages. */
const ALL = 100;

function checkTargets(from: string, targets: readonly unknown[], path: string, to: Issues): void {
  const seen = new Map<string, number>();
  const sums = new Map<string, number>();
  targets.forEach((entry, i) => {
    const fields = typeof entry === "string" ? { subject: entry } : objectOf(entry);
    const at = item(path, i);
    const { subject: dest, weight: share = ALL, cluster = "" } = fields as Record<string, unknown>;
    if (typeof dest === "string") {
      const subjectPath = typeof entry === "string" ? at : property(at, "subject");
      const first = seen.get(dest);
      if (first !== undefined) {
        error(
          to,
          subjectPath,
          `${show(dest)} is the target of entry ${first} too; servers refuse that, even for another cluster`,
        );
      } else seen.set(dest, i);
      const isSubject = subjectProblem(dest) === undefined && subjectProblem(from) === undefined;
      const problem = isSubject ? transformProblem(from, dest) : undefined;
      if (problem !== undefined) error(to, subjectPath, `${show(dest)} ${problem}`);
    }
    if (typeof share === "number" && share > 0 && share <= ALL && typeof cluster === "string") {
      sums.set(cluster, (sums.get(cluster) ?? 0) + share);
    }
  });
  for (const [cluster, sum] of sums) {
    if (sum <= ALL) continue;
    const where = cluster === "" ? "" : ` in cluster ${show(cluster)}`;
    error(to, path, `has weights of ${sum} percent together${where}; 100 is the most`);
  }
}
