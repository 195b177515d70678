/** What arrives together is done together. */
import { setTimeout as sleep } from "node:timers/promises";

/** Nothing more is waited for when nothing came for so long, where nothing is known of the pace. */
const leastQuietMs = 50;
const mostQuietMs = 5_000;
const limitMs = 60_000;
/** So many times as long as values usually take to follow each other. */
const patience = 4;
/** Of how many the pace is known. */
const remembered = 16;

/**
 * How fast values follow each other. Pulumi starts deletions one by one, and writes the whole state before and after each:
 * a fifth of a second for a large one (measured). Were one pushed before the next arrives, each would be a push of its own.
 */
export class Pace {
  #gaps: number[] = [];
  #last: number | undefined;
  /** How many writes lie between the last event and the next value. */
  #writes = 1;
  /** How many came together last time. */
  #expected = 0;

  /** Notes that a value arrived. */
  arrived(): void {
    const now = performance.now();
    const gap = this.#last === undefined ? undefined : (now - this.#last) / this.#writes;
    // A longer one is a pause, in which something else was done.
    if (gap !== undefined && gap <= mostQuietMs / patience) {
      this.#gaps = [...this.#gaps, gap].slice(-remembered);
    }
    this.#last = now;
    this.#writes = 1;
  }

  /** Notes that so many values are done: each is written down before the next value comes. */
  done(values: number): void {
    this.#last = performance.now();
    this.#writes = values + 1;
    this.#expected = values;
  }

  /**
   * How long nothing must come before nothing more is waited for. Pulumi starts as many as it did before, so when fewer
   * came it is more likely that the machine is busy.
   */
  quietMs(values: number): number {
    const enough = Math.max(leastQuietMs, patience * Math.max(0, ...this.#gaps));
    return values < this.#expected ? Math.min(mostQuietMs, 2 * enough) : enough;
  }
}

/** Collects values until none has come for a while and the work's turn has come, and does the work once for all. */
export class Collector<Value, Result> {
  #values: Value[] = [];
  #lastAt = performance.now();
  readonly #pace: Pace;
  readonly #done: Promise<Result>;

  /** `work` calls `take` when its turn comes, and gets what was collected until then; `closed` says that no more is taken. */
  constructor(pace: Pace, work: (take: () => Value[]) => Promise<Result>, closed: () => void) {
    this.#pace = pace;
    this.#done = this.#collected()
      .then(() =>
        work(() => {
          closed();
          return this.#values;
        }),
      )
      .finally(() => pace.done(this.#values.length));
  }

  add(value: Value): Promise<Result> {
    this.#values.push(value);
    this.#lastAt = performance.now();
    this.#pace.arrived();
    return this.#done;
  }

  async #collected(): Promise<void> {
    const start = performance.now();
    for (;;) {
      const end = Math.min(this.#lastAt + this.#pace.quietMs(this.#values.length), start + limitMs);
      const rest = end - performance.now();
      if (rest <= 0) return;
      await sleep(rest);
    }
  }
}
