import { describe, expect, test } from "vitest";
import {
  type AuthorizationRequest,
  decodeToken,
  encodeGeneric,
  signActivation,
  signAuthorizationResponse,
  signUser,
  sizeProblems,
  timeProblems,
  validateActivation,
  validateAuthorizationRequest,
  validateAuthorizationResponse,
  validateGeneric,
} from "../../src/claims";
import { signerFromSeed } from "../../src/keys";
import { ACCOUNT, ACCOUNT_SIGNING, NOW, OPERATOR, OTHER_ACCOUNT, SERVER, USER } from "./fixed-keys";
import { expectOne, lines } from "./issues";

const account = signerFromSeed(ACCOUNT.seed);

describe("activations", () => {
  test.each<[object, string]>([
    [{}, ": needs exactly one of stream and service"],
    [{ stream: "a", service: "b" }, ": needs exactly one of stream and service"],
    [{ stream: "a b" }, 'stream: "a b" contains a space'],
    [{ stream: "a", issuerAccount: USER.publicKey }, "issuerAccount: is a user key"],
    [{ stream: "a", subject: "b" }, "subject: is no known property"],
  ])("%j", (claims, issue) => {
    expectOne(lines(validateActivation(claims)), issue);
  });

  test("name the account only when a signing key signs", () => {
    const claims = { stream: "a", issuerAccount: ACCOUNT.publicKey };
    const body = (signer = account) =>
      decodeToken(
        signActivation({ publicKey: OTHER_ACCOUNT.publicKey, claims, signer, issuedAt: NOW }),
      ).nats;
    expect(body()).toEqual({ subject: "a", kind: "stream", type: "activation", version: 2 });
    expect(body(signerFromSeed(ACCOUNT_SIGNING.seed))["issuer_account"]).toBe(ACCOUNT.publicKey);
  });
});

describe("requests to an authorization service", () => {
  const request: AuthorizationRequest = {
    server: { name: "n", host: "h", id: SERVER.publicKey },
    userKey: USER.publicKey,
    client: {},
    connection: { protocol: 1, password: USER.seed, jwt: "eyJhbGciOiJub25lIn0.e30.x" },
  };

  test("may hold secrets", () => {
    expect(validateAuthorizationRequest(request)).toEqual([]);
  });

  test.each<[object, string]>([
    [{ userKey: undefined }, "userKey: is missing"],
    [{ userKey: ACCOUNT.publicKey }, "userKey: is an account key"],
    [
      { server: { ...request.server, id: USER.publicKey } },
      "server.id: is a user key, a server key (N…)",
    ],
    [{ client: { id: -1 } }, "client.id: must be at least 0"],
    [{ tls: { verifiedChains: ["x"] } }, "tls.verifiedChains[0]: must be a list, not text"],
  ])("%j", (change, issue) => {
    expectOne(lines(validateAuthorizationRequest({ ...request, ...change })), issue);
  });
});

describe("answers of an authorization service", () => {
  const audience = SERVER.publicKey;
  const jwt = signUser({
    publicKey: USER.publicKey,
    claims: { name: "u" },
    signer: account,
    issuedAt: NOW,
  });

  test.each<[object, string]>([
    [{ error: "no" }, "audience: is missing"],
    [{ audience: USER.publicKey, error: "no" }, "audience: is a user key"],
    [{ audience }, ": needs exactly one of jwt and error"],
    [{ audience, error: "no", jwt }, ": needs exactly one of jwt and error"],
    [{ audience, jwt: "x" }, "jwt: is no valid user token"],
    [{ audience, error: USER.seed }, "error: holds a secret"],
    [{ audience, error: "no", issuerAccount: USER.publicKey }, "issuerAccount: is a user key"],
  ])("%j", (claims, issue) => {
    expectOne(lines(validateAuthorizationResponse(claims)), issue);
  });

  test.each<[string, object]>([
    ["ERR_INPUT", { audience }],
    ["ERR_INPUT", { audience, jwt, error: "no" }],
    ["ERR_KEY", { audience: USER.publicKey, jwt }],
  ])("are not signed when they are wrong: %s %j", (code, claims) => {
    expect(() =>
      signAuthorizationResponse({
        publicKey: USER.publicKey,
        claims: claims as never,
        signer: account,
        issuedAt: NOW,
      }),
    ).toThrow(expect.objectContaining({ code }));
  });
});

describe("generic claims", () => {
  const circle: Record<string, unknown> = {};
  circle["me"] = circle;

  test.each<[object, string]>([
    [{ body: {} }, "subject: is missing"],
    [{ subject: "s", body: [] }, "body: must be an object, not a list"],
    [{ subject: "s", body: { version: 3 } }, "body.version: is set when"],
    [{ subject: "s", body: { type: "user" } }, "body.type: is user, which has claims of its own"],
    [{ subject: "s", body: { a: [Number.NaN] } }, "body.a[0]: is no number that JSON can express"],
    [{ subject: "s", body: { a: () => 1 } }, "body.a: must be JSON, not a function"],
    [{ subject: "s", body: { circle } }, "body.circle.me: contains itself"],
    [{ subject: USER.seed, body: {} }, "subject: holds a secret"],
  ])("%#", (claims, issue) => {
    expectOne(lines(validateGeneric(claims)), issue);
  });
});

describe("scoped users", () => {
  const signer = signerFromSeed(ACCOUNT_SIGNING.seed);
  const sign = (claims: object, by = signer) =>
    signUser({
      publicKey: USER.publicKey,
      claims: { name: "u", issuerAccount: ACCOUNT.publicKey, scoped: true, ...claims },
      signer: by,
      issuedAt: NOW,
    });

  test("say nothing about what they are allowed", () => {
    expect(decodeToken(sign({})).nats).toEqual({
      pub: {},
      sub: {},
      issuer_account: ACCOUNT.publicKey,
      type: "user",
      version: 2,
    });
  });

  test.each<[string, () => string]>([
    ["permissions", () => sign({ permissions: { publish: ["a"] } })],
    ["limits", () => sign({ limits: {} })],
    ["bearer", () => sign({ bearer: true })],
    ["issuerAccount", () => sign({ issuerAccount: undefined })],
    ["issuerAccount", () => sign({}, account)],
  ])("are not signed with the wrong %s", (field, attempt) => {
    expect(attempt).toThrow(
      expect.objectContaining({ code: "ERR_INPUT", message: expect.stringContaining(field) }),
    );
  });
});

describe("tokens that do not fit", () => {
  const user = (publish: string[]) =>
    signUser({
      publicKey: USER.publicKey,
      claims: { name: "u", permissions: { publish } },
      signer: account,
      issuedAt: NOW,
    });
  const many = user(Array.from({ length: 200 }, (_, i) => `orders.${i}.>`));

  test("into the line of a client that connects", () => {
    expect(sizeProblems(user(["a"]))).toEqual([]);
    expectOne(lines(sizeProblems(many)), `? : makes a token of ${many.length} bytes; servers read`);
    expect(sizeProblems(many, { maxControlLine: 16_384 })).toEqual([]);
  });

  test("into a message, or into the reader of Go", () => {
    const generic = encodeGeneric({
      subject: OPERATOR.publicKey,
      body: { type: "account", pad: "x".repeat(3_000) },
      signer: signerFromSeed(OPERATOR.seed),
      issuedAt: NOW,
    });
    // An account only by its type: its subject is none, so it is read here by its size alone.
    expect(() => sizeProblems(generic)).toThrow(expect.objectContaining({ code: "ERR_TOKEN" }));
    expectOne(
      lines(sizeProblems("x".repeat(2 ** 20 + 1))),
      ": makes a token of 1048577 bytes; more",
    );
  });
});

test("times that are over, or still to come, are named", () => {
  const claims = { notBefore: "2023-01-01T00:00:00Z", expiresAt: "2024-01-01T00:00:00Z" };
  expect(timeProblems(claims, NOW)).toEqual([]);
  expectOne(lines(timeProblems(claims, NOW * 2)), "? expiresAt: has passed");
  expectOne(lines(timeProblems(claims, 1)), "? notBefore: is still to come");
  expect(timeProblems({ expiresAt: "soon" }, NOW)).toEqual([]);
});
