/** Imports that go round in a circle, by the server's own notion (`accounts.go:checkServiceImportsForCycles`, `checkStreamImportsForCycles`). */

import type { AccountClaims, Import } from "../types";
import { exportsOf } from "./import-problems";
import { collide, hasWildcardToken, isSubset, withoutReferences } from "./relations";

/** An import that a server refuses, in silence, once the others are in force. */
export interface ImportCycle {
  /** Public key of the importing account. */
  account: string;
  /** Position among its imports. */
  index: number;
  /** Public keys of the accounts that it goes through, from the exporter on. */
  through: string[];
}

type Accounts = ReadonlyMap<string, Pick<AccountClaims, "imports" | "exports">>;

/** An import as servers keep it. */
interface Link {
  readonly index: number;
  readonly exporter: string;
  /** On the exporter's side. */
  readonly far: string;
  /** On the importer's side. */
  readonly near: string;
}

/**
 * The imports among these accounts that servers refuse with "import forms a cycle" when they come to them last. Servers
 * check one import at a time against those that are in force by then, so what they drop, and whether they drop anything
 * at all, depends on the order in which they load the accounts: each server on its own, and anew after each restart.
 *
 * What counts as a circle is what servers take for one. Services: the subject that the importer uses collides with
 * what the exporter itself imports, and so on, until an account comes twice. Streams: the exporter exports, and
 * itself imports, what the importer gets, and so on. Two accounts that import different things from each other are none.
 */
export function importCycles(accounts: Accounts): ImportCycle[] {
  const services = linksOf(accounts, "service");
  const streams = linksOf(accounts, "stream");
  const cycles: ImportCycle[] = [];
  for (const [account, links] of services) {
    for (const { index, exporter, near, far } of links) {
      const from = hasWildcardToken(far) ? withoutReferences(near) : near;
      const through = circle(services, exporter, from, account, serviceStep);
      if (through !== undefined) cycles.push({ account, index, through });
    }
  }
  const exporting = (name: string, subject: string): boolean =>
    (accounts.get(name)?.exports ?? []).some(
      ({ stream }) => stream !== undefined && isSubset(subject, stream),
    );
  for (const [account, links] of streams) {
    for (const { index, exporter, near, far } of links) {
      const through =
        circle(streams, exporter, near, account, streamStep, exporting) ??
        circle(streams, exporter, far, account, streamStep, exporting);
      if (through !== undefined) cycles.push({ account, index, through });
    }
  }
  return cycles;
}

/** Imports that are exported, by importing account: the others are not in force, and close no circle. */
function linksOf(accounts: Accounts, type: "service" | "stream"): Map<string, Link[]> {
  const all = new Map<string, Link[]>();
  for (const [account, { imports }] of accounts) {
    const links = (imports ?? []).flatMap((item: Import, index): Link[] => {
      const far = item[type];
      const exporter = accounts.get(item.account);
      if (typeof far !== "string" || exporter === undefined) return [];
      if (exportsOf(item, exporter.exports).length === 0) return [];
      return [{ index, exporter: item.account, far, near: item.localSubject ?? far }];
    });
    if (links.length > 0) all.set(account, links);
  }
  return all;
}

/** Follows a subject through an account's own import; `undefined` when it does not go there. */
type Step = (subject: string, link: Link) => string | undefined;

const serviceStep: Step = (subject, { far, near }) => {
  if (!collide(subject, far)) return undefined;
  const own = hasWildcardToken(far) ? withoutReferences(near) : near;
  return isSubset(own, subject) ? own : subject;
};

const streamStep: Step = (subject, { far, near }) => {
  const own = hasWildcardToken(far) ? withoutReferences(near) : near;
  if (!collide(subject, own)) return undefined;
  return isSubset(own, subject) ? own : subject;
};

/** The accounts on the way from `start` until one comes twice; `undefined` when none does. */
function circle(
  links: ReadonlyMap<string, Link[]>,
  start: string,
  subject: string,
  origin: string,
  step: Step,
  goesOn: (account: string, subject: string) => boolean = () => true,
): string[] | undefined {
  // As in the server an account stays visited once it was gone through, also when that led nowhere.
  const visited = new Set([origin]);
  const walk = (account: string, at: string, way: string[]): string[] | undefined => {
    if (!goesOn(account, at)) return undefined;
    for (const link of links.get(account) ?? []) {
      const next = step(at, link);
      if (next === undefined) continue;
      if (visited.has(link.exporter)) return [...way, link.exporter];
      visited.add(account);
      const found = walk(link.exporter, next, [...way, link.exporter]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(start, subject, [start]);
}
