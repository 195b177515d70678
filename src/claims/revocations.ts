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
