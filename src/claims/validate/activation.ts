import type { Issue } from "../types";
import { checkTimes, collect, GENERAL, publicKey, subject } from "./common";
import { error, type Issues } from "./issues";
import { object, objectOf, text } from "./shape";

const SHAPE = object({
  ...GENERAL,
  name: text(),
  stream: subject,
  service: subject,
  issuerAccount: publicKey("account"),
});

/** All that is wrong with an activation; never throws. Rules: Go `activation_claims.go:Validate`, and the shape of `ActivationClaims`. */
export function validateActivation(input: unknown): Issue[] {
  return collect(input, (value, to) => SHAPE(value, "", to), rules);
}

function rules(input: unknown, to: Issues): void {
  const claims = objectOf(input);
  checkTimes(claims, to);
  if ((claims["stream"] === undefined) === (claims["service"] === undefined)) {
    error(to, "", "needs exactly one of stream and service");
  }
}
