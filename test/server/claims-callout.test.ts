/** External authorization (auth callout): a service decides who is let in, and as whom. */
import { fromCurveSeed } from "@nats-io/nkeys";
import { jwtAuthenticator, type Msg, usernamePasswordAuthenticator } from "@nats-io/transport-node";
import {
  type AccountClaims,
  type AuthorizationRequest,
  authorizationRequestFromWire,
  decodeToken,
  signAuthorizationResponse,
  signUser,
  type UserClaims,
} from "pulumi-nats-auth/claims";
import { generateKeyPair, type KeyPairData, signerFromSeed } from "pulumi-nats-auth/keys";
import { keyPair } from "pulumi-nats-auth/lifecycle";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, connectWith, until } from "../support/nats";
import { Reconnecting } from "../support/sessions";
import { now, Tenant, Tenants, type TestUser } from "../support/tenants";
import { published } from "../support/traffic";

/** What the service of these tests says to a request: a user of an account, or why not. */
type Decision = { account: Tenant; claims?: Partial<UserClaims>; signer?: KeyPairData } | string;

describe("an authorization service", () => {
  let tenants: Tenants;

  /** Servers write their log when they have time. */
  const logged = (words: RegExp) => expect.poll(() => tenants.server.log()).toMatch(words);

  beforeAll(async () => {
    tenants = await Tenants.start();
  });

  afterAll(async () => {
    await tenants?.close();
  });

  /** An account whose service decides like this. */
  async function asking(
    name: string,
    decide: (request: AuthorizationRequest) => Decision,
    more: Omit<AccountClaims["authorization"], "authUsers"> = {},
    /** Those that the service knows; the account gets the first. */
    curves: KeyPairData[] = [],
  ) {
    const account = new Tenant(tenants, name);
    const serviceUser = account.user();
    /** Tells servers for which key to encrypt. */
    const publish = (curve = curves[0]) =>
      account.publish({
        authorization: { authUsers: [serviceUser.publicKey], xkey: curve?.publicKey, ...more },
      });
    await publish();
    const service = await connectWith(serviceUser.creds, tenants.url);
    const callback = (_: unknown, message: Msg) => {
      const sender = message.headers?.get("Nats-Server-Xkey") ?? "";
      const { curve, bytes } = open(curves, message.data, sender);
      const token = decodeToken(new TextDecoder().decode(bytes));
      const answer = new TextEncoder().encode(
        respond(account, authorizationRequestFromWire(token), decide),
      );
      message.respond(curve ? seal(curve, answer, sender) : answer);
    };
    service.subscribe("$SYS.REQ.USER.AUTH", { callback });
    await service.flush();
    const sentinel = account.user({ bearer: true, permissions: { publish: { deny: [">"] } } });
    return { account, publish, service, serviceUser, sentinel };
  }

  function respond(
    asked: Tenant,
    request: AuthorizationRequest,
    decide: (request: AuthorizationRequest) => Decision,
  ): string {
    const decision = decide(request);
    const answer = typeof decision === "string" ? { error: decision } : { jwt: admit(decision) };
    return signAuthorizationResponse({
      publicKey: request.userKey,
      claims: { audience: request.server.id, ...answer },
      signer: signerFromSeed(asked.key.seed),
      issuedAt: now(),
    });

    function admit({ account, claims, signer = account.key }: Exclude<Decision, string>): string {
      return signUser({
        publicKey: request.userKey,
        claims: { name: "admitted", issuerAccount: account.publicKey, ...claims },
        signer: signerFromSeed(signer.seed),
        issuedAt: now(),
      });
    }
  }

  /** Somebody with nothing but the account's token for everybody, and a name and a password. */
  const somebody = ({ jwt }: TestUser, user: string, pass: string) => [
    jwtAuthenticator(jwt),
    usernamePasswordAuthenticator(user, pass),
  ];

  it("lets those in whom it knows, as the user and into the account that it says", async () => {
    const target = await tenants.account("target");
    const { account, service, sentinel } = await asking(
      "doors",
      ({ connection: { user, password } }) =>
        user === "ann" && password === "secret"
          ? { account: target, claims: { permissions: { publish: ["orders"] } } }
          : "wrong password",
      { allowedAccounts: ["*"] },
    );
    const ann = await connectWith(somebody(sentinel, "ann", "secret"), tenants.url);
    const inTarget = await target.connect();
    expect(await published(ann, inTarget, ["orders", "bills"])).toEqual(["orders"]);
    expect(await published(ann, service, ["orders"])).toEqual([]);

    const wrong = somebody(sentinel, "ann", "wrong");
    expect(await admission(wrong, tenants.url)).toMatch(/^refused/);
    await logged(/wrong password/);
    expect(await admission(account.user().creds, tenants.url)).toMatch(/^refused/);
    await account.publish({});
    expect(await admission(account.user().creds, tenants.url)).toBe("admitted");
  });

  it("is not asked about its own users, who get what their own claims say", async () => {
    const { account, service, serviceUser } = await asking("bypass", () => "nobody");
    expect(await admission(serviceUser.creds, tenants.url)).toBe("admitted");
    expect(await published(service, service, ["orders"])).toEqual(["orders"]);
    expect(await admission(account.user().creds, tenants.url)).toMatch(/^refused/);
  });

  it("puts users into its own account, and into others only as far as that allows", async () => {
    const [allowed, other] = [await tenants.account("allowed"), await tenants.account("other")];
    const tenantsByName: Record<string, Tenant> = { allowed, other };
    const { account, sentinel } = await asking(
      "bounds",
      ({ connection: { user = "" } }) => ({ account: tenantsByName[user] as Tenant }),
      { allowedAccounts: [allowed.publicKey] },
    );
    tenantsByName["own"] = account;
    const at = (user: string) => admission(somebody(sentinel, user, ""), tenants.url);
    expect(await at("allowed")).toBe("admitted");
    expect(await at("other")).toMatch(/^refused/);
    await logged(/not permitted as valid account option/);
    expect(await at("own")).toBe("admitted");

    const narrow = await asking("narrow", () => ({ account: allowed }));
    const outside = somebody(narrow.sentinel, "allowed", "");
    expect(await admission(outside, tenants.url)).toMatch(/^refused/);
  });

  it("may answer with users of a scoped key", async () => {
    const signer = generateKeyPair("account");
    const template = { permissions: { publish: ["users.{{name()}}"] } };
    const target = await tenants.account("scoped", {
      signingKeys: [{ key: signer.publicKey, role: "worker", template }],
    });
    const { sentinel } = await asking(
      "scopes",
      ({ connection: { user = "" } }) => ({
        account: target,
        claims: { scoped: true, name: user },
        signer,
      }),
      { allowedAccounts: [target.publicKey] },
    );
    const ann = await connectWith(somebody(sentinel, "ann", ""), tenants.url);
    const subjects = ["users.ann", "users.bob"];
    expect(await published(ann, await target.connect(), subjects)).toEqual(["users.ann"]);
  });

  it("with a curve key gets encrypted requests, and may encrypt its answers", async () => {
    const curve = generateKeyPair("curve");
    const requests: AuthorizationRequest[] = [];
    const decide = (request: AuthorizationRequest): Decision => {
      requests.push(request);
      return request.connection.password === "secret" ? { account } : "wrong password";
    };
    const { account, sentinel } = await asking("sealed", decide, {}, [curve]);
    const at = (password: string) => admission(somebody(sentinel, "ann", password), tenants.url);
    expect(await at("secret")).toBe("admitted");
    expect(await at("wrong")).toMatch(/^refused/);
    expect(requests.map(({ server }) => server.xkey)).toEqual(
      [1, 2].map(() => expect.stringMatching(/^X/)),
    );
  });

  it("lets people in at every moment while its curve key rotates, when it gets both keys first", async () => {
    const { id, outs } = await keyPair.create({ kind: "curve", rotation: "1" });
    const known = [outs as KeyPairData];
    const account = await tenants.account("people");
    const decide = () => ({ account });
    const { publish, sentinel } = await asking(
      "rotates",
      decide,
      { allowedAccounts: ["*"] },
      known,
    );
    const loop = new Reconnecting(somebody(sentinel, "ann", ""), [tenants.server]);
    const { outs: rotated = {} } =
      (await keyPair.update?.(id, outs, { kind: "curve", rotation: "2" })) ?? {};
    const { former, ...fresh } = rotated as KeyPairData & { former: KeyPairData };
    expect(former).toMatchObject({ publicKey: outs.publicKey, seed: outs.seed });
    expect(fresh.publicKey).not.toBe(outs.publicKey);
    known.splice(0, 1, fresh, former);
    await until(() => loop.attempts > 5);
    await publish(fresh);
    const before = loop.attempts;
    await until(() => loop.attempts > before + 5);
    await loop.stop();
    expect(loop.refusals).toEqual([]);
    // The old key is of no use any more.
    known.splice(1, 1);
    expect(await admission(somebody(sentinel, "ann", ""), tenants.url)).toBe("admitted");
  });
});

/** Opens a request with the key that it is encrypted for. */
function open(curves: KeyPairData[], data: Uint8Array, sender: string) {
  if (curves.length === 0) return { curve: undefined, bytes: data };
  for (const curve of curves) {
    const bytes = curveOf(curve).open(data, sender);
    if (bytes !== null) return { curve, bytes };
  }
  throw new Error("the request is encrypted for none of these keys");
}

function seal(curve: KeyPairData, data: Uint8Array, recipient: string): Uint8Array {
  return curveOf(curve).seal(data, recipient);
}

function curveOf({ seed }: KeyPairData) {
  return fromCurveSeed(new TextEncoder().encode(seed));
}
