import { keyKindOf } from "../../keys";
import type { Issue } from "../types";
import { authorization, warnOfBearers } from "./authorization";
import { COMMON, checkTimes, collect, permissions, warnOfLockOut, warnOfWildcards } from "./common";
import { error, type Issues, item, property, warning } from "./issues";
import { checkJetStream, jetstream } from "./jetstream";
import { mappings } from "./mappings";
import { revocations } from "./revocations";
import { type Check, count, flag, list, listOf, object, objectOf, oneOf, size } from "./shape";
import {
  checkExportOverlap,
  checkServiceImports,
  checkStreamImports,
  exportItem,
  INFO,
  importItem,
} from "./sharing";
import { checkSigningKeys, signingKey } from "./signing-keys";
import { hasWildcards } from "./subject";
import { warnOfPlaceholders } from "./template";
import { trace, warnOfLostTraces } from "./trace";

function shape(publicKey: string | undefined): Check {
  return object({
    ...COMMON,
    ...INFO,
    limits: object({
      connections: count(),
      leafNodes: count(),
      subscriptions: count(),
      payload: size,
      data: size,
      imports: count(),
      exports: count(),
      wildcardExports: flag,
      disallowBearer: flag,
    }),
    jetstream,
    exports: list(exportItem),
    imports: list(importItem(publicKey)),
    signingKeys: list(signingKey),
    defaultPermissions: permissions,
    mappings,
    authorization,
    trace,
    clusterTraffic: oneOf(["system", "owner"]),
    revocations: revocations("user"),
  });
}

/** Of which account the claims are, and who signs them, where that is known: a few rules need it. */
export interface AccountContext {
  /** Public key (A…) of the account: activation tokens of imports must be for it. */
  publicKey?: string | undefined;
  /** Public key of the signer: an account that signs itself has no limits. */
  issuer?: string | undefined;
}

/** All that is wrong with an account's claims; never throws. Rules: Go `account_claims.go:Validate`, what servers add to it, and the shape of `AccountClaims`. */
export function validateAccount(input: unknown, context: AccountContext = {}): Issue[] {
  const check = shape(context.publicKey);
  return collect(
    input,
    (value, to) => check(value, "", to),
    (value, to) => {
      rules(objectOf(value), context, to);
    },
  );
}

function rules(claims: Record<string, unknown>, { issuer }: AccountContext, to: Issues): void {
  checkTimes(claims, to);
  warnOfLockOut(claims["limits"], "limits", to);
  checkJetStream(claims["jetstream"], to);
  checkExportOverlap(claims["exports"], to);
  checkServiceImports(claims["imports"], to);
  checkStreamImports(claims["imports"], to);
  checkCounts(claims, to);
  checkSigningKeys(claims["signingKeys"], to);
  warnOfPlaceholders(claims["defaultPermissions"], "defaultPermissions", to);
  warnOfWildcards(claims, to);
  warnOfBearers(claims, to);
  warnOfLostTraces(claims, to);
  if (issuer !== undefined && keyKindOf(issuer) === "account") {
    warning(to, "limits", "are signed by the account itself, and nobody grants itself limits");
  }
}

function checkCounts(claims: Record<string, unknown>, to: Issues): void {
  const limits = objectOf(claims["limits"]);
  for (const name of ["imports", "exports"]) {
    const length = listOf(claims[name]).length;
    const most = limits[name];
    if (typeof most === "number" && most >= 0 && length > most) {
      error(to, name, `has ${length} entries; limits.${name} allows ${most}`);
    }
  }
  const { exports, wildcardExports } = limits;
  if (wildcardExports !== false) return;
  if (exports === undefined) {
    warning(to, "limits.wildcardExports", "has no effect unless limits.exports is set");
    return;
  }
  listOf(claims["exports"]).forEach((entry, i) => {
    for (const type of ["stream", "service"]) {
      const subject = objectOf(entry)[type];
      if (typeof subject === "string" && hasWildcards(subject)) {
        const path = property(item("exports", i), type);
        error(to, path, "has wildcards, which limits.wildcardExports forbids");
      }
    }
  });
}
