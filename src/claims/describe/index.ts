/** What a token says, in words: the kind of text that `nsc describe` prints. */

import { formatInstant } from "../time";
import { decodeToken, type TokenClaims } from "../token";
import {
  accountFromWire,
  activationFromWire,
  authorizationRequestFromWire,
  authorizationResponseFromWire,
  operatorFromWire,
  userFromWire,
} from "../wire";
import { accountSections } from "./account";
import { type Line, layOut, listed, plain, plainOrNone, type Section, yes } from "./text";
import { userLines } from "./user";

/**
 * Describes a token of any type as text for people: who signed it for whom and until when, and everything that it
 * says, unlimited limits as "unlimited". No secret and no token is in it, whatever the token holds. Throws `ERR_TOKEN`.
 *
 * @example
 * console.log(describe(readFileSync("orders.jwt", "utf8")));
 */
export function describe(token: string): string {
  const claims = decodeToken(token);
  const [title, sections] = parts(claims);
  const [first, ...rest] = sections;
  return layOut([
    { title, lines: [...headLines(claims), ...(first?.title === "" ? first.lines : [])] },
    ...(first?.title === "" ? rest : sections),
  ]);
}

function headLines(claims: TokenClaims): Line[] {
  const { sub, iss, iat, exp, nbf, aud, nats } = claims;
  const tags = Array.isArray(nats["tags"]) ? nats["tags"].map(String) : [];
  return [
    ["public key", plain(sub)],
    ["signed by", iss === sub ? "itself" : iss],
    ["issued", formatInstant(iat)],
    ["not before", nbf ? formatInstant(nbf) : undefined],
    ["expires", exp ? formatInstant(exp) : "never"],
    ["audience", plainOrNone(aud)],
    ["tags", listed(tags)],
    ["description", plainOrNone(nats["description"] as string | undefined)],
    ["more", plainOrNone(nats["info_url"] as string | undefined)],
  ];
}

/** The title, and what else is said; a first section without a title belongs to the head. */
function parts(claims: TokenClaims): [title: string, sections: Section[]] {
  const name = claims.name ? ` ${plain(claims.name)}` : "";
  switch (claims.nats["type"]) {
    case "operator":
      return [`operator${name}`, [{ title: "", lines: operatorLines(claims) }]];
    case "account":
      return [`account${name}`, accountSections(accountFromWire(claims))];
    case "user":
      return [`user${name}`, [{ title: "", lines: userLines(userFromWire(claims)) }]];
    case "activation":
      return [`activation${name}`, [{ title: "", lines: activationLines(claims) }]];
    case "authorization_request":
      return [`authorization request${name}`, requestSections(claims)];
    case "authorization_response":
      return [`authorization response${name}`, [{ title: "", lines: responseLines(claims) }]];
    default:
      return [`generic token${name}`, [genericSection(claims)]];
  }
}

function operatorLines(token: TokenClaims): Line[] {
  const claims = operatorFromWire(token);
  return [
    ["account server", plainOrNone(claims.accountServerUrl)],
    ["service", listed(claims.serviceUrls)],
    ["system account", plainOrNone(claims.systemAccount)],
    ["servers at least", plainOrNone(claims.assertServerVersion)],
    ["signing keys", listed(claims.signingKeys)],
    ["signing keys required", yes(claims.requireSigningKeys)],
  ];
}

function activationLines(token: TokenClaims): Line[] {
  const { stream, service, issuerAccount } = activationFromWire(token);
  return [
    ["for the account", plain(token.sub)],
    [stream === undefined ? "service" : "stream", plain(stream ?? service ?? "")],
    ["exporting account", plainOrNone(issuerAccount ?? token.iss)],
  ];
}

/** Passwords and tokens are only said to be there. */
function requestSections(token: TokenClaims): Section[] {
  const { server, userKey, client, connection, tls } = authorizationRequestFromWire(token);
  const given = (secret: string | undefined): string | undefined =>
    secret === undefined ? undefined : "given";
  return [
    { title: "", lines: [["user key", plain(userKey)]] },
    {
      title: "server",
      lines: [
        ["name", plainOrNone(server.name)],
        ["host", plainOrNone(server.host)],
        ["public key", plain(server.id)],
        ["version", plainOrNone(server.version)],
        ["cluster", plainOrNone(server.cluster)],
        ["tags", listed(server.tags)],
        ["encrypts for", plainOrNone(server.xkey)],
      ],
    },
    {
      title: "client",
      lines: [
        ["host", plainOrNone(client.host)],
        ["user", plainOrNone(client.user)],
        ["name", plainOrNone(client.name)],
        ["kind", plainOrNone(client.kind)],
        ["type", plainOrNone(client.type)],
        ["MQTT id", plainOrNone(client.mqttId)],
      ],
    },
    {
      title: "sent",
      lines: [
        ["user", plainOrNone(connection.user)],
        ["password", given(connection.password)],
        ["token", given(connection.token)],
        ["user JWT", given(connection.jwt)],
        ["nkey", plainOrNone(connection.nkey)],
        [
          "library",
          plainOrNone([connection.language, connection.version].filter(Boolean).join(" ")),
        ],
        ["TLS", plainOrNone([tls?.version, tls?.cipher].filter(Boolean).join(" "))],
      ],
    },
  ];
}

function responseLines(token: TokenClaims): Line[] {
  const { jwt, error, issuerAccount } = authorizationResponseFromWire(token);
  return [
    ["answer", jwt === undefined ? "refused" : "let in by a user JWT"],
    ["error", plainOrNone(error)],
    ["account", plainOrNone(issuerAccount)],
  ];
}

function genericSection({ nats }: TokenClaims): Section {
  const { version: _, tags: __, ...body } = nats;
  return {
    title: "says",
    lines: Object.entries(body).map(([name, value]) => [
      plain(name),
      plain(
        JSON.stringify(value, (_, field) => (typeof field === "bigint" ? `${field}` : field)) ?? "",
      ),
    ]),
  };
}
