/** The account JWT, and its presence on every server behind the operator's `accountServerUrl`. */
import {
  decodeToken,
  mergeRevocations,
  parseDuration,
  revocationsOf,
  signAccount,
} from "../claims/index";
import { nextIssueTime } from "../clock";
import { NatsAuthError } from "../errors";
import { signerFromSeed } from "../keys/index";
import {
  type AccountAddress,
  heldRevocations,
  IncompletePush,
  type Known,
  publishAccount,
  type Removal,
  removeAccount,
} from "../resolver/index";
import { compareWithServers } from "./account-drift";
import { accountIssues, claimsOf, signerOf, storedNames } from "./account-inputs";
import { noteServers } from "./account-servers";
import { addressOf } from "./authority";
import { sameValue, stickyName, withFlatKeys } from "./common";
import { exchangeIssues, withoutHints } from "./exchange";
import { type Checked, type Difference, HalfDone, type Lifecycle, type Properties } from "./hooks";
import { say, warn } from "./log";
import { saysTheSame } from "./same-token";
import { withSize } from "./token-size";
import { hasUnknown } from "./unknown";

/** Servers that have the system account from us are up, or are not started yet. */
const systemWaitMs = 3_000;

/** Revocations of accounts that this process removed: `up --replace` makes them again at once, and nobody may slip back in. */
const removedRevocations = new Map<string, Record<string, number>>();

/** Hooks of `Account`. */
export const accountLifecycle: Lifecycle = {
  check(olds, news): Checked {
    const inputs = stickyName(olds, withFlatKeys(withoutHints(news)));
    return withSize(inputs, () => sign(inputs), [
      ...accountIssues(inputs),
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
    if (!stored || !sameToken(olds["jwt"], news)) return "changed";
    const drift = driftIn(olds);
    for (const line of drift) warn(`account "${olds["name"]}": ${line}`);
    return drift.length > 0 ? "dirty" : "same";
  },

  async create(inputs) {
    const id = inputs["publicKey"] as string;
    // The servers get the system account from their configuration: it is what lets us in.
    if (inputs["system"] === true) return { id, outs: { ...inputs, jwt: sign(inputs) } };
    const revocations = removedRevocations.get(id);
    const outs = await present(id, {}, inputs, revocations);
    removedRevocations.delete(id);
    return { id, outs };
  },

  async update(id, olds, news): Promise<Properties> {
    const { url } = (news["server"] ?? {}) as Properties;
    const pushedNowhere =
      olds["servers"] === undefined && url !== undefined && news["system"] !== true;
    const settled =
      olds["pending"] === undefined && driftIn(olds).length === 0 && sameToken(olds["jwt"], news);
    if (news["system"] === true && !settled) return resignSystem(olds, news);
    if (settled && !pushedNowhere) {
      return { ...news, jwt: olds["jwt"], servers: olds["servers"] };
    }
    return present(id, olds, news);
  },

  async read(_id, outs) {
    const { jwt, servers, pending: _pending, drift: _drift, ...inputs } = outs;
    const address = addressFor(inputs, servers);
    // What was never pushed is nowhere, and the servers have the system account from their configuration.
    if (!address || outs["system"] === true || jwt === undefined || servers === undefined)
      return { outs };
    return compareWithServers(address, outs, inputs);
  },

  async delete(_id, outs) {
    // Servers refuse to delete their system account; it goes with their configuration.
    if (outs["system"] === true) return;
    const { name, publicKey } = identityOf(outs);
    const servers = (outs["servers"] ?? []) as string[];
    if (outs["onDelete"] === "retain") {
      warn(
        `account "${name}" (${publicKey}) stays on its servers, open to its users: onDelete is "retain"`,
      );
      return;
    }
    const address = addressFor(outs, servers);
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
    const removed = await removeAccount(address, removalOf(outs));
    removedRevocations.set(publicKey, removed.revocations);
    if (removed.state === "locked" && outs["onDelete"] !== "lock") {
      warn(
        `account "${name}" (${publicKey}) is locked on the servers (nobody gets in), not deleted: ${removed.reason}`,
      );
    }
  },
};

function driftIn({ drift }: Properties): string[] {
  return (drift ?? []) as string[];
}

function addressFor(properties: Properties, servers: unknown): AccountAddress | undefined {
  const remembered = (servers ?? []) as string[];
  return addressOf(
    identityOf(properties),
    properties["operator"],
    properties["server"],
    remembered,
  );
}

function removalOf({ onDelete, forceDelete, tombstoneFor }: Properties): Removal {
  return {
    mode: onDelete === "lock" ? "lock" : "delete",
    force: forceDelete === true,
    ...(tombstoneFor === undefined
      ? {}
      : { tombstoneFor: parseDuration(tombstoneFor as string) / 1000 }),
  };
}

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
  const address = addressFor(news, []);
  if (!address) return { ...news, jwt: sign(news, olds["jwt"]) };
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
  return { ...news, jwt: sign(news, olds["jwt"], revocations) };
}

function identityOf(properties: Properties): { name: string; publicKey: string } {
  return { name: properties["name"] as string, publicKey: properties["publicKey"] as string };
}

function sameToken(jwt: unknown, news: Properties): boolean {
  return saysTheSame("account", jwt, signerOf(news).publicKey, claimsOf(news));
}

/** Signs the claims without asking a server; what an earlier token revoked stays revoked. */
function sign(inputs: Properties, before?: unknown, known?: Record<string, number>): string {
  const previous = before === undefined ? undefined : decodeToken(before as string);
  const revocations = mergeRevocations(known, previous && revocationsOf(previous));
  return signAccount({
    publicKey: inputs["publicKey"] as string,
    claims: { ...claimsOf(inputs), revocations },
    signer: signerFromSeed(signerOf(inputs).seed),
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
  const address = addressFor(inputs, olds["servers"]);
  if (!address) return { ...inputs, jwt: sign(inputs, olds["jwt"]) };
  const known = {
    jwt: olds["jwt"] as string | undefined,
    revocations,
    conflict: inputs["conflict"] as Known["conflict"],
  };
  try {
    const { jwt, servers, warnings } = await publishAccount(address, claimsOf(inputs), known);
    for (const line of warnings) warn(line);
    return { ...inputs, jwt, servers };
  } catch (error) {
    const pushed = error instanceof IncompletePush ? error.published : undefined;
    throw new HalfDone(
      id,
      {
        ...inputs,
        jwt: pushed?.jwt ?? olds["jwt"] ?? sign(inputs, undefined, revocations),
        servers: pushed?.servers ?? olds["servers"] ?? [],
        // The engine forgets the failure at the next refresh; this mark it keeps.
        pending: "the last push did not reach every server",
      },
      error,
    );
  }
}
