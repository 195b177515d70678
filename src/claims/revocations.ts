/** Revocation lists: a public key (or `*`) to the unix second up to which its tokens are refused. */

/** The union of the lists; per key the later time. Lists only grow: what one server has revoked stays revoked. */
export function mergeRevocations(
  ...lists: (Readonly<Record<string, number>> | undefined)[]
): Record<string, number> {
  const merged = new Map<string, number>();
  for (const list of lists) {
    for (const [key, time] of Object.entries(list ?? {})) {
      merged.set(key, Math.max(time, merged.get(key) ?? time));
    }
  }
  return Object.fromEntries(merged);
}

/**
 * The list without what says nothing: entries that `*` covers, and, where no token lives longer than that, those of
 * tokens that expired since. `before` is the unix second before which nothing was issued that is still valid.
 */
export function compactRevocations(
  revocations: Readonly<Record<string, number>>,
  before = 0,
): Record<string, number> {
  const everybody = revocations["*"] ?? -1;
  const kept = Object.entries(revocations).filter(
    ([key, time]) => time >= before && (key === "*" || time > everybody),
  );
  return Object.fromEntries(kept);
}
