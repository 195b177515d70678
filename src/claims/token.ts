/** Tokens: JWTs of version 2, signed by nkeys, as Go's jwt v2 writes and reads them. */

import { hash } from "node:crypto";
import { NatsAuthError } from "../errors";
import { type KeyKind, keyKindOf, type Signer, verifySignature } from "../keys";
import { encodeBase32 } from "../keys/base32";
import { decodeKey } from "../keys/codec";
import { readJson, writeFields, writeJson } from "./json";
import { type Layout, layoutOf, sortBody } from "./wire";

/** The decoded payload of a token. Times are unix seconds. Fields this library does not know are kept beside these. */
export interface TokenClaims {
  /** Audience. Servers ignore it in operator mode. */
  aud?: string;
  /** Expiry. Default: never. */
  exp?: number;
  /** Token id. */
  jti?: string;
  /** When it was issued. */
  iat: number;
  /** Public key of the signer. */
  iss: string;
  /** Name for people. */
  name?: string;
  /** Not valid before. Default: at once. */
  nbf?: number;
  /** Public key that the token is about. */
  sub: string;
  /** The body with `type` and `version`. Integers beyond 2^53 are `bigint`. */
  nats: Record<string, unknown>;
}

/** Largest token that Go reads (`decoder.go:MaxTokenSize`), in bytes. */
export const MAX_TOKEN_SIZE = 1024 * 1024;

const HEADER = Buffer.from('{"typ":"JWT","alg":"ed25519-nkey"}').toString("base64url");
/** Whose signature a token type accepts (Go `ExpectedPrefixes`); other types accept any key. */
const ISSUERS: Readonly<Record<string, readonly string[]>> = {
  operator: ["operator"],
  account: ["operator", "account"],
  user: ["account"],
  activation: ["account", "operator"],
  authorization_request: ["server"],
  authorization_response: ["account"],
};

/** What comes after all: the fields that are none of these. */
const OTHERS: Layout = {
  fields: [],
  names: new Set("aud exp jti iat iss name nbf sub nats".split(" ")),
};

/** What a token type is about. */
const SUBJECTS: Readonly<Record<string, KeyKind>> = {
  operator: "operator",
  account: "account",
  user: "user",
  activation: "account",
  authorization_response: "user",
};

/**
 * Writes and signs a token in canonical form: Go's order of fields and its escapes, lists sorted as Go sorts them,
 * unknown fields kept after the known ones. The same claims and signer give the same token.
 *
 * The id is base32 of SHA-512/256 over the whole claim without its id. Go hashes without the body; but servers take
 * two tokens of one id for the same, so two account tokens of one second would never converge. A given `jti` is kept:
 * what Go signed comes out byte for byte.
 */
export function encodeToken(
  claims: Omit<TokenClaims, "iss" | "jti"> & { jti?: string },
  signer: Signer,
): string {
  const body = sortBody({ ...claims.nats, version: 2 });
  const { aud, exp, jti, iat, name, nbf, sub } = claims;
  // Go's order of ClaimsData; the id goes between the two halves once the rest is known.
  const head = `{${member("aud", aud)}${member("exp", exp)}`;
  const text =
    head +
    member("iat", iat) +
    member("iss", signer.publicKey) +
    member("name", name) +
    member("nbf", nbf) +
    member("sub", sub) +
    `"nats":${writeJson(body, layoutOf(body["type"]))}` +
    `${after(writeFields(claims, OTHERS))}}`;
  const id = jti || encodeBase32(Buffer.from(hash("sha512-256", text), "hex"));
  const claim = head + member("jti", id) + text.slice(head.length);
  const payload = Buffer.from(claim).toString("base64url");
  const signed = `${HEADER}.${payload}`;
  const { buffer, byteOffset, byteLength } = signer.sign(Buffer.from(signed, "latin1"));
  return `${signed}.${Buffer.from(buffer, byteOffset, byteLength).toString("base64url")}`;
}

/** A field with a comma behind it; nothing when it is empty, as Go's `omitempty`. */
function member(name: string, value: string | number | undefined): string {
  return value ? `"${name}":${writeJson(value)},` : "";
}

function after(fields: string): string {
  return fields === "" ? "" : `,${fields}`;
}

/**
 * Reads a token and checks what can be checked without trust: form, size, version, signature, kinds of issuer and
 * subject. Not whether the issuer is trusted, nor whether the token is in force. Throws `ERR_TOKEN`.
 */
export function decodeToken(token: string): TokenClaims {
  if (typeof token !== "string") throw problem("it is not text");
  if (token.length > MAX_TOKEN_SIZE) throw problem("it is larger than 1 MiB");
  const text = token.trim(); // servers store and return a line end behind it
  const parts = text.split(".");
  const [header, payload, signature] = parts.map(bytesOf);
  if (parts.length !== 3 || !header || !payload || !signature) {
    throw problem("it needs three parts in base64url");
  }
  checkHeader(parse(header));
  const claims = checkClaims(parse(payload));
  const signed = Buffer.from(text.slice(0, text.lastIndexOf(".")), "latin1");
  if (!verifySignature(claims.iss, signed, signature)) {
    throw problem("its signature does not fit");
  }
  return claims;
}

function problem(what: string): NatsAuthError {
  return new NatsAuthError("ERR_TOKEN", `the token cannot be read: ${what}`);
}

function bytesOf(part: string): Buffer | undefined {
  return /^[\w-]+$/.test(part) ? Buffer.from(part, "base64url") : undefined;
}

function parse(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = readJson(bytes.toString("utf8"));
  } catch {
    // The parser's message quotes the token, so it is not passed on.
    throw problem("a part is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw problem("a part is no JSON object");
  }
  return value as Record<string, unknown>;
}

function checkHeader(header: Record<string, unknown>): void {
  const lower = (value: unknown): string => (typeof value === "string" ? value.toLowerCase() : "");
  if (lower(header["typ"]) !== "jwt") throw problem("it is no JWT");
  if (lower(header["alg"]) === "ed25519") throw problem("it is of version 1; re-issue it");
  if (lower(header["alg"]) !== "ed25519-nkey") throw problem("its algorithm is not ed25519-nkey");
}

function checkClaims(claims: Record<string, unknown>): TokenClaims {
  for (const name of ["aud", "jti", "name"]) {
    if (!["string", "undefined"].includes(typeof claims[name])) throw problem(`${name} is no text`);
  }
  for (const name of ["iat", "exp", "nbf"]) {
    if (claims[name] !== undefined && !Number.isSafeInteger(claims[name])) {
      throw problem(`${name} is no whole number`);
    }
  }
  const { nats, iss, sub } = claims;
  if (typeof nats !== "object" || nats === null || Array.isArray(nats)) {
    throw problem("it has no nats object");
  }
  const { type, version } = nats as Record<string, unknown>;
  if (version !== 2) throw problem("its version is not 2");
  if (type === "cluster" || type === "server") throw problem("its type is not supported");
  checkIssuer(type, iss);
  if (typeof sub !== "string" || sub === "") throw problem("it has no subject");
  const subject = SUBJECTS[type as string];
  if (subject !== undefined && keyKindOf(sub) !== subject) {
    throw problem(`its subject is no public key of the kind ${subject}`);
  }
  return { ...claims, iat: claims["iat"] ?? 0 } as TokenClaims;
}

function checkIssuer(type: unknown, iss: unknown): asserts iss is string {
  const key = typeof iss === "string" ? decodeKey(iss) : { problem: "" };
  if ("problem" in key || key.secret) throw problem("its issuer is no public key");
  const allowed = ISSUERS[type as string];
  if (allowed !== undefined && !allowed.includes(key.kind)) {
    throw problem(`its issuer is of the kind ${key.kind}, which cannot sign this type`);
  }
}
