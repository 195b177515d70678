/**
 * Changing an account while others may change it too. Servers know no "based on": whoever writes last wins, and two
 * writers silently lose each other's changes (measured). So: watch what others push, look, push, look again; and once
 * more, after a pause, until all servers run one and the same JWT that says what we want, and nobody came between.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { mergeRevocations, revocationsOf, type TokenClaims } from "../claims/index";
import { NatsAuthError } from "../errors";
import type { Signer } from "../keys/index";
import { type AccountAddress, identityOf, labelOf } from "./address";
import { believable, type Copies, type Copy, look, lookUp, type Situation } from "./copies";
import { cacheHint, notInForceHint } from "./hints";
import { assertComplete, IncompletePush, incomplete, silentAfter } from "./push";
import type { Reply, RunningAccount } from "./replies";
import type { Roster } from "./roster";
import type { Store } from "./store";
import type { Sightings } from "./watch";

const attempts = 25;
/** How often a server is asked again that stored a JWT and does not run it yet. */
const checks = 5;
const checkPauseMs = 200;

/** What is known of an account when a change is composed. */
export interface View {
  roster: Roster;
  signer: Signer;
  copies: Copies;
  /** What others wrote: the copies found, and what was seen passing; newest first. */
  others: Copy[];
  /** All revocations that were ever seen. */
  revocations: Record<string, number>;
  /** The latest issue time of any JWT seen, ours included. */
  newestIssue: number | undefined;
  /** 1 for the first. */
  attempt: number;
}

/** What is wanted. */
export interface Intent {
  /** The JWT to push; `undefined` when there is nothing to write. */
  compose(view: View): string | undefined | Promise<string | undefined>;
  /** Whether a JWT of somebody else says what is wanted as well: then there is no need to overwrite it. */
  contains(claims: TokenClaims): boolean;
}

/** What the servers run after a change. */
export interface Outcome {
  jwt: string;
  roster: Roster;
  signer: Signer;
  /** What each server runs. */
  running: RunningAccount[];
  /** Servers that did not confirm: missing ones, and those that kept silent. */
  absent: string[];
}

/** What this process revoked: an older copy that another tool writes between two of our changes must not undo it. */
const revokedHere = new Map<string, Record<string, number>>();

/** Everything that was seen of an account in one transaction. */
class Knowledge {
  readonly #others = new Map<string, Copy>();
  readonly #own = new Set<string>();
  revocations: Record<string, number>;
  newestIssue: number | undefined;

  constructor(revocations: Record<string, number> = {}) {
    this.revocations = revocations;
  }

  add(copies: readonly Copy[]): void {
    for (const copy of copies) {
      this.revocations = mergeRevocations(this.revocations, revocationsOf(copy.claims));
      this.newestIssue = Math.max(this.newestIssue ?? 0, copy.claims.iat);
      if (!this.#own.has(copy.token)) this.#others.set(copy.token, copy);
    }
  }

  wrote(jwt: string): void {
    if (!this.#others.has(jwt)) this.#own.add(jwt);
  }

  get others(): Copy[] {
    return [...this.#others.values()].sort((a, b) => b.claims.iat - a.claims.iat);
  }
}

/** Makes a change; returns `undefined` when there is nothing to write. Throws when other writers leave no peace, or a server refuses. */
export async function transact(
  store: Store,
  address: AccountAddress,
  { compose, contains }: Intent,
): Promise<Outcome | undefined> {
  const identity = identityOf(address);
  const prune = address.prune ?? ((revocations) => revocations);
  const knowledge = new Knowledge(revokedHere.get(identity));
  const watch = store.watch(address.publicKey);
  const passing = ({ jwts }: Sightings, roster: Roster) =>
    jwts.flatMap((jwt) => believable(jwt, address.publicKey, roster) ?? []);
  try {
    for (let attempt = 1; attempt <= attempts; attempt += 1) {
      const before = watch.take();
      const situation = await look(store, address);
      const { roster, signer, copies } = situation;
      knowledge.add([...copies.believed, ...passing(before, roster)]);
      const { others, newestIssue } = knowledge;
      const revocations = prune(knowledge.revocations);
      const view = { roster, signer, copies, others, revocations, newestIssue, attempt };
      const jwt = await compose(view);
      if (jwt === undefined) return undefined;
      knowledge.wrote(jwt);
      const sent = await store.send(address.publicKey, jwt, roster);
      const silent = silentAfter(address, roster, jwt, sent);
      if (sent.replies.length === 0) {
        assertComplete(address, roster, jwt, [...silent, ...roster.missing]);
      }
      const result = await confirm(store, address, situation, jwt, sent.replies);
      const meanwhile = watch.take();
      const foreign = passing(meanwhile, roster);
      knowledge.add([...result.copies, ...foreign]);
      const undisturbed = !meanwhile.blind && foreign.every(({ claims }) => contains(claims));
      if (result.common && undisturbed && isWanted(result.common, jwt, contains)) {
        const absent = [...silent, ...result.silent, ...roster.missing];
        const { running, common } = result;
        revokedHere.set(
          identity,
          prune(mergeRevocations(knowledge.revocations, revocationsOf(common.claims))),
        );
        return { jwt: common.token, roster, signer, running, absent };
      }
      if (undisturbed && result.idle.length > 0 && (attempt > 1 || !result.kept)) {
        throw notInForce(address, roster, jwt, result);
      }
      // Only another writer of the same account makes another round necessary; do not meet it again in step.
      await sleep((50 + Math.random() * 200) * Math.min(4, 1 + attempt / 5));
    }
    throw new NatsAuthError(
      "ERR_INCOMPLETE",
      `${labelOf(address)}: the servers still hold different copies after ${attempts} attempts; ` +
        "something else keeps writing this account. Stop it and run the command again.",
    );
  } finally {
    watch.stop();
  }
}

function isWanted(common: Copy, jwt: string, contains: Intent["contains"]): boolean {
  return common.token === jwt || contains(common.claims);
}

interface Confirmation {
  running: RunningAccount[];
  copies: Copy[];
  /** The one JWT that every server that answered holds and runs; `undefined` when there is none. */
  common: Copy | undefined;
  /** Servers that took the JWT pushed and do not run it. */
  idle: string[];
  /** Whether any server keeps what it is given; a cache alone does not. */
  kept: boolean;
  /** Servers that confirmed the push and then kept silent. */
  silent: string[];
}

/** Asks the servers that took a JWT what they run now. */
async function confirm(
  store: Store,
  address: AccountAddress,
  { roster }: Situation,
  jwt: string,
  replies: Reply[],
): Promise<Confirmation> {
  const answering = { ...roster, present: replies.map(({ server }) => server).sort() };
  const keeping = replies.filter(({ text }) => !text.includes("cache")).length;
  for (let check = 1; ; check += 1) {
    const [running, { tokens, believed }] = await Promise.all([
      store.running(address.publicKey, answering),
      lookUp(store, address.publicKey, roster),
    ]);
    const idle = running.filter((server) => server.jwt !== jwt).map(({ server }) => server);
    const stored = tokens.filter((token) => token === jwt).length >= keeping;
    // A server may still be at it.
    if (keeping > 0 && stored && idle.length > 0 && check < checks) {
      await sleep(checkPauseMs);
      continue;
    }
    const [inForce] = new Set(running.map((server) => server.jwt)).size === 1 ? running : [];
    const copy = inForce?.jwt && believable(inForce.jwt, address.publicKey, roster);
    const held = tokens.filter((token) => token === inForce?.jwt).length >= keeping;
    const silent = answering.present.filter((name) => !running.some((one) => one.server === name));
    return {
      running,
      copies: believed,
      common: copy && held ? copy : undefined,
      idle: stored ? idle : [],
      kept: keeping > 0,
      silent,
    };
  }
}

function notInForce(
  address: AccountAddress,
  roster: Roster,
  jwt: string,
  { idle, kept }: Confirmation,
): IncompletePush {
  return new IncompletePush(
    "ERR_REJECTED",
    `${labelOf(address)}: ${idle.join(", ")} took the JWT without running it: ${kept ? notInForceHint : cacheHint}.`,
    incomplete(address, roster, jwt),
  );
}
