/** Finding subjects that lie within others, without comparing each with each. */

/** A tree of subject tokens. */
interface Node {
  readonly next: Map<string, Node>;
  /** Positions of the subjects that end here. */
  readonly ends: number[];
}

/** One subject within another: positions in the list that was given. */
export interface Containment {
  readonly inner: number;
  readonly outer: number;
}

/**
 * For each subject the first other one that contains it (Go `Subject.IsContainedIn`). Of two equal subjects only the
 * later is reported. `undefined` entries are skipped.
 */
export function findContained(subjects: readonly (string | undefined)[]): Containment[] {
  const root = newNode();
  subjects.forEach((subject, i) => {
    if (subject !== undefined) insert(root, subject.split("."), i);
  });
  const found: Containment[] = [];
  subjects.forEach((subject, inner) => {
    if (subject === undefined) return;
    const outer = findOuter(root, subject.split("."), inner, subjects);
    if (outer !== undefined) found.push({ inner, outer });
  });
  return found;
}

/** Whether one subject lies within another (Go `Subject.IsContainedIn`). */
export function isContained(inner: string, outer: string): boolean {
  const mine = inner.split(".");
  const other = outer.split(".");
  const last = other.length - 1;
  if (mine.length < other.length) return false;
  if (mine.length > other.length && other[last] !== ">") return false;
  return other.every(
    (token, i) => (i === last && token === ">") || token === "*" || token === mine[i],
  );
}

function newNode(): Node {
  return { next: new Map(), ends: [] };
}

function insert(root: Node, tokens: readonly string[], position: number): void {
  let node = root;
  for (const token of tokens) {
    let next = node.next.get(token);
    if (next === undefined) {
      next = newNode();
      node.next.set(token, next);
    }
    node = next;
  }
  node.ends.push(position);
}

function findOuter(
  root: Node,
  tokens: readonly string[],
  inner: number,
  subjects: readonly (string | undefined)[],
): number | undefined {
  const fits = (outer: number): boolean => subjects[outer] !== subjects[inner] || outer < inner;
  let level: Node[] = [root];
  for (const token of tokens) {
    const below: Node[] = [];
    for (const node of level) {
      const open = node.next.get(">")?.ends.find(fits);
      if (open !== undefined) return open;
      for (const name of token === "*" ? ["*"] : [token, "*"]) {
        // Also for a last >: Go takes "a.>" to lie within "a.*", and servers refuse what Go finds.
        const next = node.next.get(name);
        if (next !== undefined) below.push(next);
      }
    }
    level = below;
  }
  for (const node of level) {
    const end = node.ends.find(fits);
    if (end !== undefined) return end;
  }
  return undefined;
}
