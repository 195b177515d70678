/**
 * One shared connection per cluster and identity. It signs in as a system user that is minted for
 * every (re)connect, lives for minutes, and may do nothing but what `protocol.ts` names.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Authenticator,
  connect,
  type Msg,
  type NatsConnection,
} from "@nats-io/transport-node";
import { signUser } from "../claims/index";
import { now } from "../clock";
import { NatsAuthError } from "../errors";
import { generateKeyPair, type KeyPairData, signerFromSeed } from "../keys/index";
import { publishPermissions } from "./protocol";
import { addressesOf, type ClusterTarget } from "./target";

const defaultWaitMs = 60_000;
const retryMs = 250;
/** A server that is just starting needs no words. */
const announceMs = 1_000;
const idleMs = 10_000;
/** Long enough for a machine whose clock is some minutes behind the servers'. */
const mintedLifetimeSeconds = 600;

/** How far a request for several answers has come. */
export interface Gathering {
  texts: string[];
  /** Nobody serves this subject on any server. */
  nobody: boolean;
}

/** An open connection to a cluster. */
export interface Connection {
  /**
   * Sends a request that every server answers, and collects until `done` says so, or until nothing
   * more has come for `quietMs`, or `limitMs` are over.
   */
  gather(
    subject: string,
    payload: string,
    options: { done?: (texts: string[]) => boolean; quietMs: number; limitMs?: number },
  ): Promise<Gathering>;
}

type Log = (line: string) => void;

interface Opened {
  nc: NatsConnection;
  connection: Connection;
}

interface Shared {
  opening: Promise<Opened>;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

const sharedConnections = new Map<string, Shared>();

/** Runs `work` on the shared connection of this target; it is opened on first use and closed when idle. */
export async function withConnection<T>(
  target: ClusterTarget,
  log: Log,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const key = JSON.stringify([addressesOf(target), target.system]);
  let shared = sharedConnections.get(key);
  if (!shared) {
    const opening = open(target, log);
    shared = { opening, users: 0, idle: undefined };
    sharedConnections.set(key, shared);
    const forget = () => {
      if (sharedConnections.get(key)?.opening === opening) sharedConnections.delete(key);
    };
    opening.then(({ nc }) => nc.closed().then(forget), forget);
  }
  clearTimeout(shared.idle);
  shared.users += 1;
  try {
    return await work((await shared.opening).connection);
  } finally {
    shared.users -= 1;
    if (shared.users === 0) shared.idle = closeLater(key, shared);
  }
}

function closeLater(key: string, shared: Shared): NodeJS.Timeout {
  const timer = setTimeout(() => {
    if (sharedConnections.get(key) === shared) sharedConnections.delete(key);
    shared.opening.then(
      ({ nc }) => nc.close(),
      () => undefined, // it never opened: nothing to close
    );
  }, idleMs);
  return timer.unref();
}

/** Closes every shared connection at once; for scripts and tests that want to end. */
export async function closeConnections(): Promise<void> {
  const all = [...sharedConnections.values()];
  sharedConnections.clear();
  await Promise.allSettled(
    all.map(async (shared) => {
      clearTimeout(shared.idle);
      await (await shared.opening).nc.close();
    }),
  );
}

/** Connects as a freshly minted system user, waiting for a server that is not up yet. */
async function open(target: ClusterTarget, log: Log): Promise<Opened> {
  const addresses = addressesOf(target);
  const waitMs = target.waitFor ?? defaultWaitMs;
  const deadline = Date.now() + waitMs;
  const inboxPrefix = `_INBOX_${randomUUID().replaceAll("-", "")}`;
  const options = {
    servers: addresses,
    name: "pulumi-nats-auth",
    authenticator: mintingAuthenticator(target, inboxPrefix),
    inboxPrefix,
    noEcho: true,
    timeout: 5_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: retryMs,
    ignoreAuthErrorAbort: true,
  };
  const announceAt = Date.now() + Math.min(announceMs, waitMs / 2);
  for (let announced = false; ; ) {
    try {
      const nc = await connect(options);
      return { nc, connection: { gather: (...request) => gather(nc, inboxPrefix, ...request) } };
    } catch (error) {
      if (isRefusal(error)) throw refused(addresses, error);
      if (Date.now() >= deadline) throw unreachable(target, waitMs, error);
      if (!announced && Date.now() >= announceAt) {
        announced = true;
        log(
          `waiting up to ${seconds(waitMs)} s for a nats-server at ${addresses.join(", ")}; ` +
            `to start one: ${startCommandOf(target)}`,
        );
      }
      await sleep(Math.min(retryMs, Math.max(1, deadline - Date.now())));
    }
  }
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}

function startCommandOf(target: ClusterTarget): string {
  return target.startCommand?.() ?? "nats-server -c <its configuration>";
}

function mintingAuthenticator(target: ClusterTarget, inboxPrefix: string): Authenticator {
  const user = generateKeyPair("user");
  return (nonce) => ({
    jwt: mint(target, user, inboxPrefix),
    nkey: user.publicKey,
    sig: nonce
      ? Buffer.from(signerFromSeed(user.seed).sign(Buffer.from(nonce))).toString("base64url")
      : "",
  });
}

function mint({ system }: ClusterTarget, user: KeyPairData, inboxPrefix: string): string {
  const issuedAt = now();
  return signUser({
    publicKey: user.publicKey,
    claims: {
      name: "pulumi-nats-auth",
      expiresAt: new Date((issuedAt + mintedLifetimeSeconds) * 1000).toISOString(),
      permissions: { publish: [...publishPermissions], subscribe: [`${inboxPrefix}.>`] },
      ...(system.signer.publicKey === system.publicKey ? {} : { issuerAccount: system.publicKey }),
    },
    signer: signerFromSeed(system.signer.seed),
    issuedAt,
  });
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error &&
    /authori[sz]ation|authentication/i.test(`${error.name} ${error.message}`)
  );
}

function refused(addresses: string[], cause: unknown): NatsAuthError {
  return new NatsAuthError(
    "ERR_UNAUTHORIZED",
    `${addresses.join(", ")} refused our system user (Authorization Violation). Either the server was not ` +
      "started with the ResolverConfig of this operator (restart it with that file), or its system account " +
      "no longer knows the signing key of this stack, or the clock of this machine is more than ten minutes behind the server's.",
    { cause },
  );
}

function unreachable(target: ClusterTarget, waitMs: number, cause: unknown): NatsAuthError {
  const reason = cause instanceof Error ? ` (${cause.message})` : "";
  return new NatsAuthError(
    "ERR_UNREACHABLE",
    `no nats-server answered at ${addressesOf(target).join(", ")} for ${seconds(waitMs)} s${reason}. ` +
      `Start one (${startCommandOf(target)}) or correct the address, then run the command again: it goes on where this one stopped. ` +
      "If the servers are gone for good, `pulumi state delete` takes what was on them out of the stack.",
    { cause },
  );
}

function gather(
  nc: NatsConnection,
  inboxPrefix: string,
  subject: string,
  payload: string,
  options: { done?: (texts: string[]) => boolean; quietMs: number; limitMs?: number },
): Promise<Gathering> {
  return new Promise((resolve, reject) => {
    const texts: string[] = [];
    const end = () => {
      clearTimeout(quiet);
      clearTimeout(limit);
      subscription.unsubscribe();
    };
    const finish = (nobody: boolean) => {
      end();
      resolve({ texts, nobody });
    };
    const inbox = `${inboxPrefix}.${randomUUID()}`;
    // Before the timers: on a closed connection it throws, and a timer would then find nothing to end.
    const subscription = nc.subscribe(inbox, {
      callback: (error: Error | null, message: Msg) => {
        if (error) {
          end();
          reject(error);
          return;
        }
        if (message.data.length === 0 && message.headers?.code === 503) return finish(true);
        texts.push(message.string());
        clearTimeout(quiet);
        if (options.done?.(texts)) return finish(false);
        quiet = setTimeout(() => finish(false), options.quietMs);
      },
    });
    const limit = setTimeout(() => finish(false), options.limitMs ?? options.quietMs * 4);
    let quiet = setTimeout(() => finish(false), options.quietMs);
    nc.publish(subject, payload, { reply: inbox });
  });
}
