/** Activation tokens: they let one account import a private export of another. */
import {
  type ActivationClaims,
  decodeToken,
  signActivation,
  validateActivation,
} from "../claims/index";
import { nextIssueTime, now } from "../clock";
import { type KeyPairData, publicKeyProblem, signerFromSeed } from "../keys/index";
import { keyIssues, pick, stickyName, unknownNames } from "./common";
import { withExpiry } from "./expiry";
import type { Checked, Difference, Lifecycle, Properties } from "./hooks";
import { saysTheSame } from "./same-token";
import { hasUnknown } from "./unknown";

const claimNames = ["name", "stream", "service", "tags", "notBefore", "expiresAt"] as const;

interface Exporter {
  publicKey: string;
  signer: KeyPairData;
}

/** Hooks of `Activation`. */
export const activationLifecycle: Lifecycle = {
  check(olds, news): Checked {
    const { inputs, issues } = withExpiry(olds, stickyName(olds, news), now());
    const exporter = (inputs["account"] ?? {}) as Partial<Exporter>;
    const keys = [
      ["importer", publicKeyProblem(inputs["importer"], ["account"])],
      ["account.publicKey", publicKeyProblem(exporter.publicKey, ["account"])],
    ] as const;
    return {
      inputs,
      issues: [
        ...issues,
        ...unknownNames(inputs, [...claimNames, "account", "importer", "expiresIn", "renewBefore"]),
        ...validateActivation(pick(inputs, claimNames)),
        ...keyIssues("account.signer", exporter.signer, "account", "sign activations"),
        ...keys.flatMap(([path, message]) =>
          message === undefined ? [] : [{ path, message, severity: "error" as const }],
        ),
      ],
    };
  },

  diff(olds, news): Difference {
    if (hasUnknown(news)) return "changed";
    if (subjectOf(olds) !== news["importer"]) return { replace: "importer" };
    const stored = olds["renewBefore"] === news["renewBefore"];
    return stored && sameToken(olds["token"], news) ? "same" : "changed";
  },

  async create(inputs) {
    const token = sign(inputs);
    return { id: decodeToken(token).jti as string, outs: made(inputs, token) };
  },

  async update(_id, olds, news) {
    const before = olds["token"] as string;
    return made(news, sameToken(before, news) ? before : sign(news, decodeToken(before).iat));
  },
};

function made(inputs: Properties, token: string): Properties {
  return { ...pick(inputs, ["name", "expiresAt", "renewBefore"]), token };
}

function exporterOf(properties: Properties): Exporter {
  return properties["account"] as Exporter;
}

function subjectOf({ token }: Properties): string {
  return decodeToken(token as string).sub;
}

function claimsOf(inputs: Properties): ActivationClaims {
  const { publicKey, signer } = exporterOf(inputs);
  const claims = pick(inputs, claimNames) as ActivationClaims;
  return signer.publicKey === publicKey ? claims : { ...claims, issuerAccount: publicKey };
}

function sameToken(token: unknown, news: Properties): boolean {
  return saysTheSame("activation", token, exporterOf(news).signer.publicKey, claimsOf(news));
}

function sign(inputs: Properties, previous?: number): string {
  return signActivation({
    publicKey: inputs["importer"] as string,
    claims: claimsOf(inputs),
    signer: signerFromSeed(exporterOf(inputs).signer.seed),
    issuedAt: nextIssueTime(previous),
  });
}
