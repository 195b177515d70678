import { compareText } from "../order";
import type { AccountClaims, MappingTarget } from "../types";
import { compact, compactOrNone, filled, integer, object, objects, text, type Wire } from "./read";

type Mappings = NonNullable<AccountClaims["mappings"]>;

/** All messages; Go leaves the weight out then. */
const ALL = 100;

/** Mappings, the targets of each in one order: another must not mean another token. */
export function mappingsToWire(mappings: Mappings | undefined): Wire | undefined {
  const entries = Object.entries(mappings ?? {})
    .filter(([, targets]) => targets.length > 0)
    .map(([subject, targets]) => [subject, sorted(targets.map(targetToWire))]);
  return compactOrNone(Object.fromEntries(entries));
}

/** The inverse; a target that is only a subject reads as one. */
export function mappingsFromWire(value: unknown): Mappings | undefined {
  const entries = Object.entries(object(value)).map(([subject, targets]) => [
    subject,
    filled(sorted(objects(targets)).map(targetFromWire)),
  ]);
  return compactOrNone(Object.fromEntries(entries));
}

function targetToWire(target: string | MappingTarget): Wire {
  if (typeof target === "string") return { subject: target };
  return compact({
    subject: target.subject,
    weight: target.weight === ALL ? undefined : target.weight,
    cluster: target.cluster || undefined,
  });
}

function targetFromWire(wire: Wire): string | MappingTarget {
  const subject = text(wire["subject"]) ?? "";
  const weight = integer(wire["weight"]);
  const target: MappingTarget = compact({
    subject,
    weight: weight === 0 || weight === ALL ? undefined : weight,
    cluster: text(wire["cluster"]),
  });
  return Object.keys(target).length === 1 ? subject : target;
}

function sorted(targets: Wire[]): Wire[] {
  const key = (wire: Wire, name: string): string => text(wire[name]) ?? "";
  return targets.sort(
    (a, b) =>
      compareText(key(a, "cluster"), key(b, "cluster")) ||
      compareText(key(a, "subject"), key(b, "subject")),
  );
}
