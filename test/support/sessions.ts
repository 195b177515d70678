/** Clients that stay connected while something changes: who lost its connection, and who kept it. */
import { setTimeout as sleep } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { admission, type Credentials, connectWith, type Server } from "./nats";

/** What became of a client of each server. */
export type Fate = "kept" | "lost" | "mixed";

interface Session {
  name: string;
  server: string;
  nc: NatsConnection;
}

/** One line of the record. */
export interface Note {
  name: string;
  server: string;
  fate: "kept" | "lost";
  /** Milliseconds after the change began. */
  at: number;
}

/** One client on each server for each of these names. */
export class Sessions {
  readonly #open: Session[];
  /** Every client, with when it was seen to have lost or kept its connection. */
  readonly notes: Note[] = [];

  private constructor(open: Session[]) {
    this.#open = open;
  }

  static async open(
    creds: Record<string, Credentials>,
    servers: readonly Server[],
  ): Promise<Sessions> {
    const pairs = Object.entries(creds).flatMap(([name, one]) =>
      servers.map((server) => ({ name, one, server })),
    );
    const open = pairs.map(async ({ name, one, server }) => ({
      name,
      server: server.name,
      nc: await connectWith(one, server.url),
    }));
    return new Sessions(await Promise.all(open));
  }

  /**
   * Makes a change and says what became of each name. A server that has confirmed an account has closed whom it refuses
   * before it answers anything else, so nothing is waited for.
   */
  async during(change: () => Promise<unknown>): Promise<Record<string, Fate>> {
    const start = Date.now();
    const note = (session: Session, fate: Note["fate"]) =>
      this.notes.push({
        name: session.name,
        server: session.server,
        fate,
        at: Date.now() - start,
      });
    const lost = this.#open.map((session) => session.nc.closed().then(() => note(session, "lost")));
    await change();
    await Promise.all(
      this.#open.map(async (session, index) => {
        const kept = await session.nc.flush().then(
          () => true,
          () => false,
        );
        if (kept) note(session, "kept");
        else await lost[index];
      }),
    );
    const names = [...new Set(this.#open.map(({ name }) => name))];
    return Object.fromEntries(names.map((name) => [name, this.#fateOf(name)]));
  }

  #fateOf(name: string): Fate {
    const fates = this.notes.filter((note) => note.name === name).map(({ fate }) => fate);
    const [first, ...others] = [...new Set(fates)];
    return first === undefined || others.length > 0 ? "mixed" : first;
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map(({ nc }) => nc.close()));
  }
}

/** Whether every one of the servers lets somebody in. */
export async function admittedBy(
  creds: Credentials,
  servers: readonly Server[],
): Promise<("admitted" | "refused")[]> {
  const said = await Promise.all(servers.map(({ url }) => admission(creds, url)));
  return said.map((one) => (one === "admitted" ? "admitted" : "refused"));
}

/** Somebody who connects again and again, to one server after the other. */
export class Reconnecting {
  readonly #running: Promise<void>;
  #stopped = false;
  attempts = 0;
  /** What servers said that did not let it in. */
  readonly refusals: string[] = [];

  constructor(creds: Credentials, servers: readonly Server[]) {
    this.#running = this.#run(creds, servers);
  }

  async #run(creds: Credentials, servers: readonly Server[]): Promise<void> {
    while (!this.#stopped) {
      const { name, url } = servers[this.attempts % servers.length] as Server;
      const said = await admission(creds, url);
      this.attempts += 1;
      if (said !== "admitted") this.refusals.push(`${name}: ${said}`);
      await sleep(50);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }
}
