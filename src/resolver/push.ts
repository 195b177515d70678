/** Sending one JWT to every server, and who confirmed it. */
import { NatsAuthError } from "../errors";
import type { AccountAddress } from "./address";
import type { Connection } from "./connection";
import { parseReply, type Reply, subjects } from "./protocol";
import type { Roster } from "./roster";

// The server itself looks for a missing exporter for 1.9 s each before it replies.
const replyQuietMs = 6_000;
const replyLimitMs = 60_000;

/** What came of a push. */
export interface Published {
  /** The JWT that the servers hold now. */
  jwt: string;
  /** Names of the servers that confirmed it, and of those that must but did not. */
  servers: string[];
}

/** A push that some servers did not confirm. `jwt` is what the others hold. */
export class IncompletePush extends NatsAuthError {
  readonly published: Published;

  constructor(
    code: "ERR_INCOMPLETE" | "ERR_REJECTED" | "ERR_NO_RESOLVER",
    message: string,
    published: Published,
  ) {
    super(code, message);
    this.published = published;
  }
}

/**
 * Sends a JWT; returns when every server of the roster has confirmed it, else throws `IncompletePush`.
 * The result are the servers that keep it; a cache confirms too, and keeps what it wants.
 */
export async function push(
  connection: Connection,
  address: AccountAddress,
  roster: Roster,
  jwt: string,
): Promise<string[]> {
  const what = `account "${address.name}" (${address.publicKey})`;
  const published = {
    jwt,
    servers: [...new Set([...roster.lasting, ...address.remembered])].sort(),
  };
  const { replies, nobody } = await request(connection, subjects.update, jwt, roster.present);
  if (nobody) {
    throw new IncompletePush(
      "ERR_NO_RESOLVER",
      `${what}: the servers run no resolver that takes pushes. With a memory resolver leave \`accountServerUrl\` away and ` +
        "give the account to `ResolverConfig.preload`; else use a resolver of type full.",
      { jwt, servers: [] },
    );
  }
  const rejected = replies.filter((reply) => !reply.ok);
  if (rejected.length > 0) {
    throw new IncompletePush(
      "ERR_REJECTED",
      `${what} was rejected: ${rejected.map((r) => `${r.server} says "${r.text}"`).join("; ")}.${hint(rejected)}`,
      published,
    );
  }
  const silent = roster.present.filter((name) => !replies.some((reply) => reply.server === name));
  const missing = [...silent, ...roster.missing];
  if (missing.length > 0) {
    const confirmed = replies.map((reply) => reply.server).sort();
    throw new IncompletePush(
      "ERR_INCOMPLETE",
      `${what} is not on every server: no confirmation from ${missing.join(", ")}; ` +
        `confirmed by ${confirmed.join(", ") || "none"}. Nothing is lost: bring the missing server(s) back and run the command again. ` +
        "If one is gone for good, name those that remain in `expectServers` of the Operator.",
      published,
    );
  }
  return replies.filter((reply) => !reply.text.includes("cache")).map((reply) => reply.server);
}

function hint(rejected: Reply[]): string {
  if (rejected.some((reply) => reply.text.includes("jwt store is full"))) {
    return " Raise `limit` in the resolver of the server configuration.";
  }
  if (rejected.some((reply) => reply.text.includes("signing key"))) {
    return " The operator requires signing keys: sign with one of them.";
  }
  return "";
}

/** Sends a request that each expected server answers by name. */
export async function request(
  connection: Connection,
  subject: string,
  payload: string,
  expected: readonly string[],
): Promise<{ replies: Reply[]; nobody: boolean }> {
  const read = (texts: string[]) => texts.map(parseReply).filter((reply) => reply !== undefined);
  const { texts, nobody } = await connection.gather(subject, payload, {
    quietMs: replyQuietMs,
    limitMs: replyLimitMs,
    done: (all) => {
      const names = new Set(read(all).map((reply) => reply.server));
      return expected.every((name) => names.has(name));
    },
  });
  // A foreign server that shares the system account may answer as well; it need not.
  return { replies: read(texts).filter((reply) => expected.includes(reply.server)), nobody };
}
