/** Which servers must confirm what we push. */
import { operatorFromWire, type TokenClaims } from "../claims/index";
import { NatsAuthError } from "../errors";
import { type Census, type RunningServer, recentCensus } from "./census";
import type { Connection } from "./connection";
import { clockHint } from "./hints";

/** Servers of our operator that answered, and what is known of those that did not. */
export interface Roster {
  /** Names of the servers that answered and run our operator, sorted. */
  present: string[];
  /** Those of them whose name outlives a restart: a server without `server_name` takes its id for one. */
  lasting: string[];
  /** Servers that should be there and did not answer: remembered names, or a count where no name is known. */
  missing: string[];
  /** Whether a signature of this public key on an account counts: those of the operator JWTs that run do, and our own. */
  believes: (issuer: string) => boolean;
  /** Present servers whose running operator JWT does not know the signer. */
  doubting: string[];
  /** How many answers a lookup gets. */
  holders: number;
  /** Public key of the system account; empty where there is none. */
  systemAccount: string;
}

/** Who must be there. */
export interface Expectation {
  /** Names of servers that held the account before. */
  remembered: readonly string[];
  /** The names that count, whatever is remembered or known otherwise. */
  expected?: readonly string[] | undefined;
}

const warnedClocks = new WeakSet<Connection>();

/**
 * Asks all servers who they are. Servers that share the system account but run another operator (or
 * none, as leaf nodes do) are left out: they need not confirm anything.
 */
export async function callRoster(
  connection: Connection,
  operator: { publicKey: string; signer: string },
  { remembered, expected }: Expectation,
  log: (line: string) => void,
): Promise<Roster> {
  const census = await recentCensus(connection);
  const ours = census.servers.filter((server) => server.operator.sub === operator.publicKey);
  if (ours.length === 0) throw noServerOfOurs(operator.publicKey, census.names);
  const issuers = new Set([operator.publicKey, operator.signer, ...ours.flatMap(issuersOf)]);
  const present = ours.map((server) => server.name).sort();
  warnOfClocks(connection, census, present, log);
  return {
    present,
    lasting: ours
      .filter(({ name, id }) => name !== id)
      .map(({ name }) => name)
      .sort(),
    missing: expected
      ? expected.filter((name) => !present.includes(name))
      : missingOf(census, present, remembered),
    believes: (issuer) => issuers.has(issuer),
    doubting: ours
      .filter((server) => !trusts(server.operator, operator.signer))
      .map((server) => server.name)
      .sort(),
    holders: census.holders,
    systemAccount: census.systemAccount,
  };
}

function missingOf(census: Census, present: string[], remembered: readonly string[]): string[] {
  const named = [...new Set([...remembered, ...census.unheard])].filter(
    (name) => !present.includes(name),
  );
  // Names tell more than a count, which goes on for minutes with servers that were killed and are back (measured).
  const unnamed = census.counted - census.names.length - named.length;
  return remembered.length === 0 && unnamed > 0
    ? [...named, `${unnamed} server(s) whose name is not known`]
    : named;
}

/** A JWT by a signer that a server does not know is stored with a 200 and kills the account at the next restart. */
export function assertTrusted({ doubting }: Roster, signer: string): void {
  if (doubting.length === 0) return;
  throw new NatsAuthError(
    "ERR_UNTRUSTED",
    `the operator JWT that runs on ${doubting.join(", ")} does not know the signing key ${signer}; nothing was sent. ` +
      "Give the server(s) the current ResolverConfig, restart them (a reload does not suffice), and run the command again.",
  );
}

/** The operator of the server that a connection goes to, for who was not told which one it is. */
export async function connectedOperator(connection: Connection): Promise<TokenClaims> {
  const { servers, names } = await recentCensus(connection);
  const server = servers.find(({ id }) => id === connection.serverId) ?? servers[0];
  if (!server) throw noServerOfOurs("of this connection", names);
  return server.operator;
}

function issuersOf({ operator }: RunningServer): string[] {
  return [operator.sub, ...(operatorFromWire(operator).signingKeys ?? [])];
}

function trusts(token: TokenClaims, signer: string): boolean {
  const { signingKeys, requireSigningKeys } = operatorFromWire(token);
  return signingKeys?.includes(signer) === true || (signer === token.sub && !requireSigningKeys);
}

/** Tokens are in force by the servers' clocks. */
function warnOfClocks(
  connection: Connection,
  { clocks }: Census,
  present: string[],
  log: (line: string) => void,
): void {
  if (warnedClocks.has(connection)) return;
  const hints = present.map((name) => clockHint(name, clocks.get(name) ?? 0));
  const wrong = hints.filter((hint) => hint !== undefined);
  if (wrong.length === 0) return;
  warnedClocks.add(connection);
  for (const hint of wrong) log(hint);
}

function noServerOfOurs(operator: string, others: string[]): NatsAuthError {
  return new NatsAuthError(
    "ERR_UNTRUSTED",
    `no server runs the operator ${operator}; these run another one: ${others.join(", ")}. Nothing was sent. ` +
      "Start them with the ResolverConfig of this operator, or correct `accountServerUrl`.",
  );
}
