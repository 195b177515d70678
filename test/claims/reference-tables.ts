/** The tables of docs/claims.md, as data. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One row: a field of ours and what it is called on the wire, for one type of claims. */
export interface Row {
  /** Type of claims on the wire. */
  type: string;
  /** Path in our words, such as `exports[].stream`. */
  ours: string;
  /** Paths on the wire that it writes, such as `exports[].subject`. */
  wire: string[];
  /** The other cells: absent means, enforced by, a change. */
  cells: string[];
}

const WHERE = /^([a-z_]+)(?: `([^`]*)` → `([^`]*)`)?$/;

/** Every row, once for each place where its table says that it counts. */
export function readTables(): Row[] {
  const text = readFileSync(join(__dirname, "..", "..", "docs", "claims.md"), "utf8");
  return text
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const title = section.slice(0, section.indexOf("\n"));
      const where = /^Where: (.*)$/m.exec(section)?.[1];
      if (where === undefined) throw new Error(`${title}: no line with "Where:"`);
      const places = where.split(/[;,] /).map((place) => {
        const match = WHERE.exec(place.replace("``", "` `").replace("``", "` `"));
        if (match === null) throw new Error(`${title}: cannot read ${place}`);
        const [, type = "", ours = "", wire = ""] = match;
        return { type, ours: ours.trim(), wire: wire.trim() };
      });
      const rows = [...section.matchAll(/^\| (`.*) \|$/gm)].map((match) =>
        (match[1] as string).split(" | ").map((cell) => cell.trim()),
      );
      return places.flatMap((place) =>
        rows.map(([ours = "", wire = "", ...cells]) => ({
          type: place.type,
          ours: place.ours + names(ours)[0],
          wire: names(wire).map((name) => place.wire + name),
          cells,
        })),
      );
    });
}

function names(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string);
}
