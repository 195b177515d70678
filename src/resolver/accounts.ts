/** What is done to accounts on running servers: publish, revoke, remove. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type AccountClaims,
  claimsEqual,
  decodeToken,
  encodeGeneric,
  encodeToken,
  mergeRevocations,
  revocationsOf,
  signAccount,
  type TokenClaims,
  withRevocations,
} from "../claims/index";
import { NatsAuthError } from "../errors";
import { type KeyPairData, type Signer, signerFromSeed } from "../keys/index";
import { type Connection, withConnection } from "./connection";
import { parseReply, type Reply, subjects } from "./protocol";
import { inTurn } from "./queue";
import { callRoster, type Roster } from "./roster";
import type { ClusterTarget } from "./target";

/** Everything that is needed to change an account on its servers. */
export interface AccountAddress {
  /** Public key of the account. */
  publicKey: string;
  /** Name of the account, for messages. */
  name: string;
  /** The operator, and the key that signs its accounts. */
  operator: { publicKey: string; signer: KeyPairData };
  target: ClusterTarget;
  /** Names of servers that held this account before: each must confirm. */
  remembered: readonly string[];
  /** Gets a line for the person who waits. */
  log: (line: string) => void;
}

/** What came of a push. */
export interface Published {
  /** The JWT that the servers hold now. */
  jwt: string;
  /** Names of the servers that confirmed it, and of those that must but did not. */
  servers: string[];
}

/** A push that some servers did not confirm. `jwt` is what the others hold. */
export class IncompletePush extends NatsAuthError {
  readonly published: Published;

  constructor(
    code: "ERR_INCOMPLETE" | "ERR_REJECTED" | "ERR_NO_RESOLVER",
    message: string,
    published: Published,
  ) {
    super(code, message);
    this.published = published;
  }
}

// The server itself looks for a missing exporter for 1.9 s each before it replies.
const replyQuietMs = 6_000;
const replyLimitMs = 60_000;
const lookupQuietMs = 2_000;
const tombstoneSeconds = 30 * 24 * 3600;
const revokeAttempts = 20;
const joinMs = 50;

interface Copies {
  /** The newest copy on any server. */
  newest: TokenClaims | undefined;
  newestToken: string | undefined;
  tokens: string[];
  revocations: Record<string, number>;
}

/**
 * Publishes an account on every server. Revocations are never lost: those of all servers and
 * `known` ones are merged into the new JWT. A copy that already says the same is kept as it is.
 */
export function publishAccount(
  address: AccountAddress,
  claims: AccountClaims,
  known: { jwt?: string | undefined; revocations?: Record<string, number> | undefined } = {},
): Promise<Published> {
  return inTurn(address.publicKey, () =>
    withConnection(address.target, address.log, async (connection) => {
      const { roster, signer, copies } = await look(connection, address);
      const previous = known.jwt === undefined ? undefined : decodeToken(known.jwt);
      const revocations = mergeRevocations(
        claims.revocations,
        known.revocations,
        previous && revocationsOf(previous),
        copies.revocations,
      );
      const jwt = keepOrSign(address, { ...claims, revocations }, signer, copies, previous);
      await push(connection, address, roster, jwt);
      return { jwt, servers: roster.present };
    }),
  );
}

async function look(
  connection: Connection,
  address: AccountAddress,
): Promise<{ roster: Roster; signer: Signer; copies: Copies }> {
  const signer = signerFromSeed(address.operator.signer.seed);
  const operator = { publicKey: address.operator.publicKey, signer: signer.publicKey };
  const roster = await callRoster(connection, operator, address.remembered);
  return { roster, signer, copies: await lookUp(connection, address.publicKey, roster) };
}

async function lookUp(connection: Connection, account: string, roster: Roster): Promise<Copies> {
  const { texts } = await connection.gather(subjects.lookup(account), "", {
    quietMs: lookupQuietMs,
    done: (replies) => replies.length >= roster.present.length,
  });
  const tokens = texts.map((text) => text.trim()).filter((text) => text !== "");
  const copies: Copies = { newest: undefined, newestToken: undefined, tokens, revocations: {} };
  for (const token of tokens) {
    const claims = readable(token);
    if (!claims) continue;
    copies.revocations = mergeRevocations(copies.revocations, revocationsOf(claims));
    if (!copies.newest || claims.iat > copies.newest.iat) {
      copies.newest = claims;
      copies.newestToken = token;
    }
  }
  return copies;
}

/** A copy that cannot be read (a damaged file on a server) says nothing, and is replaced by the next push. */
function readable(token: string): TokenClaims | undefined {
  try {
    return decodeToken(token);
  } catch {
    return undefined;
  }
}

/** A create is repeated after a kill, an update after a failure: what already says the same is not signed again. */
function keepOrSign(
  address: AccountAddress,
  claims: AccountClaims,
  signer: Signer,
  copies: Copies,
  previous: TokenClaims | undefined,
): string {
  const issuedAt = nextIssueTime(copies.newest?.iat, previous?.iat);
  const jwt = signAccount({ publicKey: address.publicKey, claims, signer, issuedAt });
  const { newest, newestToken } = copies;
  if (newest === undefined || newestToken === undefined) return jwt;
  const wanted = decodeToken(jwt);
  const same =
    newest.iss === wanted.iss &&
    claimsEqual(newest, wanted) &&
    JSON.stringify(sorted(revocationsOf(newest))) === JSON.stringify(sorted(revocationsOf(wanted)));
  return same ? newestToken : jwt;
}

function sorted(list: Record<string, number>): [string, number][] {
  return Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Two different JWTs of one second never converge between servers: each is a second newer than any before. */
function nextIssueTime(...known: (number | undefined)[]): number {
  const now = Math.floor(Date.now() / 1000);
  return Math.max(now, ...known.map((iat) => (iat === undefined ? 0 : iat + 1)));
}

async function push(
  connection: Connection,
  address: AccountAddress,
  roster: Roster,
  jwt: string,
): Promise<void> {
  const what = `account "${address.name}" (${address.publicKey})`;
  const published = {
    jwt,
    servers: [...new Set([...roster.present, ...address.remembered])].sort(),
  };
  const { replies, nobody } = await request(connection, subjects.update, jwt, roster.present);
  if (nobody) {
    throw new IncompletePush(
      "ERR_NO_RESOLVER",
      `${what}: the servers run no resolver that takes pushes. With a memory resolver leave \`accountServerUrl\` away and ` +
        "give the account to `ResolverConfig.preload`; else use a resolver of type full.",
      { jwt, servers: [] },
    );
  }
  const rejected = replies.filter((reply) => !reply.ok);
  if (rejected.length > 0) {
    throw new IncompletePush(
      "ERR_REJECTED",
      `${what} was rejected: ${rejected.map((r) => `${r.server} says "${r.text}"`).join("; ")}.${hint(rejected)}`,
      published,
    );
  }
  const silent = roster.present.filter((name) => !replies.some((reply) => reply.server === name));
  const missing = [...silent, ...roster.missing];
  if (missing.length > 0) {
    const confirmed = replies.map((reply) => reply.server).sort();
    throw new IncompletePush(
      "ERR_INCOMPLETE",
      `${what} is not on every server: no confirmation from ${missing.join(", ")}; ` +
        `confirmed by ${confirmed.join(", ") || "none"}. Nothing is lost: bring the missing server(s) back and run the command again.`,
      published,
    );
  }
}

function hint(rejected: Reply[]): string {
  if (rejected.some((reply) => reply.text.includes("jwt store is full"))) {
    return " Raise `limit` in the resolver of the server configuration.";
  }
  if (rejected.some((reply) => reply.text.includes("signing key"))) {
    return " The operator requires signing keys: sign with one of them.";
  }
  return "";
}

async function request(
  connection: Connection,
  subject: string,
  payload: string,
  expected: readonly string[],
): Promise<{ replies: Reply[]; nobody: boolean }> {
  const read = (texts: string[]) => texts.map(parseReply).filter((reply) => reply !== undefined);
  const { texts, nobody } = await connection.gather(subject, payload, {
    quietMs: replyQuietMs,
    limitMs: replyLimitMs,
    done: (all) => {
      const names = new Set(read(all).map((reply) => reply.server));
      return expected.every((name) => names.has(name));
    },
  });
  // A foreign server that shares the system account may answer as well; it need not.
  return { replies: read(texts).filter((reply) => expected.includes(reply.server)), nobody };
}

interface PendingRevocations {
  revocations: Record<string, number>;
  done: Promise<"revoked" | "no account">;
}

const waitingRevocations = new Map<string, PendingRevocations>();

/**
 * Revokes the tokens of a user that were issued up to `issuedAt`. Revocations of one account that
 * arrive together are pushed together. It is a transaction: afterwards all servers hold equal copies
 * that contain it, whatever another writer did meanwhile.
 */
export function revokeUser(
  address: AccountAddress,
  user: string,
  issuedAt: number,
): Promise<"revoked" | "no account"> {
  const waiting = waitingRevocations.get(address.publicKey);
  if (waiting) {
    waiting.revocations = mergeRevocations(waiting.revocations, { [user]: issuedAt });
    return waiting.done;
  }
  const pending: PendingRevocations = {
    revocations: { [user]: issuedAt },
    done: sleep(joinMs).then(() =>
      inTurn(address.publicKey, () => {
        waitingRevocations.delete(address.publicKey);
        return revoke(address, pending.revocations);
      }),
    ),
  };
  waitingRevocations.set(address.publicKey, pending);
  return pending.done;
}

function revoke(
  address: AccountAddress,
  revocations: Record<string, number>,
): Promise<"revoked" | "no account"> {
  return withConnection(address.target, address.log, async (connection) => {
    for (let attempt = 1; attempt <= revokeAttempts; attempt += 1) {
      const { roster, signer, copies } = await look(connection, address);
      if (!copies.newest) return "no account";
      if (attempt > 1 && isSettled(copies, revocations, roster)) return "revoked";
      const merged = mergeRevocations(copies.revocations, revocations);
      const { iss: _iss, jti: _jti, ...claims } = withRevocations(copies.newest, merged);
      const jwt = encodeToken({ ...claims, iat: nextIssueTime(claims.iat) }, signer);
      await push(connection, address, roster, jwt);
      // Only another writer of the same account makes a second round necessary; do not meet it again in step.
      if (isSettled(await lookUp(connection, address.publicKey, roster), revocations, roster))
        return "revoked";
      await sleep(50 + Math.random() * 200);
    }
    throw new NatsAuthError(
      "ERR_INCOMPLETE",
      `account "${address.name}" (${address.publicKey}): the servers still hold different copies after ${revokeAttempts} attempts; ` +
        "something else keeps writing this account. Stop it and run the command again.",
    );
  });
}

function isSettled(copies: Copies, revocations: Record<string, number>, roster: Roster): boolean {
  const equal = new Set(copies.tokens).size === 1 && copies.tokens.length >= roster.present.length;
  return (
    equal &&
    Object.entries(revocations).every(([key, time]) => (copies.revocations[key] ?? 0) >= time)
  );
}

/** How an account ended: gone everywhere, or locked on the servers until its last JWT expires. */
export interface Removed {
  state: "deleted" | "locked";
  /** Why it is only locked, for people. */
  reason?: string;
  /** The revocations it had, for an account that is made again under the same key. */
  revocations: Record<string, number>;
}

/**
 * Removes an account. First every server gets a tombstone: a newer JWT that admits nobody and
 * expires by itself; it also reaches servers that were away. Only when all have confirmed it is the
 * account deleted: earlier, an absent server's old copy would bring it back everywhere (measured).
 */
export function removeAccount(address: AccountAddress): Promise<Removed> {
  return inTurn(address.publicKey, () =>
    withConnection(address.target, address.log, async (connection) => {
      const { roster, signer, copies } = await look(connection, address);
      const revocations = copies.revocations;
      if (!copies.newest && roster.missing.length === 0) return { state: "deleted", revocations };
      const until = await lock(connection, address, roster, signer, copies);
      if (roster.missing.length > 0) {
        return {
          state: "locked",
          reason: `${roster.missing.join(", ")} did not answer; the lock reaches it when it returns before ${until}`,
          revocations,
        };
      }
      const { replies } = await request(
        connection,
        subjects.delete,
        encodeGeneric({
          subject: signer.publicKey,
          body: { accounts: [address.publicKey] },
          signer,
          issuedAt: nextIssueTime(),
        }),
        roster.present,
      );
      const refused = replies.filter((reply) => !reply.ok);
      const silent = roster.present.filter((name) => !replies.some((r) => r.server === name));
      if (refused.length === 0 && silent.length === 0) return { state: "deleted", revocations };
      const words = [
        ...refused.map((reply) => `${reply.server} says "${reply.text}"`),
        ...silent.map((name) => `${name} did not answer`),
      ];
      return { state: "locked", reason: `${words.join("; ")}; locked until ${until}`, revocations };
    }),
  );
}

async function lock(
  connection: Connection,
  address: AccountAddress,
  roster: Roster,
  signer: Signer,
  copies: Copies,
): Promise<string> {
  const issuedAt = nextIssueTime(copies.newest?.iat);
  const expiresAt = new Date((issuedAt + tombstoneSeconds) * 1000).toISOString();
  const jwt = signAccount({
    publicKey: address.publicKey,
    claims: {
      name: address.name,
      expiresAt,
      limits: { connections: 0, leafNodes: 0, subscriptions: 0, payload: 0 },
      revocations: copies.revocations,
    },
    signer,
    issuedAt,
  });
  await push(connection, address, { present: roster.present, missing: [] }, jwt);
  return expiresAt;
}
