/**
 * Questions and their answers over one connection. Every server may answer a question; so each has a reply subject
 * of its own, and is over when all have answered that should. Many are under way at once, but no more than a window.
 */

/** How many questions are under way at once, and how many bytes of them: more does not make servers faster (measured). */
const windowCount = 64;
const windowBytes = 4 * 1024 * 1024;
const tickMs = 50;
/** The first answer may have a long way. */
const firstMs = 5_000;
/** How long an answer is waited for from a server that gave none to earlier questions. */
const silentMs = 500;

/** What is asked, and when the answers suffice. */
export interface Question {
  subject: string;
  payload?: string;
  /** Names of the servers that must answer: over when all have. */
  from?: readonly string[];
  /** Where answers are anonymous: over when this says so. */
  done?: (texts: readonly string[]) => boolean;
  /**
   * Given up when nothing was heard for so long: with `from` from any of those that owe an answer, to this question or
   * another, because a server answers one after the other; else from anybody.
   */
  quietMs: number;
}

/** What came back. */
export interface Answers {
  texts: string[];
  /** Nobody serves this subject on any server. */
  nobody: boolean;
}

/** An answer as the connection hands it over. */
export interface Incoming {
  text: string;
  nobody: boolean;
}

/** Publishes a question; the token comes back with each answer. */
type Send = (subject: string, payload: string, token: string) => void;

interface Pending {
  question: Question;
  token: string;
  size: number;
  texts: string[];
  /** Names of servers that owe an answer. */
  owing: Set<string>;
  sentAt: number;
  heardAt: number;
  resolve: (answers: Answers) => void;
  reject: (error: unknown) => void;
}

/** The questions of one connection. What is asked while the connection is cut waits; what was under way is asked again. */
export class Exchange {
  readonly #nameOf: (text: string) => string;
  #send: Send | undefined;
  #next = 0;
  readonly #queue: Pending[] = [];
  readonly #underWay = new Map<string, Pending>();
  #bytes = 0;
  readonly #heard = new Map<string, number>();
  readonly #silent = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  /** `nameOf` reads from an answer which server sent it. */
  constructor(nameOf: (text: string) => string) {
    this.#nameOf = nameOf;
  }

  /** Whether anybody waits for an answer. */
  get busy(): boolean {
    return this.#queue.length + this.#underWay.size > 0;
  }

  ask(question: Question): Promise<Answers> {
    return new Promise((resolve, reject) => {
      this.#queue.push({
        question,
        token: "",
        size: Buffer.byteLength(question.payload ?? ""),
        texts: [],
        owing: new Set(question.from),
        sentAt: 0,
        heardAt: 0,
        resolve,
        reject,
      });
      this.#fill();
    });
  }

  /** There is a connection (again): sends what waits, and what was under way once more. */
  connected(send: Send): void {
    this.#send = send;
    const again = [...this.#underWay.values()];
    this.#underWay.clear();
    this.#bytes = 0;
    for (const pending of again) {
      // Anonymous answers cannot be told apart, so none may count twice. A named one stays given.
      if (!pending.question.from) pending.texts = [];
    }
    this.#queue.unshift(...again);
    this.#fill();
  }

  /** There is no connection for the moment. */
  disconnected(): void {
    this.#send = undefined;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Fails everything that was asked, now that no answer can come any more. */
  fail(error: unknown): void {
    this.disconnected();
    const all = [...this.#underWay.values(), ...this.#queue];
    this.#underWay.clear();
    this.#queue.length = 0;
    this.#bytes = 0;
    for (const { reject } of all) reject(error);
  }

  /** The server does not let us publish to this subject. */
  refuse(subject: string, error: unknown): void {
    for (const pending of [...this.#underWay.values()]) {
      if (pending.question.subject === subject) this.#end(pending, () => pending.reject(error));
    }
  }

  receive(token: string, { text, nobody }: Incoming): void {
    const pending = this.#underWay.get(token);
    if (!pending) return; // too late
    const { from, done } = pending.question;
    pending.heardAt = Date.now();
    if (nobody) {
      this.#finish(pending, true);
      return;
    }
    if (from) {
      const name = this.#nameOf(text);
      this.#heard.set(name, Date.now());
      this.#silent.delete(name);
      pending.owing.delete(name);
    }
    pending.texts.push(text);
    if (from ? pending.owing.size === 0 : done?.(pending.texts)) this.#finish(pending, false);
  }

  #finish(pending: Pending, nobody: boolean): void {
    this.#end(pending, () => pending.resolve({ texts: pending.texts, nobody }));
  }

  #end(pending: Pending, settle: () => void): void {
    this.#underWay.delete(pending.token);
    this.#bytes -= pending.size;
    settle();
    this.#fill();
  }

  #fill(): void {
    while (this.#send && this.#queue.length > 0 && this.#underWay.size < windowCount) {
      const [pending] = this.#queue as [Pending];
      if (this.#underWay.size > 0 && this.#bytes + pending.size > windowBytes) break;
      this.#queue.shift();
      this.#put(pending, this.#send);
    }
    if (this.#underWay.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    } else if (this.#send) {
      this.#timer ??= setInterval(() => this.#tick(), tickMs);
    }
  }

  #put(pending: Pending, send: Send): void {
    pending.token = (this.#next++).toString(36);
    pending.sentAt = Date.now();
    pending.heardAt = pending.sentAt;
    this.#underWay.set(pending.token, pending);
    this.#bytes += pending.size;
    try {
      send(pending.question.subject, pending.question.payload ?? "", pending.token);
    } catch (error) {
      this.#underWay.delete(pending.token);
      this.#bytes -= pending.size;
      pending.reject(error);
    }
  }

  #tick(): void {
    const now = Date.now();
    for (const pending of [...this.#underWay.values()]) {
      if (this.#isGivenUp(pending, now)) {
        for (const name of pending.owing) this.#silent.add(name);
        this.#finish(pending, false);
      }
    }
  }

  #isGivenUp({ question, owing, texts, sentAt, heardAt }: Pending, now: number): boolean {
    if (!question.from) {
      const { quietMs } = question;
      return now - heardAt > (texts.length === 0 ? Math.max(quietMs, firstMs) : quietMs);
    }
    return [...owing].every((name) => {
      const quiet = now - Math.max(sentAt, this.#heard.get(name) ?? 0);
      return (
        quiet > (this.#silent.has(name) ? Math.min(silentMs, question.quietMs) : question.quietMs)
      );
    });
  }
}
