/** Who is let in: times, networks, kinds of connection, bearer tokens, proxies. */
import { type Authenticator, jwtAuthenticator, wsconnect } from "@nats-io/transport-node";
import type { UserClaims } from "pulumi-nats-auth/claims";
import { generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, connectWith, freePort, until } from "../support/nats";
import { inSeconds, now, type Tenant, Tenants, type TestUser } from "../support/tenants";

/** A zone far from UTC, without summer time: a window there is another one than here. */
const ZONE = "Pacific/Kiritimati";
const ZONE_AHEAD = 14 * 3600;

/** The time of day in the zone, so many seconds from now. */
const timeOfDay = (seconds: number, ahead = ZONE_AHEAD) =>
  new Date((now() + ahead + seconds) * 1000).toISOString().slice(11, 19);

const HOUR = 3600;

describe("a user is let in", () => {
  let tenants: Tenants;
  let account: Tenant;
  let webPort: number;
  const proxy = generateKeyPair("user");

  beforeAll(async () => {
    webPort = await freePort();
    tenants = await Tenants.start({
      config:
        `websocket { listen: "127.0.0.1:${webPort}", no_tls: true }\n` +
        `proxies { trusted: [{ key: ${proxy.publicKey} }] }`,
    });
    account = await tenants.account("shop");
  });

  afterAll(async () => {
    await tenants?.close();
  });

  const admit = (claims: Partial<UserClaims>) => admission(account.user(claims).creds, tenants.url);

  it("in its part of the day, in its own time zone", async () => {
    const window = [{ start: timeOfDay(-HOUR), end: timeOfDay(HOUR) }];
    const later = [{ start: timeOfDay(HOUR), end: timeOfDay(2 * HOUR) }];
    expect(await admit({ times: window, timeZone: ZONE })).toBe("admitted");
    expect(await admit({ times: later, timeZone: ZONE })).toMatch(/^refused/);
    expect(await admit({ times: [...later, ...window], timeZone: ZONE })).toBe("admitted");
    expect(await admit({ times: window, timeZone: "UTC" })).toMatch(/^refused/);
    // Over midnight: all day but for an hour; and a range without a length.
    const around = [{ start: timeOfDay(-HOUR), end: timeOfDay(-2 * HOUR) }];
    const never = [{ start: timeOfDay(-HOUR), end: timeOfDay(-HOUR) }];
    expect(await admit({ times: around, timeZone: ZONE })).toBe("admitted");
    expect(await admit({ times: never, timeZone: ZONE })).toMatch(/^refused/);
  });

  it("from its networks", async () => {
    expect(await admit({ sourceNetworks: ["127.0.0.1/32"] })).toBe("admitted");
    expect(await admit({ sourceNetworks: ["10.0.0.0/8"] })).toMatch(/^refused/);
    expect(await admit({ sourceNetworks: ["10.0.0.0/8", "127.0.0.0/8"] })).toBe("admitted");
  });

  it("from one instant to another", async () => {
    expect(await admit({ notBefore: inSeconds(-HOUR), expiresAt: inSeconds(HOUR) })).toBe(
      "admitted",
    );
    expect(await admit({ notBefore: inSeconds(HOUR) })).toMatch(/^refused/);
  });

  // These wait for a time to come, together.
  it.concurrent("until its part of the day is over", async () => {
    const times = [{ start: timeOfDay(-HOUR), end: timeOfDay(6) }];
    const session = await account.connect({ times, timeZone: ZONE });
    expect(String(await session.closed())).toMatch(/expired/i);
    expect(await admit({ times, timeZone: ZONE })).toMatch(/^refused/);
  });

  it.concurrent("until its token expires", async () => {
    const brief = account.user({ expiresAt: inSeconds(6) });
    const session = await connectWith(brief.creds, tenants.url);
    expect(String(await session.closed())).toMatch(/expired/i);
    // The server closes the session with the second of its end, and refuses after it.
    await until(async () => (await admission(brief.creds, tenants.url)) !== "admitted");
  });

  it.concurrent("as long as its account has not expired", async () => {
    const brief = await tenants.account("brief", { expiresAt: inSeconds(6) });
    const { creds } = brief.user();
    const session = await connectWith(creds, tenants.url);
    expect(String(await session.closed())).toMatch(/expired/i);
    expect(await admission(creds, tenants.url)).toMatch(/^refused/);
    await brief.publish({ expiresAt: inSeconds(HOUR) });
    expect(await admission(creds, tenants.url)).toBe("admitted");
  });

  it("by the kinds of connection it may use", async () => {
    const web = account.user({ connectionTypes: ["WEBSOCKET"] });
    const plain = account.user({ connectionTypes: ["STANDARD"] });
    expect(await admission(plain.creds, tenants.url)).toBe("admitted");
    expect(await admission(web.creds, tenants.url)).toMatch(/^refused/);
    const byWeb = (user: TestUser) =>
      wsconnect({
        servers: `ws://127.0.0.1:${webPort}`,
        authenticator: withKey(user),
        reconnect: false,
      });
    await (await byWeb(web)).close();
    await expect(byWeb(plain)).rejects.toThrow();
  });

  it("without its key only with a bearer token", async () => {
    const onlyToken = (claims: Partial<UserClaims>) =>
      admission(jwtAuthenticator(account.user(claims).jwt), tenants.url);
    expect(await onlyToken({ bearer: true })).toBe("admitted");
    expect(await onlyToken({})).toMatch(/^refused/);
  });

  it("with a bearer token only where the account does not forbid them", async () => {
    const strict = await tenants.account("strict");
    const bearer = strict.user({ bearer: true });
    const [open, usual] = [await connectWith(bearer.creds, tenants.url), await strict.connect()];
    await strict.publish({ limits: { disallowBearer: true } });
    await open.closed();
    expect(usual.isClosed()).toBe(false);
    expect(await admission(bearer.creds, tenants.url)).toMatch(/^refused/);
    expect(await admission(strict.user().creds, tenants.url)).toBe("admitted");
  });

  it("through a trusted proxy, when it needs one", async () => {
    const user = account.user({ proxyRequired: true });
    /** A proxy adds its own signature of the nonce to what the client says. */
    const through = ({ seed }: { seed: string }) => {
      const sign = (nonce: string) => signerFromSeed(seed).sign(new TextEncoder().encode(nonce));
      return ((nonce = "") => ({
        ...withKey(user)(nonce),
        proxy_sig: Buffer.from(sign(nonce)).toString("base64url"),
      })) as Authenticator;
    };
    expect(await admission(user.creds, tenants.url)).toMatch(/^refused/);
    expect(await admission(through(generateKeyPair("user")), tenants.url)).toMatch(/^refused/);
    expect(await admission(through(proxy), tenants.url)).toBe("admitted");
  });
});

function withKey({ jwt, seed }: TestUser): Authenticator {
  return jwtAuthenticator(jwt, new TextEncoder().encode(seed));
}
