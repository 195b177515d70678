/** Keys: born here (besides a user's own), adopted from a seed, or known by their public half only. */
import {
  generateKeyPair,
  type KeyKind,
  publicKeyOf,
  publicKeyProblem,
  seedProblem,
} from "../keys/index";
import { pick, unknownNames } from "./common";
import type { Checked, Difference, Lifecycle, Properties } from "./hooks";
import { hasUnknown } from "./unknown";

/** The hooks of a key of one of these kinds, of which some can be rotated: the others are identities. */
export function keyLifecycle(kinds: readonly KeyKind[], rotating: readonly KeyKind[]): Lifecycle {
  return {
    check: (_olds, news) => check(kinds, rotating, news),
    diff,
    create: async (inputs) => {
      const key = await keyOf(inputs);
      return { id: key["publicKey"] as string, outs: { ...inputs, ...noFormer(inputs), ...key } };
    },
    update: async (_id, olds, news) => {
      const before = pick(olds, ["publicKey", "seed"]);
      if (isRotated(olds, news)) {
        return { ...news, ...generateKeyPair(news["kind"] as KeyKind), former: before };
      }
      // A seed that is no longer given is kept: an identity is never lost by removing or adding a line.
      const former = { ...noFormer(news), ...pick(olds, ["former"]) };
      return { ...news, ...former, ...before, ...pick(news, ["seed"]) };
    },
  };
}

function check(
  kinds: readonly KeyKind[],
  rotating: readonly KeyKind[],
  { hasRole, ...news }: Properties,
): Checked {
  const issues = unknownNames(news, ["kind", "seed", "publicKey", "rotation"]);
  const error = (path: string, message: string) =>
    issues.push({ path, message, severity: "error" });
  const { kind, seed, publicKey } = news;
  const isKnown = typeof kind === "string" && (kinds as readonly string[]).includes(kind);
  if (!isKnown) error("kind", `must be one of ${kinds.join(", ")}`);
  // The role itself is no input: it is in the JWT of the account, and a change of it must not make the key unknown in previews.
  if (kind === "operator" && hasRole === true) {
    error("role", "is for keys of accounts: what an operator's key signs has no role");
  }
  if (news["rotation"] !== undefined && typeof news["rotation"] !== "string") {
    error("rotation", 'must be text, such as "2026-11"');
  }
  if (news["rotation"] !== undefined && isKnown && !rotating.includes(kind as KeyKind)) {
    error("rotation", `is not for keys of kind ${kind}: another key is another identity`);
  }
  if (news["rotation"] !== undefined && (seed !== undefined || publicKey !== undefined)) {
    error(
      "rotation",
      "is for keys that are generated; to rotate a key of your own, give another one",
    );
  }
  const allowed = isKnown ? [kind as KeyKind] : kinds;
  const seedIs = seed === undefined ? undefined : seedProblem(seed, allowed);
  const publicKeyIs = publicKey === undefined ? undefined : publicKeyProblem(publicKey, allowed);
  if (seedIs) error("seed", seedIs);
  if (publicKeyIs) error("publicKey", publicKeyIs);
  const bothFine =
    typeof seed === "string" && typeof publicKey === "string" && !seedIs && !publicKeyIs;
  if (bothFine && publicKeyOf(seed) !== publicKey)
    error("publicKey", "does not belong to the seed");
  // Known in previews too, so that adopting a key shows what it leads to.
  const known = typeof seed === "string" && !seedIs ? { publicKey: publicKeyOf(seed) } : {};
  return { inputs: { ...known, ...news }, issues };
}

function diff(olds: Properties, news: Properties): Difference {
  if (hasUnknown(news)) return "changed";
  if (olds["kind"] !== news["kind"]) return { replace: "kind" };
  if (news["publicKey"] !== undefined && news["publicKey"] !== olds["publicKey"]) {
    return { replace: news["seed"] ? "seed" : "publicKey" };
  }
  const sameSeed = news["seed"] === undefined || news["seed"] === olds["seed"];
  return sameSeed && news["rotation"] === olds["rotation"] ? "same" : "changed";
}

/** What is absent from the outputs would be unknown in every preview, and what uses the key would show as changed. */
function noFormer({ rotation }: Properties): { former?: "" } {
  return rotation === undefined ? {} : { former: "" };
}

/** The first `rotation` names the key that is there; without one nothing rotates. */
function isRotated(olds: Properties, news: Properties): boolean {
  const [before, after] = [olds["rotation"], news["rotation"]];
  return before !== undefined && after !== undefined && before !== after;
}

async function keyOf(inputs: Properties): Promise<Properties> {
  const seed = inputs["seed"] as string | undefined;
  if (seed !== undefined) return { publicKey: publicKeyOf(seed), seed };
  if (inputs["publicKey"] !== undefined) return { publicKey: inputs["publicKey"] };
  return { ...generateKeyPair(inputs["kind"] as KeyKind) };
}
