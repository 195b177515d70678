import { fieldsOfTemplate } from "../scoped";
import type { Issue } from "../types";
import { COMMON, checkTimes, collect, publicKey, warnOfWildcards } from "./common";
import { error, type Issues, property } from "./issues";
import { flag, object, objectOf } from "./shape";
import { checkTemplateRules, TEMPLATE, warnOfPlaceholders } from "./template";

const SHAPE = object({
  ...COMMON,
  ...TEMPLATE,
  scoped: flag,
  issuerAccount: publicKey("account"),
});

/** All that is wrong with a user's claims; never throws. Rules: Go `user_claims.go:Validate`, `signingkeys.go:ValidateScopedSigner`, and the shape of `UserClaims`. */
export function validateUser(input: unknown): Issue[] {
  return collect(input, (value, to) => SHAPE(value, "", to), rules);
}

function rules(input: unknown, to: Issues): void {
  const claims = objectOf(input);
  checkTimes(claims, to);
  warnOfWildcards(claims, to);
  if (claims["scoped"] === true) {
    for (const name of fieldsOfTemplate(claims)) {
      error(
        to,
        property("", name),
        "must be left out: a scoped key signs, whose template says what its users are allowed, and servers refuse users that say more",
      );
    }
    return;
  }
  checkTemplateRules(claims, "", to);
  warnOfPlaceholders(claims["permissions"], "permissions", to);
}
