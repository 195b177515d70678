/** JetStream of an account. Rules: Go `account_claims.go:OperatorLimits.Validate`, server `jetstream.go:tierName`. */

import { error, type Issues, property, warning } from "./issues";
import {
  type Check,
  count,
  flag,
  isObject,
  object,
  objectOf,
  type Properties,
  size,
} from "./shape";

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

const TIER: Properties = {
  memoryStorage: storage,
  diskStorage: storage,
  streams: positiveCount,
  consumers: positiveCount,
  maxAckPending: positiveCount,
  memoryMaxStreamBytes: positiveSize,
  diskMaxStreamBytes: positiveSize,
  maxBytesRequired: flag,
};

const TIER_SHAPE = object(TIER);

const tiers: Check = (value, path, to) => {
  if (!isObject(value)) return object({})(value, path, to);
  for (const [name, tier] of Object.entries(value)) {
    const at = property(path, name);
    if (!/^R[1-9]\d*$/.test(name)) {
      error(to, at, "is no tier: R and a number of replicas, such as R1 or R3");
    }
    TIER_SHAPE(tier, at, to);
  }
};

/** The shape of `jetstream`. */
export const jetstream: Check = object({ ...TIER, tiers });

/** Its rules over several properties. */
export function checkJetStream(value: unknown, to: Issues): void {
  if (!isObject(value)) return;
  const { tiers: byReplicas, ...flat } = value;
  if (byReplicas === undefined) {
    checkStorage(flat, "jetstream", "jetstream", to);
    return;
  }
  const given = Object.keys(flat).filter((name) => flat[name] !== undefined);
  if (given.length > 0) {
    error(
      to,
      "jetstream.tiers",
      `cannot be together with ${given.join(", ")}: limits are either for all streams or by tiers`,
    );
  }
  const all = Object.entries(objectOf(byReplicas));
  if (isObject(byReplicas) && all.length === 0) {
    error(
      to,
      "jetstream.tiers",
      "is empty, so JetStream would be off: leave jetstream out for that",
    );
  }
  for (const [name, tier] of all) {
    checkStorage(tier, property("jetstream.tiers", name), "the tier", to);
  }
}

function checkStorage(limits: unknown, path: string, what: string, to: Issues): void {
  if (!isObject(limits)) return;
  const { memoryStorage, diskStorage, memoryMaxStreamBytes, diskMaxStreamBytes } = limits;
  const isOff = (value: unknown): boolean => value === undefined || isZero(value);
  if (isOff(memoryStorage) && isOff(diskStorage)) {
    error(
      to,
      path,
      `has no storage, so JetStream would be off: name diskStorage or memoryStorage, or leave ${what} out`,
    );
    return;
  }
  if (memoryMaxStreamBytes !== undefined && isOff(memoryStorage)) {
    warning(to, property(path, "memoryMaxStreamBytes"), "has no effect without memoryStorage");
  }
  if (diskMaxStreamBytes !== undefined && isOff(diskStorage)) {
    warning(to, property(path, "diskMaxStreamBytes"), "has no effect without diskStorage");
  }
}

function isZero(value: unknown): boolean {
  return value === 0 || (typeof value === "string" && /^0+[A-Za-z]+$/.test(value));
}
