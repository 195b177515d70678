/** Whether what the inputs ask for makes a token that fits where it has to go. */
import { type Issue, sizeProblems } from "../claims/index";
import { now } from "../clock";
import type { Checked, Properties } from "./hooks";
import { hasUnknown } from "./unknown";

/** Characters of a token that fits anywhere: nearly all do, and need not be read again. */
const small = 3_000;

/** Adds what is wrong with the size of the token; it can be made when all is known and nothing else is wrong. */
export function withSize(
  inputs: Properties,
  makeToken: (issuedAt: number) => string,
  issues: Issue[],
): Checked {
  if (hasUnknown(inputs) || issues.some(({ severity }) => severity === "error")) {
    return { inputs, issues };
  }
  const token = makeToken(now());
  return token.length < small
    ? { inputs, issues }
    : { inputs, issues: [...issues, ...sizeProblems(token)] };
}
