/** Work on one account happens one after the other within a process; work on different accounts does not wait. */

const tails = new Map<string, Promise<unknown>>();

/** Runs `work` after everything that was queued under `key` before. */
export function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = tails.get(key) ?? Promise.resolve();
  const run = before.then(work, work);
  const tail = run.catch(() => undefined); // its own caller hears of a failure; the next in line must not
  tails.set(key, tail);
  tail.then(() => {
    if (tails.get(key) === tail) tails.delete(key);
  });
  return run;
}
