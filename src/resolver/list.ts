/** Which accounts each server holds. */
import type { Connection } from "./connection";
import { subjects } from "./protocol";
import { parseList } from "./replies";

const quietMs = 5_000;

/** Public keys of the accounts that each of these servers holds; one that keeps silent is absent. */
export async function listAccounts(
  connection: Connection,
  servers: readonly string[],
): Promise<{ server: string; accounts: string[] }[]> {
  const { texts } = await connection.ask({ subject: subjects.list, from: servers, quietMs });
  const lists = texts.map(parseList).filter((list) => list !== undefined);
  return lists.filter(({ server }) => servers.includes(server));
}
