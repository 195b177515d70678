import type { NatsConnection } from "@nats-io/transport-node";
import { accountFromWire, decodeToken } from "pulumi-nats-auth/claims";
import { formatCreds, generateKeyPair } from "pulumi-nats-auth/keys";
import { account, retiredKeys, signingKey, user } from "pulumi-nats-auth/lifecycle";
import { closeConnections } from "pulumi-nats-auth/resolver";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { MiniEngine, type Op } from "../support/engine";
import { jetstreamReady, makeStream } from "../support/jetstream";
import { admission, connectWith, freePort, type Server, Servers } from "../support/nats";
import { makeOperator, systemCreds } from "../support/operator";
import { watchPushes } from "../support/system";

const day = 86_400;
const days = 365;
const rotationEvery = 30;
/** 28 d, renewed at half of it: an hour that is begun counts, so it is due on the day after the 14th. */
const accountRenewedEvery = 15;
/** 90 d, renewed 30 d before the end, for the same reason on the day after the 60th. */
const userRenewedEvery = 61;
const permanent = ["a", "b", "c"];

const count = (from: number, every: number) => Math.floor((days - 1 - from) / every);

/** What a year comes to, by hand. */
const expected = {
  // 24 renewals; the 12 rotations fall on every second of them; an old key goes on the 8th day after each but the last.
  pushesOfAccount: 1 + count(0, accountRenewedEvery) + count(8, rotationEvery),
  pushesOfDeletions: count(0, 7),
  signedPermanent: 1 + count(0, userRenewedEvery) + count(0, rotationEvery),
  signedSteady: 1 + count(0, userRenewedEvery),
  // One a week; a rotation meets the one of that week, unless it was made on that very day (the 210th).
  signedWeekly: 1 + count(0, 7) + count(0, rotationEvery) - 1,
};

describe("a year of nightly `up`s, on a server", () => {
  const operator = makeOperator("acme");
  const orders = generateKeyPair("account");
  const engine = new MiniEngine();
  const start = Math.ceil(Date.now() / 1000 / 3600) * 3600 + 600; // ten minutes past an hour, by no server in the past
  let servers: Servers;
  let server: Server;
  let system: NatsConnection;
  let pushed: string[];
  let today = 0;

  /** The program on a day. */
  const program = async () => {
    const rotation = String(Math.floor(today / rotationEvery));
    const signer = await engine.resource(signingKey, "signing", { kind: "account", rotation });
    const { retired } = await engine.resource(retiredKeys, "retired", {
      current: signer["publicKey"],
      rotation,
      overlap: "7d",
    });
    const authority = {
      operator: { publicKey: operator.identity.publicKey, signer: operator.signing },
      server: {
        url: server.url,
        system: { publicKey: operator.system.publicKey, signer: operator.systemSigning },
      },
    };
    await engine.resource(account, "account", {
      name: "orders",
      publicKey: orders.publicKey,
      ...authority,
      signingKeys: [
        signer["publicKey"],
        (retired as { publicKey: string }[]).map((key) => key.publicKey),
      ],
      jetstream: { diskStorage: "1GiB" },
      expiresIn: "28d",
      maxUserLifetime: "90d",
    });
    const userOf = (name: string, key: unknown) =>
      engine.resource(user, `user ${name}`, {
        name,
        account: {
          publicKey: orders.publicKey,
          name: "orders",
          signer: key,
          authority: JSON.stringify(authority),
          maxUserLifetime: "90d",
        },
        expiresIn: "90d",
        renewBefore: "30d",
      });
    const { publicKey, seed } = signer;
    for (const name of permanent) await userOf(name, { publicKey, seed });
    await userOf("steady", orders);
    await userOf(`week${Math.floor(today / 7)}`, { publicKey, seed });
  };

  const now = () => Math.floor(Date.now() / 1000);
  const credsOf = (name: string) => {
    const [{ jwt, seed }] = engine.outputs(`user ${name}`) as [{ jwt: string; seed: string }];
    return formatCreds(jwt, seed);
  };
  const copy = () => accountFromWire(decodeToken(server.accounts()[orders.publicKey] ?? ""));

  beforeAll(async () => {
    servers = await Servers.start(operator.text, [await freePort()]);
    server = servers.all[0] as Server;
    system = await connectWith(systemCreds(operator), server.url);
    pushed = await watchPushes(system);
    const real = Date.now.bind(Date);
    const offset = start * 1000 - real();
    // The clock goes on within a day.
    vi.spyOn(Date, "now").mockImplementation(() => real() + offset + today * (day + 1) * 1000);
    vi.spyOn(console, "log").mockImplementation(() => {});
  });

  afterAll(async () => {
    vi.restoreAllMocks();
    await closeConnections();
    await system?.close();
    await servers?.close();
  });

  it(
    "renews what is due and nothing else, and lets nothing expire",
    async () => {
      const signed = new Set<string>();
      const revoked = new Map<string, number>();
      let steady: NatsConnection | undefined;
      engine.afterStep = () => {
        if (engine.outputs("account").length === 0) return;
        const keys = [orders.publicKey, ...(copy().signingKeys ?? [])];
        for (const outs of engine.outputs("user ")) {
          const { iss, exp = 0 } = decodeToken(outs["jwt"] as string);
          expect(keys, `day ${today}`).toContain(iss);
          expect(exp, `day ${today}`).toBeGreaterThan(now() + day);
          signed.add(`${String(outs["name"]).replace(/\d+/, "")} ${outs["jwt"]}`);
        }
      };
      for (today = 0; today < days; today += 1) {
        const leaving = engine.outputs("user week").map(({ jwt }) => decodeToken(jwt as string));
        const isLast = today % 7 === 0;
        const done = await engine.up(program);
        if (today > 0) expect(done, `day ${today}`).toEqual(dueOn(today));

        const { exp = 0 } = decodeToken(server.accounts()[orders.publicKey] ?? "");
        expect(exp, `day ${today}`).toBeGreaterThan(now() + day);
        for (const { sub, iat } of isLast ? leaving : []) revoked.set(sub, iat);
        const held = copy().revocations ?? {};
        if (isLast && today > 0) {
          const kept = [...revoked].filter(([, iat]) => iat >= now() - 91 * day);
          const dropped = [...revoked].filter(([, iat]) => iat < now() - 91 * day);
          const everybody = dropped.length === 0 ? [] : [["*", dropped.at(-1)?.[1]]];
          expect(held, `day ${today}`).toEqual(Object.fromEntries([...kept, ...everybody]));
        }
        expect(Object.keys(held).length).toBeLessThanOrEqual(14);

        if (today % 60 === 0) {
          for (const { name } of engine.outputs("user ")) {
            const creds = credsOf(String(name));
            expect(await admission(creds, server.url), `day ${today}`).toBe("admitted");
          }
        }
        // Its session outlives the renewals of the account, and its own; it takes its new creds then.
        if (today % userRenewedEvery === 0) {
          expect(steady?.isClosed() ?? false, `day ${today}`).toBe(false);
          await steady?.close();
          steady = await connectWith(credsOf("steady"), server.url);
        }
        if (today === 0 && steady) {
          await jetstreamReady(steady);
          expect(await makeStream(steady, { name: "events" })).toBe("made");
          for (let i = 0; i < 10; i += 1)
            await steady.request("events", `${i}`, { timeout: 5_000 });
        }
      }

      const signedOf = (name: string) =>
        [...signed].filter((one) => one.startsWith(`${name} `)).length;
      for (const name of permanent) expect(signedOf(name)).toBe(expected.signedPermanent);
      expect(signedOf("steady")).toBe(expected.signedSteady);
      expect(signedOf("week")).toBe(expected.signedWeekly);
      await system.flush();
      const ofOrders = pushed.filter((jwt) => decodeToken(jwt).sub === orders.publicKey);
      expect(ofOrders).toHaveLength(expected.pushesOfAccount + expected.pushesOfDeletions);
      const info = await steady?.request("$JS.API.STREAM.INFO.events", "", { timeout: 5_000 });
      expect(info?.json()).toMatchObject({ state: { messages: 10 } });
      await steady?.close();
    },
    10 * 60_000,
  );
});

/** What an `up` of this day changes, by hand. */
function dueOn(today: number): [Op, string][] {
  const rotates = today % rotationEvery === 0;
  const drops = today > rotationEvery && today % rotationEvery === 8;
  const renewsUsers = today % userRenewedEvery === 0;
  const renewsAccount = today % accountRenewedEvery === 0;
  const [week, newWeek] = [Math.floor(today / 7), today % 7 === 0];
  const all: [boolean, Op, string][] = [
    [rotates, "update", "signing"],
    [rotates || drops, "update", "retired"],
    [rotates || drops || renewsAccount, "update", "account"],
    ...permanent.map((name): [boolean, Op, string] => [
      rotates || renewsUsers,
      "update",
      `user ${name}`,
    ]),
    [renewsUsers, "update", "user steady"],
    [newWeek, "create", `user week${week}`],
    [rotates && !newWeek, "update", `user week${week}`],
    [newWeek, "delete", `user week${week - 1}`],
  ];
  return all.filter(([due]) => due).map(([, op, name]) => [op, name]);
}
