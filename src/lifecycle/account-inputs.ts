/** What an account is made of, and what can be wrong with it. */
import { type AccountClaims, type Issue, validateAccount } from "../claims/index";
import { publicKeyProblem } from "../keys/index";
import { type OperatorAuthority, operatorIssues, serverIssues } from "./authority";
import { oneOfIssues, pick, unknownNames } from "./common";
import { secondsOf } from "./expiry";
import type { Properties } from "./hooks";
import { declaredRevocations } from "./revocations";
import { hasUnknown } from "./unknown";

const claimNames = [
  "name",
  "description",
  "infoUrl",
  "tags",
  "limits",
  "jetstream",
  "exports",
  "imports",
  "signingKeys",
  "defaultPermissions",
  "mappings",
  "authorization",
  "trace",
  "clusterTraffic",
  "notBefore",
  "expiresAt",
] as const;

/** Inputs that no JWT says: a change of them is stored, and nothing is signed or pushed. */
export const storedNames = [
  "operator",
  "server",
  "system",
  "conflict",
  "onDelete",
  "forceDelete",
  "tombstoneFor",
  "expiresIn",
  "renewBefore",
  "revocations",
  "maxUserLifetime",
] as const;

/** Servers bring streams back slowly, and start without them where their account has expired (measured). */
const leastWithJetStream = 7 * 24 * 3600;

/** What the JWT says. */
export function claimsOf(inputs: Properties): AccountClaims {
  const revocations = declaredRevocations(inputs);
  const claims = pick(inputs, claimNames) as unknown as AccountClaims;
  return revocations === undefined ? claims : { ...claims, revocations };
}

/** Who signs the JWT. */
export function signerOf(inputs: Properties): OperatorAuthority["signer"] {
  return (inputs["operator"] as OperatorAuthority).signer;
}

/** All that is wrong with the inputs. */
export function accountIssues(inputs: Properties): Issue[] {
  const issues = [
    ...unknownNames(
      inputs,
      [...claimNames, "key", ...storedNames.filter((name) => name !== "system")],
      ["publicKey", "system"],
    ),
    ...validateAccount(claimsOf(inputs), contextOf(inputs)),
    ...operatorIssues("operator", inputs["operator"]),
    ...serverIssues("server", inputs["server"]),
    ...oneOfIssues(inputs, "conflict", ["fail", "overwrite"]),
    ...oneOfIssues(inputs, "onDelete", ["delete", "lock", "retain"]),
  ];
  secondsOf(inputs, "tombstoneFor", issues);
  secondsOf(inputs, "maxUserLifetime", issues);
  const lifetime = secondsOf(inputs, "expiresIn", []);
  if (
    lifetime !== undefined &&
    lifetime < leastWithJetStream &&
    inputs["jetstream"] !== undefined
  ) {
    issues.push({
      path: "expiresIn",
      message:
        "must be at least 7d for an account with JetStream: its streams stop when it expires",
      severity: "error",
    });
  }
  const error = (path: string, message: string) =>
    issues.push({ path, message, severity: "error" });
  const publicKeyIs = publicKeyProblem(inputs["publicKey"], ["account"]);
  if (publicKeyIs) error("publicKey", publicKeyIs);
  if (inputs["forceDelete"] !== undefined && typeof inputs["forceDelete"] !== "boolean") {
    error("forceDelete", "must be true or false");
  }
  for (const { path, message } of strictIssues(inputs)) error(path, message);
  if (inputs["system"] === true && inputs["jetstream"] !== undefined) {
    error(
      "jetstream",
      "is not possible on the system account: nats-server refuses to start with it",
    );
  }
  return issues;
}

function strictIssues(inputs: Properties): { path: string; message: string }[] {
  const operator = inputs["operator"] as OperatorAuthority | undefined;
  if (!operator?.requireSigningKeys) return [];
  const { signer, publicKey } = operator;
  const issues: { path: string; message: string }[] = [];
  if (!signer?.publicKey) issues.push({ path: "operator.signer", message: "is needed" });
  if (signer?.publicKey === publicKey) {
    issues.push({
      path: "operator.signer",
      message: "is the operator's identity key, but the operator requires signing keys",
    });
  }
  if (inputs["signingKeys"] === undefined) {
    issues.push({
      path: "signingKeys",
      message:
        "is needed: the operator requires signing keys, so no user of this account could sign in",
    });
  }
  return issues;
}

/** A few rules need to know of which account the claims are. */
function contextOf({ publicKey }: Properties): { publicKey?: string } {
  return hasUnknown(publicKey) ? {} : { publicKey: publicKey as string };
}
