/** Whether two tokens say the same. */

import { writeJson } from "./json";
import { compareText } from "./order";
import type { TokenClaims } from "./token";

/**
 * Whether two tokens mean the same to a server, apart from who signed when (`iat`, `jti`, `iss`) and from the
 * account's revocations, which every party may add to. Order does not count where Go sorts; a field that is absent
 * equals one that is empty, where Go reads them as the same.
 */
export function claimsEqual(a: TokenClaims, b: TokenClaims): boolean {
  return meaning(a) === meaning(b);
}

function meaning(claims: TokenClaims): string {
  const { iat: _iat, jti: _jti, iss: _iss, nats, ...rest } = claims;
  return writeJson(prune({ ...rest, nats: normalBody(nats) }));
}

function normalBody(nats: Record<string, unknown>): Record<string, unknown> {
  const { revocations, ...body } = nats;
  // Only an account's are its own business; elsewhere the name would be someone else's field.
  if (body["type"] !== "account") return sortLists({ ...nats }, ["signing_keys"]);
  for (const [name, lists] of SETS) {
    const parts = body[name];
    if (typeof parts !== "object" || parts === null) continue;
    const fields = { ...parts } as Record<string, unknown>;
    body[name] = sortLists(fields, lists ?? Object.keys(fields));
  }
  return sortLists(body, ["exports", "imports", "signing_keys"]);
}

/** Lists without an order inside an account; of mappings all. */
const SETS: readonly (readonly [name: string, lists?: string[]])[] = [
  ["mappings"],
  ["authorization", ["auth_users", "allowed_accounts"]],
];

function sortLists(body: Record<string, unknown>, names: string[]): Record<string, unknown> {
  for (const name of names) {
    const list = body[name];
    if (!Array.isArray(list)) continue;
    // By the whole item, so that items of one subject have an order too.
    const keyed = list.map((item) => ({ item, key: writeJson(prune(item)) }));
    body[name] = keyed.sort((x, y) => compareText(x.key, y.key)).map(({ item }) => item);
  }
  return body;
}

// Their presence has a meaning, or their empty fields: `resp` takes publishing away, absent limits of a template are none.
const KEPT = new Set(["resp", "template"]);

/** Without the fields that Go leaves out when empty. */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prune);
  if (typeof value !== "object" || value === null) return value;
  const kept: [string, unknown][] = [];
  for (const [name, field] of Object.entries(value)) {
    const pruned = KEPT.has(name) ? field : prune(field);
    if (KEPT.has(name) ? field !== null : !isEmpty(pruned)) kept.push([name, pruned]);
  }
  return Object.fromEntries(kept);
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === "" || value === 0 || value === false;
}
