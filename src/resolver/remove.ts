/** Removing an account from every server, in a way that it does not come back. */
import { setTimeout as sleep } from "node:timers/promises";
import { encodeGeneric, formatInstant } from "../claims/index";
import { nextIssueTime, now } from "../clock";
import { NatsAuthError } from "../errors";
import { type AccountAddress, identityOf, labelOf } from "./address";
import { request } from "./cluster-store";
import { type Connection, withConnection } from "./connection";
import { look, type Situation } from "./copies";
import { refusalOf } from "./hints";
import { listAccounts } from "./list";
import { isLock, locked, tombstone } from "./lock";
import { subjects } from "./protocol";
import { inTurn } from "./queue";
import type { Roster } from "./roster";
import { type Store, withStore } from "./store";
import { type Outcome, transact } from "./transaction";
import { type Importer, type Usage, usageOf } from "./usage";

const tombstoneSeconds = 30 * 24 * 3600;
/** How long accounts that import from each other are waited for: they are removed at the same time. */
const togetherMs = 3_000;
const pollMs = 100;
/** How often it is looked whether the account is gone. */
const checks = 5;

/** How an account is removed. */
export interface Removal {
  /**
   * `"delete"`: it is to be gone; `"lock"`: it stays, admits nobody, keeps its streams and claims, and opens again when it
   * is published. Default: `"delete"`.
   */
  mode?: "delete" | "lock" | undefined;
  /** Removes it although it has streams or other accounts import from it. Default: `false`, then it fails with `ERR_IN_USE`. A lock keeps the streams, and asks for imports alone. */
  force?: boolean | undefined;
  /**
   * Of an account that imports from it, and from which it imports itself: whether that one is to be removed too. One of a
   * circle has to go first. Default: none is, so a circle has to be removed at the same time.
   */
  goesToo?: ((account: string) => boolean) | undefined;
  /** Seconds until the lock of a deleted account ends, where a server was away: longer than any absence. Default: 30 days. */
  tombstoneFor?: number | undefined;
}

/** How an account ended: gone everywhere, or locked on the servers. */
export interface Removed {
  state: "deleted" | "locked";
  /** When its lock ends and the servers drop it by themselves, ISO 8601. Absent: never, or it is gone. */
  until?: string;
  /** Why it is only locked, for people. */
  reason?: string;
  /** The revocations it had, for an account that is made again under the same key. */
  revocations: Record<string, number>;
}

const beingRemoved = new Set<string>();

/**
 * Removes an account. First every server gets a tombstone: a newer JWT that admits nobody and
 * expires by itself; it also reaches servers that were away. Only when all have confirmed it is the
 * account deleted: earlier, an absent server's old copy would bring it back everywhere (measured).
 */
export async function removeAccount(
  address: AccountAddress,
  removal: Removal = {},
): Promise<Removed> {
  beingRemoved.add(address.publicKey);
  try {
    return await inTurn(identityOf(address), () =>
      withStore(address.target, address.log, (store) => remove(store, address, removal)),
    );
  } finally {
    beingRemoved.delete(address.publicKey);
  }
}

async function remove(store: Store, address: AccountAddress, removal: Removal): Promise<Removed> {
  const situation = await look(store, address);
  const { roster, copies } = situation;
  const { revocations } = copies;
  const nowhere = copies.believed.length === 0 && copies.answers >= roster.holders;
  if (nowhere && roster.missing.length === 0 && copies.tokens.length === 0) {
    return { state: "deleted", revocations };
  }
  if (!removal.force) await assertUnused(store, address, situation, removal);
  const seconds = removal.tombstoneFor ?? tombstoneSeconds;
  const until = formatInstant(now() + seconds);
  const outcome = await transact(store, address, {
    compose: ({ others, revocations: held, signer, newestIssue }) => {
      const { publicKey, name } = address;
      const issuedAt = nextIssueTime(newestIssue);
      const lock = { publicKey, name, revocations: held, signer, issuedAt };
      const [newest] = others;
      return removal.mode === "lock" && newest
        ? locked(newest.claims, lock)
        : tombstone(lock, Math.max(1, now() + seconds - issuedAt));
    },
    contains: isLock,
  });
  if (!outcome) throw new Error("a lock is always written");
  if (removal.mode === "lock") return lockedAs(outcome, { revocations });
  const { connection } = store;
  const obstacles =
    outcome.absent.length > 0
      ? ""
      : connection
        ? await deleteEverywhere(store, connection, address, outcome)
        : "an HTTP account server deletes nothing; remove it there";
  if (outcome.absent.length === 0 && obstacles === "") return { state: "deleted", revocations };
  return lockedAs(outcome, { until, revocations }, obstacles);
}

function lockedAs(
  { absent }: Outcome,
  removed: Omit<Removed, "state" | "reason">,
  obstacles = "",
): Removed {
  const term = removed.until ? `locked until ${removed.until}` : "locked";
  const away =
    absent.length > 0
      ? `${absent.join(", ")} did not answer; it takes the lock over when it returns${removed.until ? " before then" : ""}`
      : "";
  const reason = [term, away, obstacles].filter((part) => part !== "").join("; ");
  return { state: "locked", reason, ...removed };
}

/** Refuses to remove what is needed. A lock of ours was asked for when it was made, and hides its streams now. */
async function assertUnused(
  store: Store,
  address: AccountAddress,
  { roster, copies }: Situation,
  { mode, goesToo }: Removal,
): Promise<void> {
  const { connection } = store;
  const [newest] = copies.believed;
  if (!connection || !newest || isLock(newest.claims)) return;
  const deadline = Date.now() + togetherMs;
  for (;;) {
    const usage = await usageOf(store, connection, address, roster, copies);
    const importers = usage.importers.filter(({ publicKey, inCircle }) => {
      return !beingRemoved.has(publicKey) && !(inCircle && goesToo?.(publicKey));
    });
    // Under lock the streams stay.
    const held = mode === "lock" ? { streams: [], certain: true } : usage;
    const needs = needsOf(held, importers);
    if (needs.length === 0) return;
    const onlyImports = held.streams.length === 0 && held.certain;
    if (!onlyImports || Date.now() > deadline) {
      throw new NatsAuthError(
        "ERR_IN_USE",
        `${labelOf(address)} is still needed: ${needs.join("; ")}. Nothing was changed. ` +
          "Remove what needs it first, or remove it all the same with `forceDelete`.",
      );
    }
    await sleep(pollMs);
  }
}

function needsOf(
  { streams, certain }: Pick<Usage, "streams" | "certain">,
  importers: Importer[],
): string[] {
  const needs: string[] = [];
  if (streams.length > 0) needs.push(`it has the stream(s) ${streams.join(", ")}`);
  else if (!certain) {
    needs.push("its JetStream is on, and not every server could say whether it has streams");
  }
  if (importers.length > 0) {
    const names = importers.map(({ name, publicKey }) => `"${name}" (${publicKey})`);
    needs.push(`account(s) ${names.join(", ")} import from it`);
  }
  return needs;
}

/** Asks every server to delete the account; returns what stood in the way, in words. */
async function deleteEverywhere(
  store: Store,
  connection: Connection,
  address: AccountAddress,
  { roster, signer }: Outcome,
): Promise<string> {
  const order = encodeGeneric({
    subject: signer.publicKey,
    body: { accounts: [address.publicKey] },
    signer,
    issuedAt: nextIssueTime(),
  });
  const { replies } = await withConnection(
    address.target,
    address.log,
    (deleting) => request(deleting, subjects.delete, order, roster.present),
    "delete",
  );
  const refused = replies.filter((reply) => !reply.ok);
  const silent = roster.present.filter((name) => !replies.some((r) => r.server === name));
  const obstacles = [
    ...refused.map(refusalOf),
    ...silent.map((name) => `${name} did not answer the deletion`),
  ];
  if (obstacles.length > 0) return obstacles.join("; ");
  return (await isGone(store, connection, address, roster))
    ? ""
    : "a server still holds it after the deletion";
}

async function isGone(
  store: Store,
  connection: Connection,
  address: AccountAddress,
  roster: Roster,
): Promise<boolean> {
  for (let check = 1; ; check += 1) {
    const { tokens } = await store.lookUp(address.publicKey, roster);
    if (tokens.length === 0) return true;
    // A foreign server that shares the system account has a copy too, and takes no orders from our operator.
    const lists = await listAccounts(connection, roster.present);
    if (lists.every(({ accounts }) => !accounts.includes(address.publicKey))) return true;
    if (check === checks) return false;
    await sleep(pollMs);
  }
}
