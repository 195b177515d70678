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
import { addressOf, isHttp } from "./authority";
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
    const inputs = stickyName(olds, withFlatKeys(withoutHints(news)));
    declaredImports.set(inputs["publicKey"] as string, exportersOf(inputs));
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
    const drift = driftIn(olds);
    for (const line of drift) warn(`account "${olds["name"]}": ${line}`);
    const stored = storedNames.every((name) => sameValue(olds[name], news[name]));
    if (!stored || !sameToken(olds["found"] ?? olds["jwt"], news)) return "changed";
    return drift.length > 0 ? "dirty" : "same";
  },

  async create(inputs) {
    const id = inputs["publicKey"] as string;
    if (isConfigured(inputs)) return { id, outs: { ...inputs, jwt: sign(inputs) } };
    const revocations = removedRevocations.get(id);
    const outs = await present(id, {}, inputs, revocations);
    removedRevocations.delete(id);
    return { id, outs };
  },

  async update(id, olds, news): Promise<Properties> {
    const { url } = (news["server"] ?? {}) as Properties;
    const pushedNowhere = olds["servers"] === undefined && url !== undefined && !isConfigured(news);
    const settled =
      olds["pending"] === undefined && driftIn(olds).length === 0 && sameToken(olds["jwt"], news);
    if (isConfigured(news) && !settled) return resignSystem(olds, news);
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

function addressFor(properties: Properties, servers: unknown): AccountAddress | undefined {
  const remembered = (servers ?? []) as string[];
  return addressOf(
    identityOf(properties),
    properties["operator"],
    properties["server"],
    remembered,
  );
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
  const revocations = mergeRevocations(known, revocationsIn(before));
  return signAccount({
    publicKey: inputs["publicKey"] as string,
    claims: { ...claimsOf(inputs), revocations },
    signer: signerFromSeed(signerOf(inputs).seed),
    issuedAt: nextIssueTime(previous?.iat),
  });
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
  const address = addressFor(inputs, olds["servers"]);
  if (!address) return { ...inputs, jwt: sign(inputs, olds["jwt"]) };
  const known = {
    // What was only signed nobody can have changed. A change that a refresh found has been in the preview, and is overwritten.
    jwt: (olds["servers"] && (olds["found"] ?? olds["jwt"])) as string | undefined,
    revocations: mergeRevocations(revocations, revocationsIn(olds["jwt"])),
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
        servers: pushed?.servers ?? olds["servers"],
        pending: isConflict(error) ? pendings.conflict : pendings.push,
      },
      error,
    );
  }
}
