/** Finding subjects that lie within others, without comparing each with each. */

/** A tree of subject tokens. Most nodes have one way on, so nothing is made before it is needed. */
interface Node {
  words?: Map<string, Node>;
  star?: Node;
  open?: Node;
  /** Positions of the subjects that end here. */
  ends?: number[];
}

/** One subject within another: positions in the list that was given. */
export interface Containment {
  readonly inner: number;
  readonly outer: number;
}

/**
 * For each subject one other that contains it (Go `Subject.IsContainedIn`). Of two equal subjects only the
 * later is reported. `undefined` entries are skipped.
 */
export function findContained(subjects: readonly (string | undefined)[]): Containment[] {
  const root: Node = {};
  const tokens = subjects.map((subject) => subject?.split("."));
  tokens.forEach((list, position) => {
    if (list !== undefined) insert(root, list, position);
  });
  const found: Containment[] = [];
  tokens.forEach((list, inner) => {
    if (list === undefined) return;
    // Of equal subjects the first stays.
    const fits = (outer: number): boolean => subjects[outer] !== subjects[inner] || outer < inner;
    const outer = findOuter(root, list, 0, fits);
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

function insert(root: Node, tokens: readonly string[], position: number): void {
  let node = root;
  for (const token of tokens) node = childOf(node, token);
  node.ends ??= [];
  node.ends.push(position);
}

function childOf(node: Node, token: string): Node {
  if (token === "*") {
    node.star ??= {};
    return node.star;
  }
  if (token === ">") {
    node.open ??= {};
    return node.open;
  }
  node.words ??= new Map();
  let next = node.words.get(token);
  if (next === undefined) {
    next = {};
    node.words.set(token, next);
  }
  return next;
}

/** Each node is passed once at most, for a tree has one way to each. */
function findOuter(
  node: Node,
  tokens: readonly string[],
  depth: number,
  fits: (position: number) => boolean,
): number | undefined {
  const token = tokens[depth];
  if (token === undefined) return node.ends?.find(fits);
  const open = node.open?.ends?.find(fits);
  if (open !== undefined) return open;
  // Also for a last >: Go takes "a.>" to lie within "a.*", and servers refuse what Go finds.
  const word = token === "*" ? undefined : node.words?.get(token);
  return (
    (word && findOuter(word, tokens, depth + 1, fits)) ??
    (node.star && findOuter(node.star, tokens, depth + 1, fits))
  );
}
