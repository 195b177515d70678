/** Exports and imports of an account. */

import { compareText } from "../order";
import type { Export, Import, ServiceLatency } from "../types";
import { durationFromWire, infoFromWire, nanosecondsOf } from "./common";
import {
  compact,
  compactOrNone,
  filled,
  flag,
  integer,
  nonZero,
  object,
  objects,
  text,
  type Wire,
} from "./read";
import { revocationsFromWire } from "./revocations";

const RESPONSE_TYPES = { singleton: undefined, stream: "Stream", chunked: "Chunked" } as const;

function exportToWire(item: Export): Wire {
  return compact({
    name: item.name || undefined,
    subject: item.stream ?? item.service,
    type: item.stream === undefined ? "service" : "stream",
    token_req: item.tokenRequired || undefined,
    revocations: compactOrNone({ ...item.revocations }),
    response_type: RESPONSE_TYPES[item.responseType ?? "singleton"],
    response_threshold:
      item.responseThreshold === undefined
        ? undefined
        : nonZero(nanosecondsOf(item.responseThreshold)),
    service_latency:
      item.latency === undefined
        ? undefined
        : { sampling: item.latency.sampling, results: item.latency.results },
    account_token_position: nonZero(item.accountTokenPosition),
    advertise: item.advertise || undefined,
    allow_trace: item.allowTrace || undefined,
    description: item.description || undefined,
    info_url: item.infoUrl || undefined,
  });
}

function exportFromWire(wire: Wire): Export {
  const responseType = { Stream: "stream", Chunked: "chunked" } as const;
  const latency = wire["service_latency"];
  return compact({
    [wire["type"] === "service" ? "service" : "stream"]: text(wire["subject"]) ?? "",
    name: text(wire["name"]),
    ...infoFromWire(wire),
    tokenRequired: flag(wire["token_req"]),
    revocations: revocationsFromWire(wire["revocations"]),
    accountTokenPosition: nonZero(integer(wire["account_token_position"])),
    responseType: responseType[wire["response_type"] as "Stream" | "Chunked"],
    responseThreshold: durationFromWire(wire["response_threshold"]),
    latency: typeof latency === "object" && latency ? latencyFromWire(object(latency)) : undefined,
    advertise: flag(wire["advertise"]),
    allowTrace: flag(wire["allow_trace"]),
  });
}

function latencyFromWire(wire: Wire): ServiceLatency {
  const sampling = integer(wire["sampling"]); // 0 for "headers", as in Go
  return { sampling: sampling === 0 ? "headers" : sampling, results: text(wire["results"]) ?? "" };
}

function importToWire(item: Import): Wire {
  const subject = item.stream ?? item.service;
  return compact({
    name: item.name || undefined,
    subject,
    account: item.account,
    token: item.token || undefined,
    local_subject: item.localSubject === subject ? undefined : item.localSubject || undefined,
    type: item.stream === undefined ? "service" : "stream",
    share: item.share || undefined,
    allow_trace: item.allowTrace || undefined,
  });
}

function importFromWire(wire: Wire): Import {
  const isService = wire["type"] === "service";
  const subjects = importSubjects(wire, isService);
  return compact({
    [isService ? "service" : "stream"]: subjects.subject,
    account: text(wire["account"]) ?? "",
    localSubject: subjects.local === subjects.subject ? undefined : subjects.local,
    name: text(wire["name"]),
    token: text(wire["token"]),
    share: flag(wire["share"]),
    allowTrace: flag(wire["allow_trace"]),
  });
}

/** Old tools wrote `to` for what is now `local_subject`: the far side of a service, a prefix here for a stream (server `accounts.go`). */
function importSubjects(wire: Wire, isService: boolean): { subject: string; local?: string } {
  const subject = text(wire["subject"]) ?? "";
  const local = text(wire["local_subject"]);
  const to = text(wire["to"]);
  if (local !== undefined) return { subject, local };
  if (to === undefined) return { subject };
  if (isService) return { subject: to, local: subject };
  return { subject, local: to.endsWith(".") ? to + subject : `${to}.${subject}` };
}

// Go sorts by subject alone; the other fields make the order complete, whatever order the program has.
const SORT_FIELDS = ["subject", "type", "account", "local_subject", "name"];

function sorted(list: Wire[]): Wire[] {
  const key = (wire: Wire, name: string): string => text(wire[name]) ?? "";
  return list.sort((a, b) => {
    for (const name of SORT_FIELDS) {
      const order = compareText(key(a, name), key(b, name));
      if (order !== 0) return order;
    }
    return 0;
  });
}

export function exportsToWire(list: readonly Export[] | undefined): Wire[] | undefined {
  return filled(sorted((list ?? []).map(exportToWire)));
}

export function exportsFromWire(value: unknown): Export[] | undefined {
  return filled(sorted(objects(value)).map(exportFromWire));
}

export function importsToWire(list: readonly Import[] | undefined): Wire[] | undefined {
  return filled(sorted((list ?? []).map(importToWire)));
}

export function importsFromWire(value: unknown): Import[] | undefined {
  return filled(sorted(objects(value)).map(importFromWire));
}
