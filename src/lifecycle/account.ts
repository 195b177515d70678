/** The account JWT, and its presence on every server behind the operator's `accountServerUrl`. */
import { parseDuration } from "../claims/index";
import { now } from "../clock";
import { NatsAuthError } from "../errors";
import {
  type AccountAddress,
  IncompletePush,
  type Known,
  publishAccount,
  type Removal,
  removeAccount,
} from "../resolver/index";
import { compareWithServers } from "./account-drift";
import { accountIssues, claimsOf, renewalOfAccount, signerOf, storedNames } from "./account-inputs";
import { noteServers } from "./account-servers";
import { sign, signAsServersKnow, waiting } from "./account-token";
import { addressOf } from "./authority";
import { sameValue, stickyName, withFlatKeys } from "./common";
import { exchangeIssues, withoutHints } from "./exchange";
import { withExpiry } from "./expiry";
import { type Checked, type Difference, HalfDone, type Lifecycle, type Properties } from "./hooks";
import { say, warn } from "./log";
import { liftedRevocations, pruning, tellOfLifted } from "./revocations";
import { saysTheSame } from "./same-token";
import { updateSystem } from "./system-account";
import { withSize } from "./token-size";
import { hasUnknown } from "./unknown";

/** Revocations of accounts that this process removed: `up --replace` makes them again at once, and nobody may slip back in. */
const removedRevocations = new Map<string, Record<string, number>>();

/** Hooks of `Account`. */
export const accountLifecycle: Lifecycle = {
  check(olds, news): Checked {
    const named = stickyName(olds, withFlatKeys(withoutHints(news)));
    const { inputs, issues } = withExpiry(olds, named, now(), renewalOfAccount);
    return withSize(inputs, () => sign(inputs), [
      ...issues,
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
    if (!stored || !sameToken(olds["jwt"], news)) {
      tellOfLifted(news["name"], liftedRevocations(olds, news));
      return "changed";
    }
    const drift = driftIn(olds);
    for (const line of drift) warn(`account "${olds["name"]}": ${line}`);
    return drift.length > 0 ? "dirty" : "same";
  },

  async create(inputs) {
    const id = inputs["publicKey"] as string;
    // The servers get the system account from their configuration: it is what lets us in.
    if (inputs["system"] === true)
      return { id, outs: { ...inputs, jwt: signAsServersKnow(inputs) } };
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
      olds["pending"] === undefined &&
      driftIn(olds).length === 0 &&
      sameToken(olds["jwt"], news) &&
      sameValue(olds["revocations"], news["revocations"]);
    if (news["system"] === true && !settled) return updateSystem(addressFor(news, []), olds, news);
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

function addressFor(
  properties: Properties,
  servers: unknown,
  lifted: Record<string, number> = {},
): AccountAddress | undefined {
  const { operator, server, maxUserLifetime } = properties;
  const remembered = (servers ?? []) as string[];
  const address = addressOf(identityOf(properties), operator, server, remembered);
  return address && { ...address, prune: pruning(lifted, maxUserLifetime) };
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

function identityOf(properties: Properties): { name: string; publicKey: string } {
  return { name: properties["name"] as string, publicKey: properties["publicKey"] as string };
}

function sameToken(jwt: unknown, news: Properties): boolean {
  return saysTheSame("account", jwt, signerOf(news).publicKey, claimsOf(news));
}

/** Makes the account be on its servers as declared; without servers it is only signed. */
async function present(
  id: string,
  olds: Properties,
  inputs: Properties,
  revocations?: Record<string, number>,
): Promise<Properties> {
  const address = addressFor(inputs, olds["servers"], liftedRevocations(olds, inputs));
  if (!address) {
    const jwt = sign(inputs, { jwt: olds["jwt"], lifted: liftedRevocations(olds, inputs) });
    return { ...inputs, jwt };
  }
  const known = {
    jwt: olds["jwt"] as string | undefined,
    revocations,
    conflict: inputs["conflict"] as Known["conflict"],
  };
  try {
    const { jwt, servers, warnings } = await publishAccount(address, claimsOf(inputs), known);
    for (const line of warnings) warn(line);
    return { ...inputs, jwt, servers, ...waiting(inputs, jwt) };
  } catch (error) {
    const pushed = error instanceof IncompletePush ? error.published : undefined;
    throw new HalfDone(
      id,
      {
        ...inputs,
        jwt: pushed?.jwt ?? olds["jwt"] ?? sign(inputs, { known: revocations }),
        servers: pushed?.servers ?? olds["servers"] ?? [],
        // The engine forgets the failure at the next refresh; this mark it keeps.
        pending: "the last push did not reach every server",
      },
      error,
    );
  }
}
