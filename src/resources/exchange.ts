/**
 * What accounts of one program offer to and use of each other. A preview sees one resource at a time; so that it can say
 * that an import will not work, each account gets hints about its partners, which its check reads and drops.
 */
import type * as pulumi from "@pulumi/pulumi";
import type { Export } from "../claims/index";
import type { DeepInput } from "./handles";
import type { ListedInputs } from "./key-inputs";

/** What an account says about exchanging, as the program says it. */
export interface Declared {
  name: pulumi.Input<string>;
  publicKey: pulumi.Input<string>;
  exports: DeepInput<Export[]> | undefined;
  signingKeys: ListedInputs | undefined;
  imports: pulumi.Inputs[] | undefined;
  /** For each import what the program named: an account, or only its key. */
  partners: readonly (object | string)[];
}

type LookUp = (partner: object | string) => Declared | undefined;

/** Accounts by what a program can name them by: themselves, their key, or the key's public half. */
const accounts = new WeakMap<object, Declared>();

/** Accounts that import from one that was named by its key, because it is made later. */
const waiting = new WeakMap<object, Declared[]>();

/** Notes an account, for those that come later. */
export function noteAccount(account: object, key: unknown, declared: Declared): void {
  for (const name of [account, ...namesOf(key)]) accounts.set(name, declared);
  for (const partner of declared.partners) {
    // A public key as text is an account elsewhere.
    if (typeof partner === "string" || accounts.has(partner)) continue;
    waiting.set(partner, [...(waiting.get(partner) ?? []), declared]);
  }
}

function namesOf(key: unknown): object[] {
  const half = (key as { publicKey?: unknown } | null)?.publicKey;
  return [key, half].filter((name): name is object => typeof name === "object" && name !== null);
}

/** What an import's check must know of the account that exports. */
export function exporterHint(partner: object | string | undefined): pulumi.Inputs | undefined {
  const exporter = typeof partner === "object" ? accounts.get(partner) : undefined;
  if (exporter === undefined) return undefined;
  const { name, exports, signingKeys } = exporter;
  return { name, exports: exports ?? [], signingKeys };
}

/** Imports of earlier accounts from this one, and the circle that they may close. */
export function importerHints(declared: Declared, key: unknown): pulumi.Inputs | undefined {
  const names = namesOf(key);
  const importers = [...new Set(names.flatMap((name) => waiting.get(name) ?? []))];
  if (importers.length === 0) return undefined;
  const lookUp: LookUp = (partner) => {
    if (typeof partner === "string") return undefined;
    return names.includes(partner) ? declared : accounts.get(partner);
  };
  return {
    importers: importers.map(({ name, publicKey, imports, partners }) => ({
      name,
      publicKey,
      imports: imports?.filter((_, index) => names.includes(partners[index] as object)),
    })),
    circle: circleOf(declared, lookUp),
  };
}

/** All accounts that this one imports from, directly or not, when it is among them itself. They are named by position: keys may not be known yet. */
function circleOf(start: Declared, lookUp: LookUp): pulumi.Inputs[] | undefined {
  const found: Declared[] = [start];
  const placeOf = new Map([[start, 0]]);
  let closed = false;
  for (const account of found) {
    for (const partner of account.partners) {
      const exporter = lookUp(partner);
      if (exporter === start) closed = true;
      if (exporter === undefined || placeOf.has(exporter)) continue;
      placeOf.set(exporter, found.length);
      found.push(exporter);
    }
  }
  if (!closed) return undefined;
  return found.map(({ name, exports, imports, partners }) => ({
    name,
    exports: exports ?? [],
    imports: imports?.map(({ token: _token, ...entry }, index) => {
      const exporter = lookUp(partners[index] as object | string);
      const place = exporter === undefined ? undefined : placeOf.get(exporter);
      return { ...entry, account: place === undefined ? "" : String(place) };
    }),
  }));
}
