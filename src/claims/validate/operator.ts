import type { Issue } from "../types";
import { COMMON, checkTimes, collect, publicKey, ruled } from "./common";
import { type Issues, warning } from "./issues";
import { flag, list, object, objectOf } from "./shape";
import { accountServerUrlProblem, hasUserInfo, serviceUrlProblem, versionProblem } from "./text";

const SHAPE = object({
  ...COMMON,
  signingKeys: list(publicKey("operator")),
  accountServerUrl: ruled(accountServerUrlProblem),
  serviceUrls: list(ruled(serviceUrlProblem)),
  systemAccount: publicKey("account"),
  assertServerVersion: ruled(versionProblem),
  requireSigningKeys: flag,
});

/** All that is wrong with an operator's claims; never throws. Rules: Go `operator_claims.go:Validate`, and the shape of `OperatorClaims`. */
export function validateOperator(input: unknown): Issue[] {
  return collect(input, (value, to) => SHAPE(value, "", to), rules);
}

function rules(input: unknown, to: Issues): void {
  const claims = objectOf(input);
  checkTimes(claims, to);
  const url = claims["accountServerUrl"];
  if (typeof url === "string" && hasUserInfo(url)) {
    warning(to, "accountServerUrl", "carries a user or password, and operator JWTs are public");
  }
}
