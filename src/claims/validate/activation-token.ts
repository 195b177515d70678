/** The activation token inside an import. Rules: Go `imports.go:Import.Validate`. */

import { publicKeyProblem } from "../../keys";
import { decodeToken, type TokenClaims } from "../token";
import { activationFromWire } from "../wire";
import { error, type Issues, property, show } from "./issues";
import { isContained } from "./overlap";
import type { Check } from "./shape";
import { subjectProblem } from "./subject";

/** The activation that a token holds; `undefined` when it holds none. */
export function activationOf(token: unknown): TokenClaims | undefined {
  try {
    const decoded = decodeToken(token as string);
    return decoded.nats["type"] === "activation" ? decoded : undefined;
  } catch {
    // Why it cannot be read does not matter; the cause must not quote the token anyway.
    return undefined;
  }
}

/** Text that is an activation token. */
export const activationToken: Check = (value, path, to) => {
  if (activationOf(value) === undefined) error(to, path, "is no valid activation token");
};

/** Whether the token of an import, when it has one, allows this import into the account `importer`. */
export function checkActivation(
  fields: Record<string, unknown>,
  importer: string | undefined,
  path: string,
  to: Issues,
): void {
  const token = fields["token"] === undefined ? undefined : activationOf(fields["token"]);
  if (token === undefined) return;
  const at = property(path, "token");
  const { stream, service, issuerAccount } = activationFromWire(token);
  const { account } = fields;
  if (token.iss !== account && issuerAccount !== account) {
    error(to, at, "was not issued by the account that is imported from");
  }
  if (importer !== undefined && token.sub !== importer) {
    error(to, at, "was issued for another account than this one");
  }
  if (issuerAccount !== undefined && publicKeyProblem(issuerAccount, ["account"]) !== undefined) {
    error(to, at, "names an issuing account that is no account key");
  }
  const allowed = stream ?? service ?? "";
  const type = fields["stream"] === undefined ? "service" : "stream";
  if ((stream === undefined ? "service" : "stream") !== type) {
    error(
      to,
      at,
      `is for a ${type === "stream" ? "service" : "stream"}, and this import is a ${type}`,
    );
  }
  const problem = subjectProblem(allowed);
  if (problem !== undefined) error(to, at, `allows a subject that ${problem}`);
  const subject = fields[type];
  if (typeof subject === "string" && !isContained(subject, allowed)) {
    error(to, at, `allows ${show(allowed)}, which does not cover ${show(subject)}`);
  }
}
