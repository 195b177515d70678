/** All accounts that a server holds, as it sends them to others. */
import type { Connection } from "./connection";
import { subjects } from "./protocol";

const quietMs = 5_000;
/** A `destroy` asks for every account; whoever is named here is asked about again. */
const packValidMs = 5_000;

const packs = new WeakMap<Connection, Promise<string[]>>();

/** What one of the servers holds, of this moment or of some seconds ago: a text for each account, an empty one at the end. */
export function recentPack(connection: Connection): Promise<string[]> {
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
