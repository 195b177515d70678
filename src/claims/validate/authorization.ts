/** Auth callout of an account, and what servers and services say to each other. Rules: Go `account_claims.go:ExternalAuthorization`, `authorization_claims.go`. */

import { decodeToken } from "../token";
import type { Issue } from "../types";
import { checkTimes, collect, GENERAL, publicKey } from "./common";
import { error, type Issues, item, kindOf, warning } from "./issues";
import { type Check, count, list, listOf, object, objectOf, text } from "./shape";

const accountKey = publicKey("account");

const allowedAccount: Check = (value, path, to) => {
  if (value !== "*") accountKey(value, path, to);
};

const SHAPE = object({
  "authUsers!": list(publicKey("user")),
  allowedAccounts: list(allowedAccount),
  xkey: publicKey("curve"),
});

/** `authorization` of an account. */
export const authorization: Check = (value, path, to) => {
  SHAPE(value, path, to);
  const { authUsers, allowedAccounts } = objectOf(value);
  if (Array.isArray(authUsers) && authUsers.length === 0) {
    error(
      to,
      `${path}.authUsers`,
      "is empty: nobody could answer; leave authorization out to ask nobody",
    );
  }
  const allowed = listOf(allowedAccounts);
  const any = allowed.indexOf("*");
  if (any !== -1 && allowed.length > 1) {
    error(
      to,
      item(`${path}.allowedAccounts`, any),
      "stands for all accounts and must be the only entry",
    );
  }
};

/** Text of any kind: what clients sent is not ours to judge, and secrets belong here. */
const anyText: Check = (value, path, to) => {
  if (typeof value !== "string") error(to, path, `must be text, not ${kindOf(value)}`);
};

const anyTexts = list(anyText);

const REQUEST = object({
  ...GENERAL,
  name: anyText,
  "server!": object({
    "name!": anyText,
    "host!": anyText,
    "id!": publicKey("server"),
    version: anyText,
    cluster: anyText,
    tags: anyTexts,
    xkey: publicKey("curve"),
  }),
  "userKey!": publicKey("user"),
  "client!": object({
    host: anyText,
    id: count(0, "connections are numbered from 0"),
    user: anyText,
    name: anyText,
    tags: anyTexts,
    nameTag: anyText,
    kind: anyText,
    type: anyText,
    mqttId: anyText,
    nonce: anyText,
  }),
  "connection!": object({
    jwt: anyText,
    nkey: anyText,
    signature: anyText,
    token: anyText,
    user: anyText,
    password: anyText,
    name: anyText,
    language: anyText,
    version: anyText,
    "protocol!": count(0, "it is a number of the protocol"),
  }),
  tls: object({
    version: anyText,
    cipher: anyText,
    certificates: anyTexts,
    verifiedChains: list(anyTexts),
  }),
  nonce: anyText,
});

/** All that is wrong with a request to an authorization service; never throws. Rules: Go `AuthorizationRequestClaims.Validate`, and the shape of `AuthorizationRequest`. */
export function validateAuthorizationRequest(input: unknown): Issue[] {
  return collect(input, (value, to) => REQUEST(value, "", to), timesOf);
}

const userToken: Check = (value, path, to) => {
  let type: unknown;
  try {
    type = decodeToken(value as string).nats["type"];
  } catch {
    // Says enough; the cause must not quote the token anyway.
  }
  if (type !== "user") error(to, path, "is no valid user token");
};

const RESPONSE = object({
  ...GENERAL,
  name: text(),
  "audience!": publicKey("server"),
  jwt: userToken,
  error: text(),
  issuerAccount: accountKey,
});

/** All that is wrong with an answer of an authorization service; never throws. Rules: Go `AuthorizationResponseClaims.Validate`, and the shape of `AuthorizationResponse`. */
export function validateAuthorizationResponse(input: unknown): Issue[] {
  return collect(
    input,
    (value, to) => RESPONSE(value, "", to),
    timesOf,
    (value, to) => {
      const { jwt, error: reason } = objectOf(value);
      if ((jwt === undefined) === (reason === undefined)) {
        error(to, "", "needs exactly one of jwt and error");
      }
    },
  );
}

function timesOf(input: unknown, to: Issues): void {
  checkTimes(objectOf(input), to);
}

/** Warns where the clients that the service is asked about could not even ask. */
export function warnOfBearers(claims: Record<string, unknown>, to: Issues): void {
  const { authorization: external, limits } = claims;
  if (external !== undefined && objectOf(limits)["disallowBearer"] === true) {
    warning(
      to,
      "limits.disallowBearer",
      "refuses bearer tokens, which clients of an authorization service usually bring",
    );
  }
}
