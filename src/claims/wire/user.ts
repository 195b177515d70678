import type { UserClaims } from "../types";
import { canonicalTags, generalFromWire, type WireClaims } from "./common";
import { compact, flag, text, type Wire } from "./read";
import { templateFromWire, templateToWire } from "./template";

const LIMITS = ["subs", "data", "payload"];

/** The `nats` object of a user's claims. Of a scoped user it says nothing of what is allowed, not even that nothing is limited: servers refuse it otherwise. */
export function userBody(claims: UserClaims): Wire {
  const body: Wire = claims.scoped ? { pub: {}, sub: {} } : withoutZeros(templateToWire(claims));
  if (claims.issuerAccount) body["issuer_account"] = claims.issuerAccount;
  const tags = canonicalTags(claims.tags);
  if (tags !== undefined) body["tags"] = tags;
  return body;
}

/** Go leaves a limit of 0 out, and reads its absence as 0. */
function withoutZeros(wire: Wire): Wire {
  for (const name of LIMITS) if (wire[name] === 0) delete wire[name];
  return wire;
}

/** The inverse: a user's claims in canonical form from a decoded token. */
export function userFromWire(token: WireClaims): UserClaims {
  const { nats } = token;
  const issuerAccount = text(nats["issuer_account"]);
  const scoped = flag(issuerAccount !== undefined && isEmpty(nats));
  return compact({
    name: token.name ?? "",
    ...generalFromWire(token),
    ...(scoped ? { scoped } : templateFromWire(nats, 0)),
    issuerAccount,
  });
}

const TEMPLATE_FIELDS = [
  ...LIMITS,
  "resp",
  "src",
  "times",
  "times_location",
  "bearer_token",
  "proxy_required",
  "allowed_connection_types",
];

/** Whether nothing is said of what is allowed (Go `HasEmptyPermissions`, which servers demand of scoped users): an empty list says something. */
function isEmpty(nats: Wire): boolean {
  const isNothing = (value: unknown): boolean =>
    value === undefined || value === null || value === 0 || value === "" || value === false;
  const isNoRule = (value: unknown): boolean =>
    isNothing(value) || Object.values(value as Wire).every(isNothing);
  return (
    isNoRule(nats["pub"]) &&
    isNoRule(nats["sub"]) &&
    TEMPLATE_FIELDS.every((name) => isNothing(nats[name]))
  );
}
