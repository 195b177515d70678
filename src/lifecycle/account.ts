/** The account JWT, and its presence on every server behind the operator's `accountServerUrl`. */
import { decodeToken, mergeRevocations, parseDuration, revocationsOf } from "../claims/index";
import { now } from "../clock";
import { NatsAuthError } from "../errors";
import { renewalOfAccount } from "../renewal";
import {
  type AccountAddress,
  IncompletePush,
  type Known,
  publishAccount,
  type Removal,
  removeAccount,
} from "../resolver/index";
import { compareWithServers } from "./account-drift";
import { accountIssues, claimsOf, signerOf, storedNames } from "./account-inputs";
import { noteServers } from "./account-servers";
import { tellOfSessions } from "./account-sessions";
import { sign, signAsServersKnow, waiting } from "./account-token";
import { addressOf, isHttp } from "./authority";
import { sameValue, stickyName, withFlatKeys } from "./common";
import { exchangeIssues, withoutHints } from "./exchange";
import { withExpiry } from "./expiry";
import { type Checked, type Difference, HalfDone, type Lifecycle, type Properties } from "./hooks";
import { say, warn } from "./log";
import { withNewestKeys } from "./operator-notes";
import { lifetimeIssues, liftedRevocations, pruning } from "./revocations";
import { saysTheSame } from "./same-token";
import { updateSystem } from "./system-account";
import { withSize } from "./token-size";
import { hasUnknown } from "./unknown";

/** Revocations of accounts that this process removed: `up --replace` makes them again at once, and nobody may slip back in. */
const removedRevocations = new Map<string, Record<string, number>>();

/** Accounts that the program declares, with those that they import from. In a `destroy` there is no program. */
const declaredImports = new Map<string, string[]>();

/** Why a create or update is not done. The engine forgets failures at the next refresh; these marks it keeps. */
const pendings = {
  push: "the last push did not reach every server",
  conflict: "somebody else changed the account, so nothing was sent",
};

/** Hooks of `Account`. */
export const accountLifecycle: Lifecycle = {
  check(olds, news): Checked {
    const named = stickyName(olds, withFlatKeys(withoutHints(news)));
    const { inputs, issues } = withExpiry(olds, named, now(), renewalOfAccount);
    declaredImports.set(inputs["publicKey"] as string, exportersOf(inputs));
    return withSize(inputs, () => sign(inputs), [
      ...issues,
      ...accountIssues(inputs),
      ...lifetimeIssues(olds, inputs),
      ...exchangeIssues({ ...news, name: inputs["name"] }),
    ]);
  },

  diff(olds, news): Difference {
    noteServers(olds["publicKey"] as string, olds["servers"]);
    // Not known yet means that another key is being made.
    if (olds["publicKey"] !== news["publicKey"]) return { replace: "publicKey", deleteFirst: true };
    if (hasUnknown(news)) return "changed";
    if (olds["pending"] !== undefined) return "dirty";
    const drift = driftIn(olds);
    for (const line of drift) warn(`account "${olds["name"]}": ${line}`);
    const stored = storedNames.every((name) => sameValue(olds[name], news[name]));
    if (!stored || !sameToken(olds["found"] ?? olds["jwt"], news)) {
      tellOfSessions(olds, news);
      return "changed";
    }
    return drift.length > 0 ? "dirty" : "same";
  },

  async create(inputs) {
    const id = inputs["publicKey"] as string;
    if (isConfigured(inputs)) return { id, outs: { ...inputs, jwt: signAsServersKnow(inputs) } };
    const revocations = removedRevocations.get(id);
    const outs = await present(id, {}, inputs, revocations);
    removedRevocations.delete(id);
    return { id, outs };
  },

  async update(id, olds, news): Promise<Properties> {
    const { url } = (news["server"] ?? {}) as Properties;
    const pushedNowhere = olds["servers"] === undefined && url !== undefined && !isConfigured(news);
    const settled =
      olds["pending"] === undefined &&
      driftIn(olds).length === 0 &&
      sameToken(olds["jwt"], news) &&
      sameValue(olds["revocations"], news["revocations"]);
    if (isConfigured(news) && !settled)
      return updateSystem(addressFor(news, olds["servers"]), olds, news);
    if (settled && !pushedNowhere) {
      return { ...news, jwt: olds["jwt"], servers: olds["servers"] };
    }
    return present(id, olds, news);
  },

  async read(_id, outs) {
    const { servers } = outs;
    const address = addressFor(outs, servers);
    // What was never pushed is nowhere.
    if (!address || isConfigured(outs) || servers === undefined) return { outs };
    return compareWithServers(address, outs);
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
    const address = addressFor({ ...outs, ...withNewestKeys(outs) }, servers);
    if (!address) {
      if (servers.length > 0) {
        warn(
          `account "${name}" (${publicKey}) stays on ${servers.join(", ")}, open to its users: this stack no longer knows where to push. ` +
            "Give `accountServerUrl` back before you remove an account.",
        );
      }
      return;
    }
    if (outs["servers"] === undefined && outs["pending"] === pendings.conflict) {
      warn(`account "${name}" (${publicKey}) stays as it is on its servers: it is somebody else's`);
      return;
    }
    if (outs["pending"] !== undefined && servers.length === 0) return removeLeftovers(address);
    const removed = await removeAccount(address, removalOf(outs));
    removedRevocations.set(publicKey, removed.revocations);
    if (removed.state === "deleted") return;
    const why = outs["onDelete"] === "lock" ? "as its onDelete says" : "not deleted";
    warn(
      `account "${name}" (${publicKey}) is locked on the servers (nobody gets in), ${why}: ${removed.reason}`,
    );
  },
};

/** Servers have the system account from their configuration: it is what lets us in. Only an account server is asked for it as for any other. */
function isConfigured({ system, server }: Properties): boolean {
  return system === true && !isHttp((server as Properties | undefined)?.["url"]);
}

function driftIn({ drift }: Properties): string[] {
  return (drift ?? []) as string[];
}

function addressFor(
  properties: Properties,
  servers: unknown,
  lifted: Record<string, number> = {},
): AccountAddress | undefined {
  const { operator, server } = properties;
  const remembered = (servers ?? []) as string[];
  const address = addressOf(identityOf(properties), operator, server, remembered);
  return address && { ...address, prune: pruning(properties, lifted) };
}

function exportersOf({ imports }: Properties): string[] {
  return Array.isArray(imports) ? imports.map((one) => one?.account as string) : [];
}

function removalOf({ publicKey, onDelete, forceDelete, tombstoneFor }: Properties): Removal {
  return {
    // The engine deletes accounts of a circle one after the other. What the program still declares does not go.
    goesToo: (importer) => !declaredImports.get(importer)?.includes(publicKey as string),
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
    if (error.code === "ERR_UNREACHABLE") {
      // An answer may have been lost that was a yes.
      warn(
        `account "${address.name}" (${address.publicKey}) was never confirmed by a server, and none can be asked now: ` +
          "should it be on one all the same, it stays there, open to its users",
      );
      return;
    }
    say(`account "${address.name}" never reached a server; nothing to remove`);
  }
}

function identityOf(properties: Properties): { name: string; publicKey: string } {
  return { name: properties["name"] as string, publicKey: properties["publicKey"] as string };
}

function sameToken(jwt: unknown, news: Properties): boolean {
  return saysTheSame("account", jwt, signerOf(news).publicKey, claimsOf(news));
}

function isConflict(error: unknown): boolean {
  return error instanceof NatsAuthError && error.code === "ERR_CONFLICT";
}

function revocationsIn(jwt: unknown): Record<string, number> | undefined {
  return jwt === undefined ? undefined : revocationsOf(decodeToken(jwt as string));
}

/** Makes the account be on its servers as declared; without servers it is only signed. */
async function present(
  id: string,
  olds: Properties,
  inputs: Properties,
  revocations?: Record<string, number>,
): Promise<Properties> {
  const lifted = liftedRevocations(olds, inputs);
  const address = addressFor(inputs, olds["servers"], lifted);
  if (!address) return { ...inputs, jwt: sign(inputs, { jwt: olds["jwt"], lifted }) };
  const known = {
    // What was only signed nobody can have changed. A change that a refresh found has been in the preview, and is overwritten.
    jwt: (olds["servers"] && (olds["found"] ?? olds["jwt"])) as string | undefined,
    revocations: mergeRevocations(revocations, revocationsIn(olds["jwt"])),
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
        // What was taken back is so only when every server has it.
        revocations: olds["revocations"],
        jwt: pushed?.jwt ?? olds["jwt"] ?? sign(inputs, { known: revocations }),
        servers: pushed?.servers ?? olds["servers"],
        pending: isConflict(error) ? pendings.conflict : pendings.push,
      },
      error,
    );
  }
}
