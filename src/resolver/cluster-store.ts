/** The account resolvers of a cluster, over NATS. */
import type { AccountAddress } from "./address";
import type { Connection } from "./connection";
import { forgetLists } from "./list";
import { subjects } from "./protocol";
import { parseAccount, parseReply, type Reply, type RunningAccount } from "./replies";
import { callRoster, type Roster } from "./roster";
import type { Store } from "./store";
import type { Watch } from "./watch";

const lookupQuietMs = 2_000;
const loadQuietMs = 5_000;
const replyQuietMs = 6_000;
/** Before it replies, a server looks for each exporter that it does not know. */
const missingExporterMs = 2_000;

export class ClusterStore implements Store {
  readonly connection: Connection;

  constructor(connection: Connection) {
    this.connection = connection;
  }

  survey(address: AccountAddress): Promise<Roster> {
    const { publicKey, signer } = address.operator;
    const operator = { publicKey, signer: signer.publicKey };
    return callRoster(this.connection, operator, address, address.log);
  }

  async lookUp(account: string, roster: Roster): Promise<{ tokens: string[]; answers: number }> {
    if (roster.holders === 0) {
      // Caches answer no lookups; but they say what they run.
      const running = await this.running(account, roster);
      const held = running.map(({ jwt }) => jwt).filter((jwt) => jwt !== undefined);
      return { tokens: held, answers: running.length };
    }
    const { texts } = await this.connection.ask({
      subject: subjects.lookup(account),
      quietMs: lookupQuietMs,
      done: (all) => all.length >= roster.holders,
    });
    const tokens = texts.map((text) => text.trim()).filter((text) => text !== "");
    return { tokens, answers: texts.length };
  }

  send(_account: string, jwt: string, { present }: Roster) {
    forgetLists(this.connection);
    return request(this.connection, subjects.update, jwt, present);
  }

  async running(account: string, { present }: Roster): Promise<RunningAccount[]> {
    // Listing its connections is what makes a server load an account; the list itself may hold user JWTs, and is dropped.
    await this.connection.ask({
      subject: subjects.connections,
      payload: JSON.stringify({ acc: account, auth: true, limit: 1 }),
      from: present,
      quietMs: loadQuietMs,
    });
    const { texts } = await this.connection.ask({
      subject: subjects.account,
      payload: JSON.stringify({ account }),
      from: present,
      quietMs: loadQuietMs,
    });
    return texts
      .map(parseAccount)
      .filter((one) => one !== undefined)
      .filter((one) => present.includes(one.server))
      .sort((a, b) => (a.server < b.server ? -1 : 1));
  }

  watch(account: string): Watch {
    return this.connection.watch(account);
  }
}

/** Sends a request that each expected server answers by name. A foreign server that shares the system account may answer as well; it need not. */
export async function request(
  connection: Connection,
  subject: string,
  payload: string,
  expected: readonly string[],
): Promise<{ replies: Reply[]; nobody: boolean }> {
  const quietMs = replyQuietMs + missingExporterMs * importsOf(payload);
  const { texts, nobody } = await connection.ask({ subject, payload, from: expected, quietMs });
  const replies = texts.map(parseReply).filter((reply) => reply !== undefined);
  return { replies: replies.filter((reply) => expected.includes(reply.server)), nobody };
}

function importsOf(jwt: string): number {
  const claims = JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString());
  const imports: unknown = claims?.nats?.imports;
  return Array.isArray(imports) ? imports.length : 0;
}
