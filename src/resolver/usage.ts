/** What still depends on an account, as far as servers can tell. */
import { accountFromWire } from "../claims/index";
import type { AccountAddress } from "./address";
import type { Connection } from "./connection";
import { believable, type Copies, type Copy, lookUp } from "./copies";
import { subjects } from "./protocol";
import { parsePacked, parseStreams, serverNameOf } from "./replies";
import type { Roster } from "./roster";
import type { Store } from "./store";

const quietMs = 5_000;
/** A `destroy` asks for every account; whoever is named here is asked about again. */
const packValidMs = 5_000;

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

const packs = new WeakMap<Connection, Promise<string[]>>();

async function importersOf(
  store: Store,
  connection: Connection,
  account: string,
  roster: Roster,
): Promise<Importer[]> {
  const imports = ({ claims }: Copy) => importsFrom(claims, account);
  const named = (await recentPack(connection)).flatMap((text) => {
    const packed = parsePacked(text);
    // Most accounts are about somebody else; only those that name it are worth a look at their signature.
    if (!packed || packed.account === account || !mentions(packed.jwt, account)) return [];
    const copy = believable(packed.jwt, packed.account, roster);
    return copy && imports(copy) ? [packed.account] : [];
  });
  const found = await Promise.all(
    named.map(async (publicKey) => {
      const [newest] = (await lookUp(store, publicKey, roster)).believed;
      return newest && imports(newest) ? [{ publicKey, name: newest.claims.name ?? "" }] : [];
    }),
  );
  return found.flat();
}

function importsFrom(claims: Copy["claims"], account: string): boolean {
  return accountFromWire(claims).imports?.some((one) => one.account === account) ?? false;
}

function mentions(jwt: string, account: string): boolean {
  return Buffer.from(jwt.split(".")[1] ?? "", "base64url").includes(account);
}

function recentPack(connection: Connection): Promise<string[]> {
  let pack = packs.get(connection);
  if (!pack) {
    pack = connection
      .ask({ subject: subjects.pack, quietMs, done: (texts) => texts.at(-1) === "" })
      .then(({ texts }) => texts);
    packs.set(connection, pack);
    const forget = () => packs.delete(connection);
    pack.then(() => setTimeout(forget, packValidMs).unref(), forget);
  }
  return pack;
}
