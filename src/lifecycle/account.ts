/** The account JWT, and its presence on every server behind the operator's `accountServerUrl`. */
import {
  type AccountClaims,
  decodeToken,
  type Issue,
  mergeRevocations,
  revocationsOf,
  signAccount,
  validateAccount,
} from "../claims/index";
import { nextIssueTime } from "../clock";
import { NatsAuthError } from "../errors";
import { publicKeyProblem, signerFromSeed } from "../keys/index";
import {
  type AccountAddress,
  heldRevocations,
  IncompletePush,
  publishAccount,
  removeAccount,
} from "../resolver/index";
import { noteServers } from "./account-servers";
import { addressOf, type OperatorAuthority, operatorIssues, serverIssues } from "./authority";
import { pick, sameValue, stickyName, unknownNames, withFlatKeys } from "./common";
import { exchangeIssues, withoutHints } from "./exchange";
import { type Checked, type Difference, HalfDone, type Lifecycle, type Properties } from "./hooks";
import { say, warn } from "./log";
import { saysTheSame } from "./same-token";
import { withSize } from "./token-size";
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

/** Servers that have the system account from us are up, or are not started yet. */
const systemWaitMs = 3_000;

/** Revocations of accounts that this process removed: `up --replace` makes them again at once, and nobody may slip back in. */
const removedRevocations = new Map<string, Record<string, number>>();

/** Hooks of `Account`. */
export const accountLifecycle: Lifecycle = {
  check(olds, news): Checked {
    const inputs = stickyName(olds, withFlatKeys(withoutHints(news)));
    return withSize(inputs, () => sign(inputs), [
      ...issuesOf(inputs),
      ...exchangeIssues({ ...news, name: inputs["name"] }),
    ]);
  },

  diff(olds, news): Difference {
    noteServers(olds["publicKey"] as string, olds["servers"]);
    // Not known yet means that another key is being made.
    if (olds["publicKey"] !== news["publicKey"]) return { replace: "publicKey", deleteFirst: true };
    if (hasUnknown(news)) return "changed";
    if (olds["pending"] !== undefined) return "dirty";
    const stored = storedNames.every((name) => sameValue(olds[name], news[name]));
    return stored && sameToken(olds["jwt"], news) ? "same" : "changed";
  },

  async create(inputs) {
    const id = inputs["publicKey"] as string;
    // The servers get the system account from their configuration: it is what lets us in.
    if (inputs["system"] === true) return { id, outs: { ...keptOf(inputs), jwt: sign(inputs) } };
    const revocations = removedRevocations.get(id);
    const outs = await present(id, {}, inputs, revocations);
    removedRevocations.delete(id);
    return { id, outs };
  },

  async update(id, olds, news): Promise<Properties> {
    const { url } = (news["server"] ?? {}) as Properties;
    const pushedNowhere =
      olds["servers"] === undefined && url !== undefined && news["system"] !== true;
    const settled = olds["pending"] === undefined && sameToken(olds["jwt"], news);
    if (news["system"] === true && !settled) return resignSystem(olds, news);
    if (settled && !pushedNowhere) {
      return { ...keptOf(news), jwt: olds["jwt"], servers: olds["servers"] };
    }
    return present(id, olds, news);
  },

  async delete(_id, outs) {
    // Servers refuse to delete their system account; it goes with their configuration.
    if (outs["system"] === true) return;
    const { name, publicKey } = identityOf(outs);
    const servers = (outs["servers"] ?? []) as string[];
    const address = addressOf({ name, publicKey }, outs["operator"], outs["server"], servers);
    if (!address) {
      if (servers.length > 0) {
        warn(
          `account "${name}" (${publicKey}) stays on ${servers.join(", ")}, open to its users: this stack no longer knows where to push. ` +
            "Give `accountServerUrl` back before you remove an account.",
        );
      }
      return;
    }
    if (outs["pending"] !== undefined && servers.length === 0) return removeLeftovers(address);
    const removed = await removeAccount(address);
    removedRevocations.set(publicKey, removed.revocations);
    if (removed.state === "locked") {
      warn(
        `account "${name}" (${publicKey}) is locked on the servers (nobody gets in), not deleted: ${removed.reason}`,
      );
    }
  },
};

/** Where a push never got through nothing is waited for, and nothing is to be removed where nobody takes pushes. */
async function removeLeftovers(address: AccountAddress): Promise<void> {
  const nothingSent = ["ERR_UNREACHABLE", "ERR_UNAUTHORIZED", "ERR_UNTRUSTED", "ERR_NO_RESOLVER"];
  address.target.waitFor = 0;
  try {
    await removeAccount(address);
  } catch (error) {
    if (!(error instanceof NatsAuthError && nothingSent.includes(error.code))) throw error;
    say(`account "${address.name}" never reached a server; nothing to remove`);
  }
}

/**
 * The system account reaches servers by their configuration, not by a push. But users of it are revoked
 * on the servers, and a newer JWT without those revocations would let them in again after the restart.
 */
async function resignSystem(olds: Properties, news: Properties): Promise<Properties> {
  const address = addressOf(identityOf(news), news["operator"], news["server"]);
  if (!address) return { ...keptOf(news), jwt: sign(news, olds["jwt"]) };
  address.target.waitFor = systemWaitMs;
  let revocations: Record<string, number> = {};
  try {
    revocations = await heldRevocations(address);
  } catch (error) {
    if (!(error instanceof NatsAuthError && error.code === "ERR_UNREACHABLE")) throw error;
    warn(
      "the system account was signed anew, but no server could be asked whom it revokes there: " +
        "if users of it were ever deleted, run the command again once servers are up, before they get the new configuration",
    );
  }
  return { ...keptOf(news), jwt: sign(news, olds["jwt"], revocations) };
}

function identityOf(properties: Properties): { name: string; publicKey: string } {
  return { name: properties["name"] as string, publicKey: properties["publicKey"] as string };
}

function issuesOf(inputs: Properties): Issue[] {
  const issues = [
    ...unknownNames(inputs, [...claimNames, "operator", "key", "server"], ["publicKey", "system"]),
    ...validateAccount(pick(inputs, claimNames), contextOf(inputs)),
    ...operatorIssues("operator", inputs["operator"]),
    ...serverIssues("server", inputs["server"]),
  ];
  const error = (path: string, message: string) =>
    issues.push({ path, message, severity: "error" });
  const publicKeyIs = publicKeyProblem(inputs["publicKey"], ["account"]);
  if (publicKeyIs) error("publicKey", publicKeyIs);
  const operator = inputs["operator"] as OperatorAuthority | undefined;
  if (operator?.requireSigningKeys && !operator.signer?.publicKey)
    error("operator.signer", "is needed");
  if (operator?.requireSigningKeys && operator.signer?.publicKey === operator.publicKey) {
    error(
      "operator.signer",
      "is the operator's identity key, but the operator requires signing keys",
    );
  }
  if (operator?.requireSigningKeys && inputs["signingKeys"] === undefined) {
    error(
      "signingKeys",
      "is needed: the operator requires signing keys, so no user of this account could sign in",
    );
  }
  if (inputs["system"] === true && inputs["jetstream"] !== undefined) {
    error(
      "jetstream",
      "is not possible on the system account: nats-server refuses to start with it",
    );
  }
  return issues;
}

/** A few rules need to know of which account the claims are. */
function contextOf({ publicKey }: Properties): { publicKey?: string } {
  return hasUnknown(publicKey) ? {} : { publicKey: publicKey as string };
}

function claimsOf(properties: Properties): AccountClaims {
  return pick(properties, claimNames) as unknown as AccountClaims;
}

/** What is kept of the inputs as they are. The token says the rest, and each value weighs on every write of the state. */
const storedNames = ["name", "publicKey", "signingKeys", "operator", "server", "system"] as const;

function keptOf(inputs: Properties): Properties {
  return pick(inputs, storedNames);
}

function sameToken(jwt: unknown, news: Properties): boolean {
  const { publicKey } = (news["operator"] as OperatorAuthority).signer;
  return saysTheSame("account", jwt, publicKey, claimsOf(news));
}

/** Signs the claims without asking a server; what an earlier token revoked stays revoked. */
function sign(inputs: Properties, before?: unknown, known?: Record<string, number>): string {
  const previous = before === undefined ? undefined : decodeToken(before as string);
  const revocations = mergeRevocations(known, previous && revocationsOf(previous));
  return signAccount({
    publicKey: inputs["publicKey"] as string,
    claims: { ...claimsOf(inputs), revocations },
    signer: signerFromSeed((inputs["operator"] as OperatorAuthority).signer.seed),
    issuedAt: nextIssueTime(previous?.iat),
  });
}

/** Makes the account be on its servers as declared; without servers it is only signed. */
async function present(
  id: string,
  olds: Properties,
  inputs: Properties,
  revocations?: Record<string, number>,
): Promise<Properties> {
  const remembered = (olds["servers"] ?? []) as string[];
  const address = addressOf(identityOf(inputs), inputs["operator"], inputs["server"], remembered);
  if (!address) return { ...keptOf(inputs), jwt: sign(inputs, olds["jwt"]) };
  const known = { jwt: olds["jwt"] as string | undefined, revocations };
  try {
    const { jwt, servers } = await publishAccount(address, claimsOf(inputs), known);
    return { ...keptOf(inputs), jwt, servers };
  } catch (error) {
    const pushed = error instanceof IncompletePush ? error.published : undefined;
    throw new HalfDone(
      id,
      {
        ...keptOf(inputs),
        jwt: pushed?.jwt ?? olds["jwt"] ?? sign(inputs, undefined, revocations),
        servers: pushed?.servers ?? remembered,
        // The engine forgets the failure at the next refresh; this mark it keeps.
        pending: "the last push did not reach every server",
      },
      error,
    );
  }
}
