/** Seeing what others push, while we change an account: no server tells a writer that another one came between. */
import type { Msg, NatsConnection, Subscription } from "@nats-io/transport-node";
import { updateSubjects } from "./protocol";

/** What others pushed of an account. */
export interface Sightings {
  /** The JWTs, in the order in which they were seen. */
  jwts: string[];
  /** The connection was cut meanwhile: others may have pushed unseen. */
  blind: boolean;
}

/** A look-out for what others push of one account. */
export interface Watch {
  /** What was seen since the last time it was asked. Throws when nothing can be seen at all. */
  take(): Sightings;
  stop(): void;
}

interface Running {
  account: string;
  jwts: string[];
  blind: boolean;
  error: unknown;
}

/** The watches of one connection. Their subscriptions last no longer than they do. */
export class Watches {
  readonly #running = new Set<Running>();
  #nc: NatsConnection | undefined;
  #subscriptions: Subscription[] = [];
  #explain: (error: Error) => unknown = (error) => error;

  start(account: string): Watch {
    const running: Running = { account, jwts: [], blind: !this.#nc, error: undefined };
    this.#running.add(running);
    this.#subscribe();
    return {
      take: () => {
        const { jwts, blind, error } = running;
        if (error) throw error;
        Object.assign(running, { jwts: [], blind: false });
        return { jwts, blind };
      },
      stop: () => {
        this.#running.delete(running);
        if (this.#running.size === 0) this.#unsubscribe();
      },
    };
  }

  connected(nc: NatsConnection, explain: (error: Error) => unknown): void {
    this.#nc = nc;
    this.#explain = explain;
    if (this.#running.size > 0) this.#subscribe();
  }

  disconnected(): void {
    this.#nc = undefined;
    this.#subscriptions = [];
    for (const running of this.#running) running.blind = true;
  }

  #subscribe(): void {
    if (!this.#nc || this.#nc.isClosed() || this.#subscriptions.length > 0) return;
    const callback = (error: Error | null, message: Msg) => this.#receive(error, message);
    this.#subscriptions = updateSubjects.map((subject) =>
      (this.#nc as NatsConnection).subscribe(subject, { callback }),
    );
  }

  #unsubscribe(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
    this.#subscriptions = [];
  }

  #receive(error: Error | null, message: Msg): void {
    if (error) {
      for (const running of this.#running) running.error ??= this.#explain(error);
      return;
    }
    const jwt = message.string().trim();
    const account = subjectOf(jwt);
    for (const running of this.#running) {
      if (running.account === account) running.jwts.push(jwt);
    }
  }
}

/** Which account a pushed JWT is about; nobody has checked it yet. */
function subjectOf(jwt: string): unknown {
  try {
    return JSON.parse(Buffer.from(jwt.split(".")[1] ?? "", "base64url").toString()).sub;
  } catch {
    // Servers refuse what is no JWT.
    return undefined;
  }
}
