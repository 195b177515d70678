/** Which accounts each server holds. */
import type { Connection } from "./connection";
import { subjects } from "./protocol";
import { parseList } from "./replies";

const quietMs = 5_000;

/** A refresh asks for every account; a list is long. */
const validMs = 1_000;

const recent = new WeakMap<Connection, ReturnType<typeof listAccounts>>();

/** The lists of this moment, or of a second ago where nothing was sent since. */
export function recentLists(
  connection: Connection,
  servers: readonly string[],
): ReturnType<typeof listAccounts> {
  let lists = recent.get(connection);
  if (!lists) {
    lists = listAccounts(connection, servers);
    recent.set(connection, lists);
    const forget = () => recent.delete(connection);
    lists.then(() => setTimeout(forget, validMs).unref(), forget);
  }
  return lists;
}

/** Whatever is sent makes lists old. */
export function forgetLists(connection: Connection): void {
  recent.delete(connection);
}

/** Public keys of the accounts that each of these servers holds; one that keeps silent is absent. */
export async function listAccounts(
  connection: Connection,
  servers: readonly string[],
): Promise<{ server: string; accounts: string[] }[]> {
  const { texts } = await connection.ask({ subject: subjects.list, from: servers, quietMs });
  const lists = texts.map(parseList).filter((list) => list !== undefined);
  return lists.filter(({ server }) => servers.includes(server));
}
