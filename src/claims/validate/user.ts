import type { Issue } from "../types";
import {
  COMMON,
  checkTimes,
  collect,
  permissions,
  publicKey,
  ruled,
  warnOfLockOut,
} from "./common";
import { type Issues, warning } from "./issues";
import { count, flag, list, listOf, object, objectOf, oneOf, size } from "./shape";
import { cidrProblem, timeOfDayProblem, timeZoneProblem } from "./text";

const SHAPE = object({
  ...COMMON,
  permissions,
  limits: object({ subscriptions: count(), payload: size }),
  connectionTypes: list(
    oneOf(["STANDARD", "WEBSOCKET", "LEAFNODE", "LEAFNODE_WS", "MQTT", "MQTT_WS", "IN_PROCESS"]),
  ),
  sourceNetworks: list(ruled(cidrProblem)),
  times: list(object({ "start!": ruled(timeOfDayProblem), "end!": ruled(timeOfDayProblem) })),
  timeZone: ruled(timeZoneProblem),
  bearer: flag,
  issuerAccount: publicKey("account"),
});

/** All that is wrong with a user's claims; never throws. Rules: Go `user_claims.go:Validate`, and the shape of `UserClaims`. */
export function validateUser(input: unknown): Issue[] {
  return collect(input, (value, to) => SHAPE(value, "", to), rules);
}

function rules(input: unknown, to: Issues): void {
  const claims = objectOf(input);
  checkTimes(claims, to);
  warnOfLockOut(claims["limits"], to);
  if (claims["timeZone"] !== undefined && listOf(claims["times"]).length === 0) {
    warning(to, "timeZone", "has no effect without times");
  }
}
