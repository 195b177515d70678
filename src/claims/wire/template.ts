/** What users are allowed (Go `UserPermissionLimits`): in a user's own claims, and in the template of a scoped key. */

import type { ConnectionType, TimeRange, UserTemplate } from "../types";
import {
  canonicalTags,
  limitFromWire,
  NO_LIMIT,
  permissionsFromWire,
  permissionsToWire,
  sizeToWire,
} from "./common";
import { compact, compactOrNone, filled, flag, objects, text, texts, type Wire } from "./read";

/** The fields with every limit written out, zeros too. */
export function templateToWire(template: UserTemplate): Wire {
  const { limits } = template;
  const wire = permissionsToWire(template.permissions);
  const set = (name: string, value: unknown): void => {
    if (value !== undefined) wire[name] = value;
  };
  set("src", canonicalTags(template.sourceNetworks)); // Go cleans networks like tags
  set("times", filled(template.times?.map(timeRangeToWire)));
  set("times_location", template.timeZone || undefined);
  set("subs", limits?.subscriptions ?? NO_LIMIT);
  set("data", sizeToWire(limits?.data));
  set("payload", sizeToWire(limits?.payload));
  set("bearer_token", template.bearer || undefined);
  set("proxy_required", template.proxyRequired || undefined);
  const types = template.connectionTypes;
  set("allowed_connection_types", types && filled([...new Set(types)]));
  return wire;
}

/** The inverse. `absent` is what a limit means that is not there: 0 in a user's claims, no limit in a template (Go `NewUserScope`). */
export function templateFromWire(wire: Wire, absent: number): UserTemplate {
  // Go also reads networks from one text with commas.
  const src = typeof wire["src"] === "string" ? wire["src"].split(",") : texts(wire["src"]);
  return compact({
    permissions: permissionsFromWire(wire),
    limits: compactOrNone({
      subscriptions: limitFromWire(wire["subs"] ?? absent),
      payload: limitFromWire(wire["payload"] ?? absent),
      data: limitFromWire(wire["data"] ?? absent),
    }),
    connectionTypes: texts(wire["allowed_connection_types"]) as ConnectionType[] | undefined,
    sourceNetworks: canonicalTags(src),
    times: filled(objects(wire["times"]).map(timeRangeFromWire)),
    timeZone: text(wire["times_location"]),
    bearer: flag(wire["bearer_token"]),
    proxyRequired: flag(wire["proxy_required"]),
  });
}

function timeRangeToWire({ start, end }: TimeRange): Wire {
  return compact({ start: start || undefined, end: end || undefined });
}

function timeRangeFromWire(wire: Wire): TimeRange {
  return { start: text(wire["start"]) ?? "", end: text(wire["end"]) ?? "" };
}
