import type { Issue } from "../types";
import { COMMON, checkTimes, collect, permissions, publicKey, warnOfLockOut } from "./common";
import { error, type Issues, item, kindOf, property, warning } from "./issues";
import {
  type Check,
  count,
  flag,
  isObject,
  list,
  listOf,
  object,
  objectOf,
  type Properties,
  size,
} from "./shape";
import { checkExportOverlap, checkImportOverlap, exportItem, INFO, importItem } from "./sharing";
import { hasWildcards } from "./subject";

const storage: Check = (value, path, to) => {
  if (value !== "unlimited") size(value, path, to);
};

// Servers take 0 for "no limit", so it cannot be said.
const positiveCount = count(1, "servers take 0 for no limit; leave it out for that");

const positiveSize: Check = (value, path, to) => {
  size(value, path, to);
  if (isZero(value))
    error(to, path, "must not be 0: servers take it for no limit; leave it out for that");
};

const JETSTREAM: Properties = {
  memoryStorage: storage,
  diskStorage: storage,
  streams: positiveCount,
  consumers: positiveCount,
  maxAckPending: positiveCount,
  memoryMaxStreamBytes: positiveSize,
  diskMaxStreamBytes: positiveSize,
  maxBytesRequired: flag,
};

const revocations: Check = (value, path, to) => {
  if (!isObject(value)) return error(to, path, `must be an object, not ${kindOf(value)}`);
  for (const [key, time] of Object.entries(value))
    checkRevocation(key, time, property(path, key), to);
};

const userKey = publicKey("user");
const second = count(0, "it is a unix second");
/** In the year 5138; milliseconds of today are beyond it. */
const FAR_SECOND = 100_000_000_000;

function checkRevocation(key: string, time: unknown, path: string, to: Issues): void {
  if (key !== "*") userKey(key, path, to);
  second(time, path, to);
  if (typeof time === "number" && time > FAR_SECOND) {
    error(to, path, "is too late: give seconds, not milliseconds");
  }
}

const SHAPE = object({
  ...COMMON,
  ...INFO,
  limits: object({
    connections: count(),
    leafNodes: count(),
    subscriptions: count(),
    payload: size,
    imports: count(),
    exports: count(),
    wildcardExports: flag,
    disallowBearer: flag,
  }),
  jetstream: object(JETSTREAM),
  exports: list(exportItem),
  imports: list(importItem),
  signingKeys: list(publicKey("account")),
  defaultPermissions: permissions,
  revocations,
});

/** All that is wrong with an account's claims; never throws. Rules: Go `account_claims.go:Validate`, what servers add to it, and the shape of `AccountClaims`. */
export function validateAccount(input: unknown): Issue[] {
  return collect(input, (value, to) => SHAPE(value, "", to), rules);
}

function rules(input: unknown, to: Issues): void {
  const claims = objectOf(input);
  checkTimes(claims, to);
  warnOfLockOut(claims["limits"], to);
  checkJetStream(claims["jetstream"], to);
  checkExportOverlap(claims["exports"], to);
  checkImportOverlap(claims["imports"], to);
  checkCounts(claims, to);
}

function checkJetStream(jetstream: unknown, to: Issues): void {
  if (!isObject(jetstream)) return;
  const { memoryStorage, diskStorage } = jetstream;
  const isOff = (value: unknown): boolean => value === undefined || isZero(value);
  if (isOff(memoryStorage) && isOff(diskStorage)) {
    error(
      to,
      "jetstream",
      "has no storage, so JetStream would be off: name diskStorage or memoryStorage, or leave jetstream out",
    );
  }
}

function isZero(value: unknown): boolean {
  return value === 0 || (typeof value === "string" && /^0+[A-Za-z]+$/.test(value));
}

function checkCounts(claims: Record<string, unknown>, to: Issues): void {
  const limits = objectOf(claims["limits"]);
  for (const name of ["imports", "exports"]) {
    const length = listOf(claims[name]).length;
    const most = limits[name];
    if (typeof most === "number" && most >= 0 && length > most) {
      error(to, name, `has ${length} entries; limits.${name} allows ${most}`);
    }
  }
  const { exports, wildcardExports } = limits;
  if (wildcardExports !== false) return;
  if (exports === undefined) {
    warning(to, "limits.wildcardExports", "has no effect unless limits.exports is set");
    return;
  }
  listOf(claims["exports"]).forEach((entry, i) => {
    for (const type of ["stream", "service"]) {
      const subject = objectOf(entry)[type];
      if (typeof subject === "string" && hasWildcards(subject)) {
        const path = property(item("exports", i), type);
        error(to, path, "has wildcards, which limits.wildcardExports forbids");
      }
    }
  });
}
