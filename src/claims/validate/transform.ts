/** What servers accept as the target of a mapping (server `subject_transform.go`, `sublist.go:ValidateMapping`). */

const FUNCTION = /^\{\{(.{1,})\}\}$/;
const CALL = /^\{\{\s*([A-Za-z]+)\s*\((.*)\)\s*\}\}$/;

/** Functions by their name in lower case: how many arguments they take, and which of them number a `*` of the source. */
const FUNCTIONS: Readonly<
  Record<string, "wildcard" | "partition" | "index and number" | "split" | "number">
> = {
  wildcard: "wildcard",
  partition: "partition",
  splitfromleft: "index and number",
  splitfromright: "index and number",
  slicefromleft: "index and number",
  slicefromright: "index and number",
  left: "index and number",
  right: "index and number",
  split: "split",
  random: "number",
};

/** Letters that may be of either case in a function's name: Go spells each name with one or two such. */
const SPELLING: Readonly<Record<string, RegExp>> = {
  wildcard: /^[wW]ildcard$/,
  partition: /^[pP]artition$/,
  splitfromleft: /^[sS]plit[fF]rom[lL]eft$/,
  splitfromright: /^[sS]plit[fF]rom[rR]ight$/,
  slicefromleft: /^[sS]lice[fF]rom[lL]eft$/,
  slicefromright: /^[sS]lice[fF]rom[rR]ight$/,
  left: /^[lL]eft$/,
  right: /^[rR]ight$/,
  split: /^[sS]plit$/,
  random: /^[rR]andom$/,
};

const MOST = 2 ** 31 - 1;

/** What is wrong with `to` as the target of messages to `from`, as a phrase. Both are valid subjects. */
export function transformProblem(from: string, to: string): string | undefined {
  const source = from.split(".");
  const tokens = to.split(".");
  const stars = source.filter((token) => token === "*").length;
  if (tokens.includes("*")) {
    return "has a * of its own; write $1 or {{wildcard(1)}} for what the first * of the mapping matched";
  }
  const isOpen = (list: string[]): boolean => list[list.length - 1] === ">";
  if (isOpen(source) !== isOpen(tokens)) return "must end in > exactly when the mapping does";
  for (const token of tokens) {
    const problem = tokenProblem(token, stars, stars > 0 || isOpen(source));
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function tokenProblem(token: string, stars: number, hasWildcards: boolean): string | undefined {
  if (/^\$[+-]?\d+$/.test(token)) return indexProblem(token.slice(1), token, stars);
  const inner = FUNCTION.exec(token)?.[1];
  if (inner === undefined) return undefined;
  const [, name = "", list = ""] = CALL.exec(token) ?? [];
  const kind = FUNCTIONS[name.toLowerCase()];
  if (kind === undefined || !SPELLING[name.toLowerCase()]?.test(name)) {
    return `has ${token}, which servers do not know; they know wildcard, partition, split, left, right, random, splitFromLeft, splitFromRight, sliceFromLeft, sliceFromRight`;
  }
  const args = list.split(/,\s*/);
  const number = (index: number): string | undefined =>
    /^[+-]?\d{1,15}$/.test((args[index] ?? "").trim())
      ? undefined
      : `has ${token} with a wrong argument`;
  const count = (least: number, most: number): string | undefined =>
    list === "" || args.length < least || args.length > most
      ? `has ${token} with a wrong number of arguments`
      : undefined;
  switch (kind) {
    case "wildcard":
      return count(1, 1) ?? number(0) ?? indexProblem(args[0] as string, token, stars);
    case "number":
      return count(1, 1) ?? number(0) ?? sizeProblem(args[0] as string, token);
    case "partition": {
      const problem =
        count(1, Number.POSITIVE_INFINITY) ?? number(0) ?? sizeProblem(args[0] as string, token);
      if (problem !== undefined) return problem;
      // Without wildcards the whole subject is hashed, and positions are not looked at.
      const positions = hasWildcards ? args.slice(1) : [];
      for (const [i, position] of positions.entries()) {
        const wrong = number(i + 1) ?? indexProblem(position, token, stars);
        if (wrong !== undefined) return wrong;
      }
      return args
        .slice(1)
        .map((_, i) => number(i + 1))
        .find((problem) => problem !== undefined);
    }
    case "index and number":
      return (
        count(2, 2) ??
        number(0) ??
        number(1) ??
        indexProblem(args[0] as string, token, stars) ??
        (Math.abs(Number(args[1])) > MOST ? `has ${token} with a wrong argument` : undefined)
      );
    case "split":
      return (
        count(2, 2) ??
        number(0) ??
        indexProblem(args[0] as string, token, stars) ??
        (/[ .]/.test(args[1] as string) ? `has ${token} with a wrong argument` : undefined)
      );
  }
}

/** Positions count from 1. Servers let 0 and less pass, and then use the wrong token. */
function indexProblem(text: string, token: string, stars: number): string | undefined {
  const index = Number(text.trim());
  if (index >= 1 && index <= stars) return undefined;
  return `refers to ${token}, but the mapping has ${stars} * in it`;
}

/** Partitions and random numbers: servers divide by them. */
function sizeProblem(text: string, token: string): string | undefined {
  const size = Number(text.trim());
  return size >= 1 && size <= MOST
    ? undefined
    : `has ${token} with a wrong number: at least 1 is needed`;
}
