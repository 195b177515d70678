/** The operator JWT: signed by the operator's identity key, kept byte-equal until a claim changes. */
import {
  decodeToken,
  type Issue,
  type OperatorClaims,
  operatorFromWire,
  signOperator,
  validateOperator,
} from "../claims/index";
import { nextIssueTime } from "../clock";
import { publicKeyOf, signerFromSeed } from "../keys/index";
import { keyIssues, pick, sameValue, stickyName, unknownNames, withFlatKeys } from "./common";
import type { Checked, Difference, Lifecycle, Properties } from "./hooks";
import { warn } from "./log";
import { keepKeysInUse } from "./operator-keys";
import { noteOperator } from "./operator-notes";
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

const otherNames = ["jwt", "key", "systemAccount", "waitForServer", "expectServers", "strict"];

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
        ...unknownNames(inputs, [...claimNames, ...otherNames], ["signer", "system", "connection"]),
        ...validateOperator(claimsOf(inputs)).map((issue) =>
          issue.path === "systemAccount" ? { ...issue, path: "system.publicKey" } : issue,
        ),
        ...signingIssues(inputs),
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
    noteOperator(olds);
    if (olds["pending"] !== undefined) return "dirty";
    const stored = ["key", "signer", "system", "strict", "connection"].every((name) =>
      sameValue(olds[name], news[name]),
    );
    if (news["jwt"] !== undefined)
      return stored && olds["jwt"] === news["jwt"] ? "same" : "changed";
    return stored && sameClaims(olds, news) ? "same" : "changed";
  },

  async create(inputs) {
    const outs = { ...inputs, jwt: inputs["jwt"] ?? sign(inputs, claimsOf(inputs)) };
    noteOperator(outs);
    return { id: keyOf(inputs).publicKey, outs };
  },

  async update(_id, olds, news): Promise<Properties> {
    const outs = { ...news, ...(await renewed(olds, news)) };
    if (outs["jwt"] !== olds["jwt"]) {
      warn(
        `the JWT of operator "${news["name"]}" has changed: servers take it with a restart, not with a reload. ` +
          "Give them the new ResolverConfig and restart them one after the other; what a new key signs waits until all have done so",
      );
    }
    noteOperator(outs);
    return outs;
  },
};

/** The JWT after a change: byte for byte as before unless it says something else. */
async function renewed(
  olds: Properties,
  news: Properties,
): Promise<{ jwt: string; pending?: string }> {
  const before = olds["jwt"] as string;
  if (news["jwt"] !== undefined) return { jwt: news["jwt"] as string };
  // Servers refuse to reload a configuration whose operator JWT differs in any byte (server `reload.go`).
  if (olds["pending"] === undefined && sameClaims(olds, news)) return { jwt: before };
  const { claims, pending } = await keepKeysInUse(before, claimsOf(news), serversOf(news));
  const same = saysTheSame("operator", before, keyOf(news).publicKey, claims);
  const jwt = same ? before : sign(news, claims, decodeToken(before).iat);
  return { jwt, ...(pending === undefined ? {} : { pending }) };
}

/** The JWT is signed here, or where the seed of the identity is kept. */
function signingIssues(inputs: Properties): Issue[] {
  const { jwt } = inputs;
  const key = keyOf(inputs);
  if (jwt === undefined) {
    const purpose = "sign the operator JWT (or give the signed JWT itself as `jwt`)";
    return keyIssues("key", key, "operator", purpose);
  }
  const error = (path: string, message: string): Issue => ({ path, message, severity: "error" });
  if (key?.seed !== undefined) {
    return [
      error("jwt", "cannot be given together with the seed of the identity key, which signs it"),
    ];
  }
  try {
    const token = decodeToken(jwt as string);
    const said = operatorFromWire(token);
    return [
      ...mismatches(token.sub, said, inputs).map((message) => error("jwt", message)),
      ...saidByJwt
        .filter((name) => inputs[name] !== undefined)
        .map((name) =>
          error(
            name,
            "is not signed here: only the identity key could, and `jwt` was signed with it elsewhere",
          ),
        ),
    ];
  } catch {
    return [error("jwt", "is no operator JWT")]; // the cause would quote it
  }
}

/** Claims that a JWT which was signed elsewhere says itself. */
const saidByJwt = ["tags", "serviceUrls", "assertServerVersion", "notBefore", "expiresAt"];

/** Where a JWT that was signed elsewhere is not about what the program declares; what is not known yet is not held against it. */
function mismatches(sub: string, said: OperatorClaims, inputs: Properties): string[] {
  const signer = (inputs["signer"] as Key | undefined)?.publicKey;
  const key = keyOf(inputs)?.publicKey;
  const { requireSigningKeys = false, systemAccount } = claimsOf(inputs);
  const listed = said.signingKeys?.includes(signer ?? "") === true;
  const trusted = listed || (signer === sub && !said.requireSigningKeys);
  const differs = (ours: unknown, same: boolean, message: string): string[] =>
    same || hasUnknown(ours) ? [] : [message];
  return [
    ...differs(key, sub === key, "is about another operator than `key`"),
    ...differs(
      signer,
      trusted,
      "does not list the key that signs accounts: sign it anew with that key in `signing_keys`",
    ),
    ...differs(systemAccount, said.systemAccount === systemAccount, "names another system account"),
    ...differs(
      requireSigningKeys,
      (said.requireSigningKeys ?? false) === requireSigningKeys,
      "and requireSigningKeys do not say the same",
    ),
  ];
}

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

function sign(inputs: Properties, claims: OperatorClaims, previous?: number): string {
  const seed = keyOf(inputs).seed as string;
  return signOperator({
    publicKey: publicKeyOf(seed),
    claims,
    signer: signerFromSeed(seed),
    issuedAt: nextIssueTime(previous),
  });
}

/** The servers behind it, as its accounts are pushed to them. */
function serversOf(inputs: Properties): unknown {
  const url = inputs["accountServerUrl"];
  if (url === undefined) return undefined;
  return { url, system: inputs["system"], ...(inputs["connection"] as Properties | undefined) };
}
