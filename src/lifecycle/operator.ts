/** The operator JWT: signed by the operator's identity key, kept byte-equal until a claim changes. */
import { decodeToken, type OperatorClaims, signOperator, validateOperator } from "../claims/index";
import { nextIssueTime } from "../clock";
import { publicKeyOf, signerFromSeed } from "../keys/index";
import { keyIssues, pick, sameValue, stickyName, unknownNames, withFlatKeys } from "./common";
import type { Checked, Difference, Lifecycle, Properties } from "./hooks";
import { saysTheSame } from "./same-token";
import { hasUnknown } from "./unknown";

const claimNames = [
  "name",
  "tags",
  "signingKeys",
  "accountServerUrl",
  "serviceUrls",
  "requireSigningKeys",
  "assertServerVersion",
  "notBefore",
  "expiresAt",
] as const;

const otherNames = ["key", "systemAccount", "waitForServer", "expectServers", "strict"];

interface Key {
  publicKey: string;
  seed?: string;
}

/** Hooks of `Operator`. */
export const operatorLifecycle: Lifecycle = {
  check(olds, news): Checked {
    const inputs = stickyName(olds, withFlatKeys(news));
    return {
      inputs,
      issues: [
        ...unknownNames(inputs, [...claimNames, ...otherNames], ["signer", "system"]),
        ...validateOperator(claimsOf(inputs)).map((issue) =>
          issue.path === "systemAccount" ? { ...issue, path: "system.publicKey" } : issue,
        ),
        ...keyIssues("key", inputs["key"], "operator", "sign the operator JWT"),
        ...keyIssues("signer", inputs["signer"], "operator", "sign accounts"),
        ...keyIssues(
          "system.signer",
          systemOf(inputs)?.signer,
          "account",
          "push accounts as a system user",
        ),
      ],
    };
  },

  diff(olds, news): Difference {
    if (hasUnknown(news)) return "changed";
    if (keyOf(olds).publicKey !== keyOf(news).publicKey) return { replace: "key" };
    const stored = ["key", "signer", "system", "strict"].every((name) =>
      sameValue(olds[name], news[name]),
    );
    return stored && sameClaims(olds, news) ? "same" : "changed";
  },

  async create(inputs) {
    return { id: keyOf(inputs).publicKey, outs: { ...inputs, jwt: sign(inputs) } };
  },

  async update(_id, olds, news): Promise<Properties> {
    // Servers refuse to reload a configuration whose operator JWT differs in any byte (server `reload.go`).
    if (sameClaims(olds, news)) return { ...news, jwt: olds["jwt"] };
    return { ...news, jwt: sign(news, decodeToken(olds["jwt"] as string).iat) };
  },
};

function keyOf(properties: Properties): Key {
  return properties["key"] as Key;
}

function systemOf(properties: Properties): { publicKey: string; signer: Key } | undefined {
  return properties["system"] as { publicKey: string; signer: Key } | undefined;
}

function claimsOf(properties: Properties): OperatorClaims {
  const claims = {
    ...pick(properties, claimNames),
    systemAccount: systemOf(properties)?.publicKey,
  };
  return claims as unknown as OperatorClaims;
}

function sameClaims(olds: Properties, news: Properties): boolean {
  return saysTheSame("operator", olds["jwt"], keyOf(news).publicKey, claimsOf(news));
}

function sign(inputs: Properties, previous?: number): string {
  const seed = keyOf(inputs).seed as string;
  return signOperator({
    publicKey: publicKeyOf(seed),
    claims: claimsOf(inputs),
    signer: signerFromSeed(seed),
    issuedAt: nextIssueTime(previous),
  });
}
