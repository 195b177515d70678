/** Which servers must confirm what we push. */
import { decodeToken, operatorFromWire, type TokenClaims } from "../claims/index";
import { NatsAuthError } from "../errors";
import type { Connection } from "./connection";
import { parseActiveServers, parseVariables, subjects } from "./protocol";

/** Servers of our operator that answered, and what is known of those that did not. */
export interface Roster {
  /** Names of the servers that answered and run our operator, sorted. */
  present: string[];
  /** Those of them whose name outlives a restart: a server without `server_name` takes its id for one. */
  lasting: string[];
  /** Servers that should be there and did not answer: remembered names, or a count where no name is known. */
  missing: string[];
  /** Public keys whose signatures on accounts count: those of the operator JWTs that run, and our own. */
  issuers: ReadonlySet<string>;
}

interface OurServer {
  name: string;
  id: string;
  operator: TokenClaims;
}

/** What the servers said of themselves. */
interface Census {
  ours: OurServer[];
  /** How many servers answered, others included. */
  answered: number;
  /** How many servers there are, as far as servers know. */
  counted: number;
}

const quietMs = 1_000;
const limitMs = 5_000;
/** An `up` pushes many accounts in a second; a server that stops within it is missed when it does not confirm. */
const censusMs = 1_000;

const censuses = new WeakMap<Connection, Map<string, Promise<Census>>>();

/**
 * Asks all servers who they are. Servers that share the system account but run another operator (or
 * none, as leaf nodes do) are left out: they need not confirm anything.
 */
export async function callRoster(
  connection: Connection,
  operator: { publicKey: string; signer: string },
  {
    remembered,
    expected,
  }: { remembered: readonly string[]; expected?: readonly string[] | undefined },
): Promise<Roster> {
  const { ours, answered, counted } = await recentCensus(connection, operator.publicKey);
  assertTrusted(ours, operator.signer);
  const present = ours.map((server) => server.name).sort();
  const missing = (expected ?? remembered).filter((name) => !present.includes(name));
  const unnamed = counted - answered - missing.length;
  if (unnamed > 0 && expected === undefined) {
    missing.push(`${unnamed} server(s) whose name is not known`);
  }
  return {
    present,
    lasting: ours
      .filter(({ name, id }) => name !== id)
      .map(({ name }) => name)
      .sort(),
    missing,
    issuers: new Set([operator.publicKey, operator.signer, ...ours.flatMap(issuersOf)]),
  };
}

function recentCensus(connection: Connection, operator: string): Promise<Census> {
  const recent = censuses.get(connection) ?? new Map<string, Promise<Census>>();
  censuses.set(connection, recent);
  let census = recent.get(operator);
  if (!census) {
    census = takeCensus(connection, operator);
    recent.set(operator, census);
    const forget = () => recent.delete(operator);
    census.then(() => setTimeout(forget, censusMs).unref(), forget);
  }
  return census;
}

async function takeCensus(connection: Connection, operator: string): Promise<Census> {
  const pings = await connection.gather(subjects.ping, "", {
    quietMs,
    limitMs,
    done: (texts) => texts.length >= Math.max(...texts.map(parseActiveServers)),
  });
  if (pings.texts.length === 0) throw noServerOfOurs(operator, []);
  const variables = await connection.gather(subjects.variables, "", {
    quietMs,
    limitMs,
    done: (texts) => texts.length >= pings.texts.length,
  });
  const answered = variables.texts.map(parseVariables).filter((server) => server !== undefined);
  const ours = answered.flatMap((server) => {
    const claims = firstOperator(server.operators);
    return claims?.sub === operator ? [{ ...server, operator: claims }] : [];
  });
  if (ours.length === 0) {
    const names = answered.map((server) => server.name);
    throw noServerOfOurs(operator, names);
  }
  // For some minutes servers go on counting one that was killed, beside its successor of the same name
  // (measured); one that started later counts only those it met. So the least count is the truest.
  const counts = pings.texts.map(parseActiveServers).filter((count) => count > 0);
  return {
    ours,
    answered: answered.length,
    counted: counts.length > 0 ? Math.min(...counts) : 0,
  };
}

function issuersOf({ operator }: OurServer): string[] {
  return [operator.sub, ...(operatorFromWire(operator).signingKeys ?? [])];
}

function firstOperator(tokens: string[]): TokenClaims | undefined {
  try {
    return tokens[0] === undefined ? undefined : decodeToken(tokens[0]);
  } catch {
    // A server whose operator JWT we cannot read is none of ours.
    return undefined;
  }
}

/** A JWT by a signer that a server does not know is stored with a 200 and kills the account at the next restart. */
function assertTrusted(servers: OurServer[], signer: string): void {
  const doubting = servers.filter(({ operator }) => !trusts(operator, signer)).map((s) => s.name);
  if (doubting.length === 0) return;
  throw new NatsAuthError(
    "ERR_UNTRUSTED",
    `the operator JWT that runs on ${doubting.join(", ")} does not know the signing key ${signer}; nothing was sent. ` +
      "Give the server(s) the current ResolverConfig, restart them (a reload does not suffice), and run the command again.",
  );
}

function trusts(token: TokenClaims, signer: string): boolean {
  const { signingKeys, requireSigningKeys } = operatorFromWire(token);
  return signingKeys?.includes(signer) === true || (signer === token.sub && !requireSigningKeys);
}

function noServerOfOurs(operator: string, others: string[]): NatsAuthError {
  return new NatsAuthError(
    "ERR_UNTRUSTED",
    others.length === 0
      ? "the server let us in, but no server answered who it is; try again, or look at the server's log"
      : `no server runs the operator ${operator}; these run another one: ${others.join(", ")}. Nothing was sent. ` +
          "Start them with the ResolverConfig of this operator, or correct `accountServerUrl`.",
  );
}
