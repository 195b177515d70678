import { parseSize } from "../size";
import type { ConnectionType, TimeRange, UserClaims } from "../types";
import {
  canonicalTags,
  commonFromWire,
  limitFromWire,
  NO_LIMIT,
  permissionsFromWire,
  permissionsToWire,
  type WireClaims,
} from "./common";
import {
  compact,
  compactOrNone,
  filled,
  flag,
  nonZero,
  objects,
  text,
  texts,
  type Wire,
} from "./read";

/** The `nats` object of a user's claims. */
export function userBody(claims: UserClaims): Wire {
  const { limits } = claims;
  const body = permissionsToWire(claims.permissions);
  const set = (name: string, value: unknown): void => {
    if (value !== undefined) body[name] = value;
  };
  set("src", canonicalTags(claims.sourceNetworks)); // Go cleans networks like tags
  set("times", filled((claims.times ?? []).map(({ start, end }) => ({ start, end }))));
  set("times_location", claims.timeZone || undefined);
  set("subs", nonZero(limits?.subscriptions ?? NO_LIMIT));
  set("data", NO_LIMIT); // servers do not look at it
  set("payload", limits?.payload === undefined ? NO_LIMIT : nonZero(parseSize(limits.payload)));
  set("bearer_token", claims.bearer || undefined);
  set("allowed_connection_types", filled([...new Set(claims.connectionTypes)]));
  set("issuer_account", claims.issuerAccount || undefined);
  set("tags", canonicalTags(claims.tags));
  return body;
}

/** The inverse: a user's claims in canonical form from a decoded token. */
export function userFromWire(token: WireClaims): UserClaims {
  const { nats } = token;
  // Go also reads networks from one text with commas.
  const src = typeof nats["src"] === "string" ? nats["src"].split(",") : texts(nats["src"]);
  return compact({
    ...commonFromWire(token),
    permissions: permissionsFromWire(nats),
    limits: compactOrNone({
      subscriptions: limitFromWire(nats["subs"]),
      payload: limitFromWire(nats["payload"]),
    }),
    connectionTypes: texts(nats["allowed_connection_types"]) as ConnectionType[] | undefined,
    sourceNetworks: canonicalTags(src),
    times: filled(objects(nats["times"]).map(timeRange)),
    timeZone: text(nats["times_location"]),
    bearer: flag(nats["bearer_token"]),
    issuerAccount: text(nats["issuer_account"]),
  });
}

function timeRange(wire: Wire): TimeRange {
  return { start: text(wire["start"]) ?? "", end: text(wire["end"]) ?? "" };
}
