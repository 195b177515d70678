/** Exports and imports of an account. Rules: Go `exports.go`, `imports.go`. */

import { activationToken, checkActivation } from "./activation-token";
import { positiveDuration, publicKey, remembering, ruled, subject } from "./common";
import { error, type Issues, item, property, show, warning } from "./issues";
import { findContained, isContained } from "./overlap";
import { revocations } from "./revocations";
import { type Check, count, flag, isObject, listOf, object, objectOf, oneOf, text } from "./shape";
import { hasWildcards, localPattern, localSubjectProblem, subjectProblem } from "./subject";
import { descriptionProblem, infoUrlProblem } from "./text";

/** Description and address, which accounts and exports have. */
export const INFO = {
  description: text(descriptionProblem),
  infoUrl: ruled(infoUrlProblem),
};

const sampling: Check = (value, path, to) => {
  if (value === "headers") return;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 1 || value > 100) {
    error(to, path, 'must be a whole number from 1 to 100 (percent), or "headers"');
  }
};

/** A subject that messages are sent to. */
export const publishSubject: Check = ruled(
  (value) =>
    subjectProblem(value) ??
    (hasWildcards(value) ? "has wildcards; messages are sent to it" : undefined),
);

const EXPORT = object({
  stream: subject,
  service: subject,
  name: text(),
  ...INFO,
  tokenRequired: flag,
  revocations: revocations("account"),
  accountTokenPosition: count(1, "positions count from 1"),
  responseType: oneOf(["singleton", "stream", "chunked"]),
  responseThreshold: positiveDuration,
  latency: object({ "sampling!": sampling, "results!": publishSubject }),
  advertise: flag,
  allowTrace: flag,
});

/** One export. */
export const exportItem: Check = (value, path, to) => {
  EXPORT(value, path, to);
  if (!isObject(value)) return;
  const fields = value;
  checkOneSubject(fields, path, to);
  if (isGiven(fields["stream"]) && !isGiven(fields["service"])) {
    for (const name of ["responseType", "responseThreshold", "latency", "allowTrace"]) {
      if (isGiven(fields[name])) error(to, property(path, name), "is for services only");
    }
  }
  checkTokenPosition(fields, path, to);
};

/** The imports of the account of this public key, where that is known. */
export function importItem(importer?: string): Check {
  const shape = object({
    stream: subject,
    service: subject,
    "account!": remembering(publicKey("account")),
    localSubject: subject,
    name: text(),
    token: activationToken,
    share: flag,
    allowTrace: flag,
  });
  return (value, path, to) => {
    shape(value, path, to);
    if (isObject(value)) checkImport(value, importer, path, to);
  };
}

function checkImport(
  fields: Record<string, unknown>,
  importer: string | undefined,
  path: string,
  to: Issues,
): void {
  checkOneSubject(fields, path, to);
  const [own, foreign] = isGiven(fields["stream"])
    ? (["share", "services"] as const)
    : (["allowTrace", "streams"] as const);
  if (isGiven(fields[own])) error(to, property(path, own), `is for ${foreign} only`);
  checkActivation(fields, importer, path, to);
  const local = goodSubject(fields["localSubject"]);
  const from = goodSubject(fields["stream"] ?? fields["service"]);
  if (local === undefined || from === undefined) return;
  const problem = localSubjectProblem(local, from);
  if (problem !== undefined) error(to, property(path, "localSubject"), `${show(local)} ${problem}`);
}

/** `false` says nothing that the default does not. */
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false;
}

function goodSubject(value: unknown): string | undefined {
  return typeof value === "string" && subjectProblem(value) === undefined ? value : undefined;
}

function checkOneSubject(fields: Record<string, unknown>, path: string, to: Issues): void {
  if (isGiven(fields["stream"]) === isGiven(fields["service"])) {
    error(to, path, "needs exactly one of stream and service");
  }
}

function checkTokenPosition(fields: Record<string, unknown>, path: string, to: Issues): void {
  const position = fields["accountTokenPosition"];
  if (position !== undefined && fields["tokenRequired"] === true) {
    warning(
      to,
      property(path, "tokenRequired"),
      "has no effect with accountTokenPosition: servers look at the subject only",
    );
  }
  const name = goodSubject(fields["stream"] ?? fields["service"]);
  if (typeof position !== "number" || !(position >= 1) || name === undefined) return;
  if (name.split(".")[position - 1] !== "*") {
    error(
      to,
      property(path, "accountTokenPosition"),
      `must be the position of a * in ${show(name)}, counted from 1`,
    );
  }
}

/** Exports of one type must not lie within each other. */
export function checkExportOverlap(exports: unknown, to: Issues): void {
  for (const type of ["stream", "service"]) {
    const subjects = listOf(exports).map((entry) => goodSubject(objectOf(entry)[type]));
    for (const { inner, outer } of findContained(subjects)) {
      error(
        to,
        property(item("exports", inner), type),
        `${show(subjects[inner])} is covered by exports[${outer}] (${show(subjects[outer])}) already`,
      );
    }
  }
}

interface Imported {
  readonly index: number;
  /** The subject on the exporter's side. */
  readonly from: string;
  /** What it covers here. */
  readonly local: string;
}

/** The imports of one type by exporting account; malformed ones are left out. */
function importsByAccount(imports: unknown, type: "stream" | "service"): Imported[][] {
  const byAccount = new Map<string, Imported[]>();
  listOf(imports).forEach((entry, index) => {
    const fields = objectOf(entry);
    const from = goodSubject(fields[type]);
    const local = goodSubject(fields["localSubject"] ?? from);
    const { account } = fields;
    if (from === undefined || local === undefined || typeof account !== "string") return;
    const list = byAccount.get(account) ?? [];
    list.push({ index, from, local: localPattern(local) });
    byAccount.set(account, list);
  });
  return [...byAccount.values()];
}

/** Services imported from one account must not overlap under their local subjects. */
export function checkServiceImports(imports: unknown, to: Issues): void {
  for (const list of importsByAccount(imports, "service")) {
    for (const { inner, outer } of findContained(list.map(({ local }) => local))) {
      const [a, b] = [list[inner] as Imported, list[outer] as Imported];
      error(
        to,
        item("imports", a.index),
        `${show(a.local)} overlaps with imports[${b.index}] (${show(b.local)}) of the same account`,
      );
    }
  }
}

/** Go does not look at streams. Servers drop the second import of one subject in silence, and send a message that two imports bring to one subject twice. */
export function checkStreamImports(imports: unknown, to: Issues): void {
  for (const list of importsByAccount(imports, "stream")) {
    const first = new Map<string, Imported>();
    for (const entry of list) {
      const before = first.get(entry.from);
      if (before === undefined) first.set(entry.from, entry);
      else {
        error(
          to,
          property(item("imports", entry.index), "stream"),
          `${show(entry.from)} is imported from this account by imports[${before.index}] already, and servers would drop this one`,
        );
      }
    }
    for (const { inner, outer } of findContained(list.map(({ local }) => local))) {
      const [a, b] = [list[inner] as Imported, list[outer] as Imported];
      if (a.from === b.from || !(isContained(a.from, b.from) || isContained(b.from, a.from)))
        continue;
      warning(
        to,
        item("imports", a.index),
        `${show(a.local)} overlaps with imports[${b.index}] (${show(b.local)}) of the same account: subscribers would get such messages twice`,
      );
    }
  }
}
