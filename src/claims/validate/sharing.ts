/** Exports and imports of an account. Rules: Go `exports.go`, `imports.go`. */

import { decodeToken } from "../token";
import { positiveDuration, publicKey, ruled, subject } from "./common";
import { error, type Issues, item, property, show } from "./issues";
import { findContained } from "./overlap";
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

const publishSubject: Check = ruled(
  (value) =>
    subjectProblem(value) ??
    (hasWildcards(value) ? "has wildcards; messages are sent to it" : undefined),
);

const activation: Check = (value, path, to) => {
  let type: unknown;
  try {
    type = decodeToken(value as string).nats["type"];
  } catch {
    // Says enough; the cause must not quote the token anyway.
  }
  if (type !== "activation") error(to, path, "is no valid activation token");
};

const EXPORT = object({
  stream: subject,
  service: subject,
  name: text(),
  ...INFO,
  tokenRequired: flag,
  accountTokenPosition: count(1, "positions count from 1"),
  responseType: oneOf(["singleton", "stream", "chunked"]),
  responseThreshold: positiveDuration,
  latency: object({ "sampling!": sampling, "results!": publishSubject }),
  advertise: flag,
  allowTrace: flag,
});

const IMPORT = object({
  stream: subject,
  service: subject,
  "account!": publicKey("account"),
  localSubject: subject,
  name: text(),
  token: activation,
  share: flag,
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

/** One import. */
export const importItem: Check = (value, path, to) => {
  IMPORT(value, path, to);
  if (!isObject(value)) return;
  const fields = value;
  checkOneSubject(fields, path, to);
  const [own, foreign] = isGiven(fields["stream"])
    ? (["share", "services"] as const)
    : (["allowTrace", "streams"] as const);
  if (isGiven(fields[own])) error(to, property(path, own), `is for ${foreign} only`);
  const local = goodSubject(fields["localSubject"]);
  const from = goodSubject(fields["stream"] ?? fields["service"]);
  if (local === undefined || from === undefined) return;
  const problem = localSubjectProblem(local, from);
  if (problem !== undefined) error(to, property(path, "localSubject"), `${show(local)} ${problem}`);
};

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

/** Services imported from one account must not overlap under their local subjects. */
export function checkImportOverlap(imports: unknown, to: Issues): void {
  const byAccount = new Map<string, (string | undefined)[]>();
  const list = listOf(imports);
  list.forEach((entry, i) => {
    const { service, account, localSubject } = objectOf(entry);
    const local = goodSubject(localSubject ?? service);
    if (service === undefined || local === undefined || typeof account !== "string") return;
    const subjects = byAccount.get(account) ?? [];
    subjects[i] = localPattern(local);
    byAccount.set(account, subjects);
  });
  for (const sparse of byAccount.values()) {
    const subjects = Array.from(sparse);
    for (const { inner, outer } of findContained(subjects)) {
      error(
        to,
        item("imports", inner),
        `${show(subjects[inner])} overlaps with imports[${outer}] (${show(subjects[outer])}) of the same account`,
      );
    }
  }
}
