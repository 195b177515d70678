/** What still depends on an account, as far as servers can tell. */
import { accountFromWire } from "../claims/index";
import type { AccountAddress } from "./address";
import type { Connection } from "./connection";
import { believable, type Copies, type Copy, lookUp } from "./copies";
import { recentPack } from "./pack";
import { subjects } from "./protocol";
import { parsePacked, parseStreams, serverNameOf } from "./replies";
import type { Roster } from "./roster";
import type { Store } from "./store";

const quietMs = 5_000;

/** What would be lost, or break, without the account. */
export interface Usage {
  /** Names of its streams. */
  streams: string[];
  /** Whether that is certain: a server tells the streams of accounts that it runs, and of no other. */
  certain: boolean;
  /** Accounts that import from it. */
  importers: Importer[];
}

/** An account that imports from another one. */
export interface Importer {
  publicKey: string;
  name: string;
  /** Whether the account imports from it as well, maybe through others. */
  inCircle: boolean;
}

/** Asks the servers. It has to be asked before the account is locked, which hides its streams. */
export async function usageOf(
  store: Store,
  connection: Connection,
  address: AccountAddress,
  roster: Roster,
  copies: Copies,
): Promise<Usage> {
  const [streams, importers] = await Promise.all([
    streamsOf(store, connection, address.publicKey, roster, copies),
    importersOf(store, connection, address.publicKey, roster),
  ]);
  return { ...streams, importers };
}

async function streamsOf(
  store: Store,
  connection: Connection,
  account: string,
  roster: Roster,
  { believed }: Copies,
): Promise<Pick<Usage, "streams" | "certain">> {
  const mayHave = believed.some(({ claims }) => accountFromWire(claims).jetstream !== undefined);
  const running = await store.running(account, roster);
  const { texts } = await connection.ask({
    subject: subjects.jetstream,
    payload: JSON.stringify({ account, streams: true }),
    from: roster.present,
    quietMs,
  });
  const streams = texts.flatMap((text) => parseStreams(text, account));
  const answered = texts.map(serverNameOf);
  const certain =
    running.some(({ jwt }) => jwt !== undefined) &&
    roster.present.every((name) => answered.includes(name));
  return { streams: [...new Set(streams)].sort(), certain: !mayHave || certain };
}

async function importersOf(
  store: Store,
  connection: Connection,
  account: string,
  roster: Roster,
): Promise<Importer[]> {
  const pack = await recentPack(connection);
  const named = pack.flatMap((text) => {
    const packed = parsePacked(text);
    // Most accounts are about somebody else; only those that name it are worth a look at their signature.
    if (!packed || packed.account === account || !mentions(packed.jwt, account)) return [];
    const copy = believable(packed.jwt, packed.account, roster);
    return copy && exportersOf(copy).includes(account) ? [packed.account] : [];
  });
  if (named.length === 0) return [];
  const sources = sourcesOf(account, pack, roster);
  const found = await Promise.all(
    named.map(async (publicKey) => {
      const [newest] = (await lookUp(store, publicKey, roster)).believed;
      if (!newest || !exportersOf(newest).includes(account)) return [];
      const name = newest.claims.name ?? "";
      return [{ publicKey, name, inCircle: sources.has(publicKey) }];
    }),
  );
  return found.flat();
}

/** The accounts that an account imports from, those that these import from, and so on. */
function sourcesOf(account: string, pack: readonly string[], roster: Roster): Set<string> {
  const found = new Set<string>();
  const waiting = [account];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const packed = pack.map(parsePacked).find((one) => one?.account === next);
    const copy = packed && believable(packed.jwt, packed.account, roster);
    for (const exporter of copy ? exportersOf(copy) : []) {
      if (!found.has(exporter)) waiting.push(exporter);
      found.add(exporter);
    }
  }
  return found;
}

function exportersOf({ claims }: Copy): string[] {
  return (accountFromWire(claims).imports ?? []).map((one) => one.account);
}

function mentions(jwt: string, account: string): boolean {
  return Buffer.from(jwt.split(".")[1] ?? "", "base64url").includes(account);
}
