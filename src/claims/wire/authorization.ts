/** Auth callout: requests of servers, answers of authorization services. */

import type { AuthorizationRequest, AuthorizationResponse } from "../types";
import { canonicalTags, generalFromWire, type WireClaims } from "./common";
import {
  compact,
  filled,
  integer,
  nonZero,
  object,
  quantity,
  text,
  texts,
  type Wire,
} from "./read";

/** The `nats` object of a request. Servers write requests; this is for tests of a service. */
export function authorizationRequestBody(claims: AuthorizationRequest): Wire {
  const { server, client, connection, tls } = claims;
  return compact({
    server_id: compact({
      name: server.name,
      host: server.host,
      id: server.id,
      version: server.version || undefined,
      cluster: server.cluster || undefined,
      tags: filled([...(server.tags ?? [])]),
      xkey: server.xkey || undefined,
    }),
    user_nkey: claims.userKey,
    client_info: compact({
      host: client.host || undefined,
      id: nonZero(client.id),
      user: client.user || undefined,
      name: client.name || undefined,
      tags: filled([...(client.tags ?? [])]),
      name_tag: client.nameTag || undefined,
      kind: client.kind || undefined,
      type: client.type || undefined,
      mqtt_id: client.mqttId || undefined,
      nonce: client.nonce || undefined,
    }),
    connect_opts: compact({
      jwt: connection.jwt || undefined,
      nkey: connection.nkey || undefined,
      sig: connection.signature || undefined,
      auth_token: connection.token || undefined,
      user: connection.user || undefined,
      pass: connection.password || undefined,
      name: connection.name || undefined,
      lang: connection.language || undefined,
      version: connection.version || undefined,
      protocol: connection.protocol,
    }),
    client_tls:
      tls === undefined
        ? undefined
        : compact({
            version: tls.version || undefined,
            cipher: tls.cipher || undefined,
            certs: filled([...(tls.certificates ?? [])]),
            verified_chains: filled((tls.verifiedChains ?? []).map((chain) => [...chain])),
          }),
    request_nonce: claims.nonce || undefined,
    tags: canonicalTags(claims.tags),
  });
}

/** A request from a decoded token, as `decodeToken` gives it. */
export function authorizationRequestFromWire(token: WireClaims): AuthorizationRequest {
  const { nats } = token;
  const server = object(nats["server_id"]);
  const client = object(nats["client_info"]);
  const connection = object(nats["connect_opts"]);
  const tls = nats["client_tls"];
  return compact({
    name: text(token.name),
    ...generalFromWire(token),
    server: compact({
      name: text(server["name"]) ?? "",
      host: text(server["host"]) ?? "",
      id: text(server["id"]) ?? "",
      version: text(server["version"]),
      cluster: text(server["cluster"]),
      tags: texts(server["tags"]),
      xkey: text(server["xkey"]),
    }),
    userKey: text(nats["user_nkey"]) ?? "",
    client: compact({
      host: text(client["host"]),
      id: nonZero(quantity(client["id"])),
      user: text(client["user"]),
      name: text(client["name"]),
      tags: texts(client["tags"]),
      nameTag: text(client["name_tag"]),
      kind: text(client["kind"]),
      type: text(client["type"]),
      mqttId: text(client["mqtt_id"]),
      nonce: text(client["nonce"]),
    }),
    connection: compact({
      jwt: text(connection["jwt"]),
      nkey: text(connection["nkey"]),
      signature: text(connection["sig"]),
      token: text(connection["auth_token"]),
      user: text(connection["user"]),
      password: text(connection["pass"]),
      name: text(connection["name"]),
      language: text(connection["lang"]),
      version: text(connection["version"]),
      protocol: integer(connection["protocol"]),
    }),
    tls: typeof tls === "object" && tls !== null ? tlsFromWire(object(tls)) : undefined,
    nonce: text(nats["request_nonce"]),
  });
}

function tlsFromWire(wire: Wire): NonNullable<AuthorizationRequest["tls"]> {
  const chains = Array.isArray(wire["verified_chains"]) ? wire["verified_chains"] : [];
  return compact({
    version: text(wire["version"]),
    cipher: text(wire["cipher"]),
    certificates: texts(wire["certs"]),
    verifiedChains: filled(chains.map((chain) => texts(chain) ?? [])),
  });
}

/** The `nats` object of an answer. */
export function authorizationResponseBody(claims: AuthorizationResponse): Wire {
  return compact({
    jwt: claims.jwt || undefined,
    error: claims.error || undefined,
    issuer_account: claims.issuerAccount || undefined,
    tags: canonicalTags(claims.tags),
  });
}

/** The inverse: an answer in canonical form from a decoded token. */
export function authorizationResponseFromWire(token: WireClaims): AuthorizationResponse {
  const { nats } = token;
  return compact({
    name: text(token.name),
    ...generalFromWire(token),
    audience: token.aud ?? "",
    jwt: text(nats["jwt"]),
    error: text(nats["error"]),
    issuerAccount: text(nats["issuer_account"]),
  });
}
