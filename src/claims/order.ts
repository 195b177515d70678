/** Orders that make tokens canonical. */

/** Compares texts by their UTF-8 bytes, as Go sorts; JavaScript's own order differs beyond U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  if (/[\ud800-\udfff]/.test(a) || /[\ud800-\udfff]/.test(b)) {
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  return a < b ? -1 : 1;
}

/** The texts sorted and without doubles. */
export function sortedSet(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compareText);
}
