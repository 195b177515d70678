/** Looking for secrets where none may be. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

// By its edges and length: one public key in forty has such letters in its middle.
const seedLike = /(?<![A-Z2-7])S[OAUXNC][A-Z2-7]{56}(?![A-Z2-7])/g;
const tokenLike = /eyJ[\w-]+\.[\w-]+\.[\w-]+/g;
const pieceLength = 20;

/** An expression of a program for a seed, so that the program's own text does not hold it. */
export function spelledBackwards(text: string): string {
  return `[...${JSON.stringify([...text].reverse().join(""))}].reverse().join("")`;
}

/** All files below a folder. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

/** Secrets that are known, and the search for them and for everything that looks like one. */
export class Secrets {
  readonly #seeds = new Set<string>();
  readonly #userTokens = new Set<string>();
  readonly #others = new Map<string, string>();

  /** Adds every seed and user JWT in a text. */
  learn(text: string): void {
    for (const [seed] of text.matchAll(seedLike)) this.#seeds.add(seed);
    for (const [token] of text.matchAll(tokenLike)) {
      const body = Buffer.from(token.split(".")[1] as string, "base64url").toString();
      if (body.includes('"type":"user"')) this.#userTokens.add(token);
    }
  }

  /** Adds a secret of another form: what it is, and its text. */
  hold(what: string, text: string): void {
    this.#others.set(text, what);
  }

  get known(): { seeds: number; userTokens: number } {
    return { seeds: this.#seeds.size, userTokens: this.#userTokens.size };
  }

  /** What of them can be read in a text, in words that do not repeat it. */
  foundIn(text: string): string[] {
    const found: string[] = [];
    if (text.search(seedLike) >= 0) found.push("something like a seed");
    if (/BEGIN (NATS USER JWT|USER NKEY SEED)/.test(text)) found.push("creds");
    for (const seed of this.#seeds) {
      if (pieces(seed.slice(2)).some((piece) => text.includes(piece)))
        found.push(`a ${seed.slice(0, 2)} seed or a piece of it`);
    }
    for (const [other, what] of this.#others) {
      if (pieces(other).some((piece) => text.includes(piece)))
        found.push(`${what} or a piece of it`);
    }
    for (const token of this.#userTokens) {
      // The first part is the same in all JWTs.
      const [, payload = "", signature = ""] = token.split(".");
      if (text.includes(payload)) found.push("the payload of a user JWT");
      if (text.includes(signature)) found.push("the signature of a user JWT");
    }
    return found;
  }
}

function pieces(text: string): string[] {
  const starts = Array.from({ length: text.length - pieceLength + 1 }, (_, start) => start);
  return starts.map((start) => text.slice(start, start + pieceLength));
}

/** What can be read in files, by the path of the file. */
export function foundInFiles(secrets: Secrets, paths: string[]): string[] {
  return paths.flatMap((path) =>
    secrets.foundIn(readFileSync(path, "latin1")).map((what) => `${path}: ${what}`),
  );
}
