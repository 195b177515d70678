/**
 * The order in which Go writes fields (jwt v2.8.3: the order of its structs), and what it sorts. A token that is
 * written in this order is byte for byte what Go writes.
 */

import { compareText } from "../order";

/** Order of an object's fields. What is not named comes after them, sorted; so do maps, which have no order. */
export interface Layout {
  /** Fields in Go's order. */
  readonly fields: readonly Field[];
  /** Their names: what comes after the fields is everything but these. */
  readonly names: ReadonlySet<string>;
  /** Layout of every field that is not named, for maps. */
  readonly each?: Layout;
}

interface Field {
  readonly name: string;
  /** The name as it is written, with its colon. */
  readonly start: string;
  /** Layout of the object, or of the objects of the list, that the field holds. */
  readonly within: Layout | undefined;
}

function fields(text: string, within: Record<string, Layout> = {}): Layout {
  const names = text.split(" ");
  return {
    fields: names.map((name) => ({ name, start: `"${name}":`, within: within[name] })),
    names: new Set(names),
  };
}

function mapOf(each: Layout): Layout {
  return { ...SORTED, each };
}

/** All fields sorted by name. */
export const SORTED: Layout = { fields: [], names: new Set() };

const PERMISSION = fields("allow deny");
const PERMISSIONS = { pub: PERMISSION, sub: PERMISSION, resp: fields("max ttl") };

const JETSTREAM =
  "mem_storage disk_storage streams consumer max_ack_pending mem_max_stream_bytes disk_max_stream_bytes max_bytes_required";

const USER_LIMITS =
  "pub sub resp src times times_location subs data payload bearer_token proxy_required allowed_connection_types";
const USER_PARTS = { ...PERMISSIONS, times: fields("start end") };

const GENERIC = "tags type version";

const OPERATOR = fields(
  `signing_keys account_server_url operator_service_urls system_account assert_server_version strict_signing_key_usage ${GENERIC}`,
);

const ACCOUNT = fields(
  `imports exports limits signing_keys revocations default_permissions mappings authorization trace cluster_traffic description info_url ${GENERIC}`,
  {
    imports: fields("name subject account token to local_subject type share allow_trace"),
    exports: fields(
      "name subject type token_req revocations response_type response_threshold service_latency account_token_position advertise allow_trace description info_url",
      { service_latency: fields("sampling results") },
    ),
    limits: fields(
      `subs data payload imports exports wildcards disallow_bearer conn leaf ${JETSTREAM} tiered_limits`,
      { tiered_limits: mapOf(fields(JETSTREAM)) },
    ),
    signing_keys: fields("kind key role template description", {
      template: fields(USER_LIMITS, USER_PARTS),
    }),
    default_permissions: fields("pub sub resp", PERMISSIONS),
    mappings: mapOf(fields("subject weight cluster")),
    authorization: fields("auth_users allowed_accounts xkey"),
    trace: fields("dest sampling"),
  },
);

const USER = fields(`${USER_LIMITS} issuer_account ${GENERIC}`, USER_PARTS);

const AUTHORIZATION_REQUEST = fields(
  `server_id user_nkey client_info connect_opts client_tls request_nonce ${GENERIC}`,
  {
    server_id: fields("name host id version cluster tags xkey"),
    client_info: fields("host id user name tags name_tag kind type mqtt_id nonce"),
    connect_opts: fields("jwt nkey sig auth_token user pass name lang version protocol"),
    client_tls: fields("version cipher certs verified_chains"),
  },
);

const LAYOUTS = new Map<unknown, Layout>([
  ["operator", OPERATOR],
  ["account", ACCOUNT],
  ["user", USER],
  ["activation", fields(`subject kind issuer_account ${GENERIC}`)],
  ["authorization_request", AUTHORIZATION_REQUEST],
  ["authorization_response", fields(`jwt error issuer_account ${GENERIC}`)],
]);

/** The layout of the `nats` object of a token type; sorted fields for types that have none. */
export function layoutOf(type: unknown): Layout {
  return LAYOUTS.get(type) ?? SORTED;
}

/** The body with the lists of an account sorted as Go sorts them; other bodies as they are. Nothing is changed in place. */
export function sortBody(nats: Record<string, unknown>): Record<string, unknown> {
  if (nats["type"] !== "account") return nats;
  const sorted = { ...nats };
  sortBy(sorted, "imports", (item) => field(item, "subject"));
  sortBy(sorted, "exports", (item) => field(item, "subject"));
  sortBy(sorted, "signing_keys", (item) => (typeof item === "string" ? item : field(item, "key")));
  return sorted;
}

function sortBy(body: Record<string, unknown>, name: string, key: (item: unknown) => string): void {
  const list = body[name];
  if (!Array.isArray(list) || list.length < 2) return;
  body[name] = [...list].sort((a, b) => compareText(key(a), key(b)));
}

function field(item: unknown, name: string): string {
  const value = (item as Record<string, unknown> | null)?.[name];
  return typeof value === "string" ? value : "";
}
