import { parseSize } from "../size";
import type { JetStreamLimits, JetStreamTier, Size } from "../types";
import { NO_LIMIT, sizeToWire } from "./common";
import { compact, compactOrNone, flag, object, quantity, type Wire, withoutZeros } from "./read";

/** JetStream's part of an account's limits: flat, or by tiers. */
export function jetstreamToWire(jetstream: JetStreamLimits | undefined): Wire {
  if (jetstream === undefined) return {};
  const tiers = Object.entries(jetstream.tiers ?? {})
    .map(([name, tier]) => [name, tierToWire(tier)] as const)
    .filter(([, tier]) => Object.keys(tier).length > 0);
  return tiers.length > 0 ? { tiered_limits: Object.fromEntries(tiers) } : tierToWire(jetstream);
}

function tierToWire(limits: JetStreamTier): Wire {
  const storage = (size: Size | undefined): number =>
    size === "unlimited" ? NO_LIMIT : parseSize(size ?? 0);
  const memory = storage(limits.memoryStorage);
  const disk = storage(limits.diskStorage);
  // Without storage JetStream is off, and what else is said about it has no meaning.
  if (memory === 0 && disk === 0) return {};
  // Servers take 0 for no limit as well; nsc writes -1 (`editaccount.go`).
  return withoutZeros({
    mem_storage: memory,
    disk_storage: disk,
    streams: limits.streams ?? NO_LIMIT,
    consumer: limits.consumers ?? NO_LIMIT,
    max_ack_pending: limits.maxAckPending ?? NO_LIMIT,
    mem_max_stream_bytes: sizeToWire(limits.memoryMaxStreamBytes),
    disk_max_stream_bytes: sizeToWire(limits.diskMaxStreamBytes),
    max_bytes_required: limits.maxBytesRequired ?? false,
  });
}

/** The inverse. Where there are tiers, servers forget the flat limits beside them (Go `loadAccount`). */
export function jetstreamFromWire(limits: Wire): JetStreamLimits | undefined {
  const tiers = object(limits["tiered_limits"]);
  if (Object.keys(tiers).length === 0) return tierFromWire(limits);
  const read = Object.entries(tiers).map(([name, tier]) => [name, tierFromWire(object(tier))]);
  return compactOrNone({ tiers: compactOrNone(Object.fromEntries(read)) });
}

function tierFromWire(wire: Wire): JetStreamTier | undefined {
  const storage = (name: string): number | "unlimited" | undefined => {
    const bytes = quantity(wire[name]);
    if (bytes === 0) return undefined;
    return bytes < 0 ? "unlimited" : bytes;
  };
  const limit = (name: string): number | undefined => {
    const value = quantity(wire[name]);
    return value > 0 ? value : undefined;
  };
  const memoryStorage = storage("mem_storage");
  const diskStorage = storage("disk_storage");
  if (memoryStorage === undefined && diskStorage === undefined) return undefined;
  return compact({
    memoryStorage,
    diskStorage,
    streams: limit("streams"),
    consumers: limit("consumer"),
    maxAckPending: limit("max_ack_pending"),
    memoryMaxStreamBytes: limit("mem_max_stream_bytes"),
    diskMaxStreamBytes: limit("disk_max_stream_bytes"),
    maxBytesRequired: flag(wire["max_bytes_required"]),
  });
}
