/** What arrives together is done together. */
import { setTimeout as sleep } from "node:timers/promises";

/** Nothing more is waited for when nothing came for so long. */
const quietMs = 50;
const limitMs = 500;

/** Collects values until none has come for a moment and the work's turn has come, and does the work once for all. */
export class Collector<Value, Result> {
  #values: Value[] = [];
  #lastAt = Date.now();
  readonly #done: Promise<Result>;

  /** `work` calls `take` when its turn comes, and gets what was collected until then; `closed` says that no more is taken. */
  constructor(work: (take: () => Value[]) => Promise<Result>, closed: () => void) {
    this.#done = this.#collected().then(() =>
      work(() => {
        closed();
        return this.#values;
      }),
    );
  }

  add(value: Value): Promise<Result> {
    this.#values.push(value);
    this.#lastAt = Date.now();
    return this.#done;
  }

  async #collected(): Promise<void> {
    const start = Date.now();
    for (;;) {
      const rest = Math.min(this.#lastAt + quietMs, start + limitMs) - Date.now();
      if (rest <= 0) return;
      await sleep(rest);
    }
  }
}
