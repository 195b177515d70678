/** Whether what the inputs ask for makes a token that fits where it has to go. */
import { type Issue, sizeProblems } from "../claims/index";
import { now } from "../clock";
import type { Checked, Properties } from "./hooks";
import { hasUnknown } from "./unknown";

/** Adds what is wrong with the size of the token; it can be made when all is known and nothing else is wrong. */
export function withSize(
  inputs: Properties,
  makeToken: (issuedAt: number) => string,
  issues: Issue[],
): Checked {
  if (hasUnknown(inputs) || issues.some(({ severity }) => severity === "error")) {
    return { inputs, issues };
  }
  return { inputs, issues: [...issues, ...sizeProblems(makeToken(now()))] };
}
