/** Tokens that are fine, and yet too large or not in force. */

import { instantProblem, parseInstant } from "../time";
import { decodeToken, MAX_TOKEN_SIZE } from "../token";
import type { GeneralClaims, Issue } from "../types";
import { error, type Issues, warning } from "./issues";

/** Limits of the servers that a token must pass. */
export interface ServerLimits {
  /** `max_control_line` in bytes: a user's token travels in one line. Default: 4096, the server's. */
  maxControlLine?: number | undefined;
  /** `max_payload` in bytes: an account's token travels in one message. Default: 1 MiB, the server's. */
  maxPayload?: number | undefined;
}

/** What clients send beside the token in the same line: signature, name, versions and flags, about 300 bytes in the official clients. */
const REST_OF_CONNECT = 400;
/** Room for the tokens of revoked users, which other tools may add. */
const ROOM = 0.9;

/**
 * Whether a token fits where it has to go. A user's token above the control line cannot connect; an account's above
 * 1 MiB cannot be read by anyone, and one above the message size cannot be pushed. Throws `ERR_TOKEN` for what is no token.
 */
export function sizeProblems(
  token: string,
  { maxControlLine = 4096, maxPayload = MAX_TOKEN_SIZE }: ServerLimits = {},
): Issue[] {
  const issues: Issues = [];
  const size = token.length;
  if (size > MAX_TOKEN_SIZE) {
    error(issues, "", `makes a token of ${size} bytes; more than ${MAX_TOKEN_SIZE} cannot be read`);
    return issues;
  }
  const type = decodeToken(token).nats["type"];
  if (type === "user" && size + REST_OF_CONNECT > maxControlLine) {
    warning(
      issues,
      "",
      `makes a token of ${size} bytes; servers read lines of ${maxControlLine} bytes when a client connects: move the permissions to a scoped signing key, or raise max_control_line`,
    );
  }
  if (type === "account" && size > maxPayload) {
    error(
      issues,
      "",
      `makes a token of ${size} bytes; servers take messages of ${maxPayload} bytes`,
    );
  } else if (type === "account" && size > ROOM * maxPayload) {
    warning(
      issues,
      "",
      `makes a token of ${size} bytes, near the ${maxPayload} bytes of a message: every revocation makes it larger`,
    );
  }
  return issues;
}

/** Whether claims are in force at `now` (unix seconds): servers let nobody in by a token that is not. Warnings; Go's time checks. */
export function timeProblems(
  claims: Pick<GeneralClaims, "expiresAt" | "notBefore">,
  now: number,
): Issue[] {
  const issues: Issues = [];
  const { expiresAt, notBefore } = claims;
  const seconds = (instant: unknown): number | undefined =>
    instantProblem(instant) === undefined ? parseInstant(instant as string) : undefined;
  const [end, start] = [seconds(expiresAt), seconds(notBefore)];
  if (end !== undefined && now > end)
    warning(issues, "expiresAt", "has passed: servers refuse the token");
  if (start !== undefined && start > now) {
    warning(issues, "notBefore", "is still to come: servers refuse the token until then");
  }
  return issues;
}
