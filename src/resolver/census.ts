/** Which servers there are, as they say themselves. */
import { decodeToken, type TokenClaims } from "../claims/index";
import { NatsAuthError } from "../errors";
import type { Connection } from "./connection";
import { subjects } from "./protocol";
import { parseOffline, parsePing, parseVariables } from "./replies";

/** A server that runs an operator. */
export interface RunningServer {
  name: string;
  id: string;
  /** The first operator it was started with; only that one's keys count for pushes. */
  operator: TokenClaims;
}

/** What the servers said of themselves. */
export interface Census {
  /** The servers that answered and run an operator. */
  servers: RunningServer[];
  /** Names of all that answered a ping, others included. */
  names: string[];
  /** Names of servers that others are connected to, or miss, and that did not say what they run. */
  unheard: string[];
  /** How many servers there are, as far as servers know. */
  counted: number;
  /** How many answer a lookup: those with a full resolver, whosever they are. */
  holders: number;
  /** Public key of the system account. */
  systemAccount: string;
  /** Names of servers to milliseconds by which their clocks are ahead of ours. */
  clocks: Map<string, number>;
}

const pingQuietMs = 1_000;
/** Whoever answered a ping answers the rest. */
const detailQuietMs = 5_000;
const lookupQuietMs = 2_000;
/** An `up` pushes many accounts in a second; a server that stops within it is missed when it does not confirm. */
const validMs = 1_000;

const censuses = new WeakMap<Connection, Promise<Census>>();
const knownHolders = new WeakMap<Connection, { ids: string; holders: number }>();

/** The servers of this moment, or of a second ago. */
export function recentCensus(connection: Connection): Promise<Census> {
  let census = censuses.get(connection);
  if (!census) {
    census = takeCensus(connection);
    censuses.set(connection, census);
    const forget = () => censuses.delete(connection);
    census.then(() => setTimeout(forget, validMs).unref(), forget);
  }
  return census;
}

async function takeCensus(connection: Connection): Promise<Census> {
  const asked = Date.now();
  const { texts } = await connection.ask({
    subject: subjects.ping,
    quietMs: pingQuietMs,
    done: areAll,
  });
  const heard = (asked + Date.now()) / 2;
  const pings = texts.map(parsePing).filter((ping) => ping !== undefined);
  if (pings.length === 0) {
    throw new NatsAuthError(
      "ERR_UNTRUSTED",
      "the server let us in, but no server answered who it is; try again, or look at the server's log",
    );
  }
  const names = pings.map((ping) => ping.name);
  const [variables, jetstream] = await Promise.all([
    connection.ask({ subject: subjects.variables, quietMs: detailQuietMs, from: names }),
    connection.ask({ subject: subjects.jetstream, quietMs: detailQuietMs, from: names }),
  ]);
  const answered = variables.texts.map(parseVariables).filter((server) => server !== undefined);
  // For some minutes servers go on counting one that was killed, beside its successor of the same name
  // (measured); one that started later counts only those it met. So the least count is the truest.
  const counts = pings.map((ping) => ping.activeServers).filter((count) => count > 0);
  const heardOf = answered.map((server) => server.name);
  const others = [
    ...names,
    ...pings.flatMap((ping) => ping.routes),
    ...jetstream.texts.flatMap(parseOffline),
  ];
  const systemAccount = answered[0]?.systemAccount ?? "";
  const ids = pings.map((ping) => ping.id).sort();
  return {
    servers: answered.flatMap((server) => {
      const operator = firstOperator(server.operators);
      return operator ? [{ name: server.name, id: server.id, operator }] : [];
    }),
    names,
    unheard: [...new Set(others)].filter((name) => name !== "" && !heardOf.includes(name)),
    counted: counts.length > 0 ? Math.min(...counts) : 0,
    holders: await countHolders(connection, ids.join(), systemAccount, names.length),
    systemAccount,
    clocks: new Map(pings.flatMap(({ name, time }) => (time ? [[name, time - heard]] : []))),
  };
}

/** Whether all have answered that those who did know of. */
function areAll(texts: readonly string[]): boolean {
  const pings = texts.map(parsePing).filter((ping) => ping !== undefined);
  const names = pings.map((ping) => ping.name);
  return (
    texts.length >= Math.max(...pings.map((ping) => ping.activeServers)) &&
    pings.every((ping) => ping.routes.every((name) => names.includes(name)))
  );
}

/** Lookups are answered without a name, and not at all by caches; how many answers to wait for, the first one shows. */
async function countHolders(
  connection: Connection,
  ids: string,
  systemAccount: string,
  answered: number,
): Promise<number> {
  const known = knownHolders.get(connection);
  if (known?.ids === ids) return known.holders;
  if (systemAccount === "") return answered;
  const { texts } = await connection.ask({
    subject: subjects.lookup(systemAccount),
    quietMs: lookupQuietMs,
    done: (all) => all.length >= answered,
  });
  knownHolders.set(connection, { ids, holders: texts.length });
  return texts.length;
}

function firstOperator(tokens: string[]): TokenClaims | undefined {
  try {
    return tokens[0] === undefined ? undefined : decodeToken(tokens[0]);
  } catch {
    // A server whose operator JWT we cannot read is none of ours.
    return undefined;
  }
}
