/** One attempt to connect, and what its failure means. */
import {
  connect,
  type NatsConnection,
  type NodeConnectionOptions,
  TimeoutError,
  wsconnect,
} from "@nats-io/transport-node";
import { NatsAuthError } from "../errors";
import type { Identity } from "./credentials";
import { addressesOf, type ClusterTarget, schemeOf, tlsProblem, transportOf } from "./target";
import { isWebSocketAddress, webSockets } from "./web-socket";

const timeoutMs = 5_000;
const pingMs = 10_000;

/** Connects once. Reconnecting is ours: each connection is another user, and what was under way is asked again. */
export async function dial(
  target: ClusterTarget,
  { authenticator, inboxPrefix }: Identity,
  discovered: readonly string[],
): Promise<NatsConnection> {
  const addresses = addressesOf(target);
  const options: NodeConnectionOptions = {
    servers: [...addresses, ...discovered],
    name: "pulumi-nats-auth",
    authenticator,
    inboxPrefix,
    noRandomize: true,
    noEcho: true,
    timeout: timeoutMs,
    pingInterval: pingMs,
    reconnect: false,
  };
  if (transportOf(target) === "ws") return overWebSocket(target, options);
  const secure = addresses.some((address) => schemeOf(address) === "tls:");
  const tls = target.tls ?? (secure ? {} : undefined);
  return inTurn(() => connect(tls ? { ...options, tls: withoutAbsent(tls) } : options));
}

type Given<Settings> = { [Name in keyof Settings]?: Exclude<Settings[Name], undefined> };

function withoutAbsent<Settings extends object>(settings: Settings): Given<Settings> {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Given<Settings>;
}

async function overWebSocket(
  target: ClusterTarget,
  options: NodeConnectionOptions,
): Promise<NatsConnection> {
  const problem = tlsProblem(target);
  if (problem !== undefined) throw new NatsAuthError("ERR_INPUT", `tls ${problem}`);
  const open = await webSockets(target);
  return inTurn(async () => {
    try {
      return await toFirst([options.servers ?? []].flat(), open, options);
    } finally {
      // The client library has one transport for the whole process, and takes the last one for every reconnect: that
      // of another connection too. Options that it refuses put the usual one back, and connect to nothing.
      await connect({ inboxPrefix: "*" }).catch(() => undefined);
    }
  });
}

/** The client gives up with the first WebSocket that fails, and calls whatever it was a refused connection. */
async function toFirst(
  servers: string[],
  open: Awaited<ReturnType<typeof webSockets>>,
  options: NodeConnectionOptions,
): Promise<NatsConnection> {
  let failure: unknown;
  for (const server of servers) {
    if (!isWebSocketAddress(server)) {
      throw new NatsAuthError("ERR_INPUT", `${server} is no address of a WebSocket`);
    }
    let reason: Error | undefined;
    const wsFactory = open((error) => {
      reason ??= error;
    });
    try {
      return await wsconnect({ ...options, servers: [server], wsFactory });
    } catch (error) {
      if (isRefusal(error)) throw error;
      // That of several addresses of one name has no text.
      failure = error instanceof TimeoutError || !reason?.message ? error : reason;
    }
  }
  throw failure;
}

let lastDial: Promise<unknown> = Promise.resolve();

/** The same library: two that dial at a time would have to have the same transport. */
function inTurn(work: () => Promise<NatsConnection>): Promise<NatsConnection> {
  const run = lastDial.then(work);
  lastDial = run.catch(() => undefined);
  return run;
}

/** The servers did not take our user. */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error &&
    /authori[sz]ation|authentication/i.test(`${error.name} ${error.message}`)
  );
}

/** No waiting helps: the certificates do not fit. */
export function isTlsFailure(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (
      /^(EPROTO|ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|UNABLE_TO|DEPTH_ZERO|SELF_SIGNED)/.test(code ?? "")
    )
      return true;
    if (/certificate|does not support 'tls'|'?tls'? is not available/i.test(message)) return true;
  }
  return false;
}
