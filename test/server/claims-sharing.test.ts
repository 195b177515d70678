/** Public exports: who gets what, under which subject. */
import type { NatsConnection } from "@nats-io/transport-node";
import { importCycles, importProblems } from "pulumi-nats-auth/claims";
import { generateKeyPair } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Tenant, Tenants } from "../support/tenants";
import { answered, arriving, serve, subscribed } from "../support/traffic";

let tenants: Tenants;

beforeAll(async () => {
  tenants = await Tenants.start();
});

afterAll(async () => {
  await tenants?.close();
});

/** Names of the accounts whose imports make a circle, by what is known before a push. */
function circles(...all: Tenant[]): string[] {
  const cycles = importCycles(new Map(all.map(({ publicKey, claims }) => [publicKey, claims])));
  return cycles.map(
    ({ account }) => all.find(({ publicKey }) => publicKey === account)?.name ?? "",
  );
}

describe("public exports", () => {
  it("of two accounts may be imported by each other", async () => {
    const [left, right] = [new Tenant(tenants, "left"), new Tenant(tenants, "right")];
    await left.publish({
      exports: [{ stream: "left.events" }, { service: "left.time" }],
      imports: [
        { stream: "right.events", account: right.publicKey },
        { service: "right.time", account: right.publicKey },
      ],
    });
    await right.publish({
      exports: [{ stream: "right.events" }, { service: "right.time" }],
      imports: [
        { stream: "left.events", account: left.publicKey },
        { service: "left.time", account: left.publicKey },
      ],
    });
    expect(circles(left, right)).toEqual([]);
    const [inLeft, inRight] = [await left.connect(), await right.connect()];
    for (const [client, own] of [
      [inLeft, "left.time"],
      [inRight, "right.time"],
    ] as const) {
      await serve(client, own, () => "noon");
    }
    const events = ["left.events", "right.events", "left.secrets"];
    expect(await subscribed(inRight, inLeft, events)).toEqual(["left.events"]);
    expect(await subscribed(inLeft, inRight, events)).toEqual(["right.events"]);
    expect(await answered(inLeft, ["right.time"])).toEqual(["right.time"]);
    expect(await answered(inRight, ["left.time"])).toEqual(["left.time"]);
  });

  it.each(["stream", "service"] as const)(
    "%ss: of a circle of imports, one is dropped in silence",
    async (type) => {
      const [one, two] = [new Tenant(tenants, "one"), new Tenant(tenants, "two")];
      for (const [tenant, other] of [
        [one, two],
        [two, one],
      ] as const) {
        await tenant.publish({
          exports: [{ [type]: "shared" }],
          imports: [{ [type]: "shared", account: other.publicKey }],
        });
      }
      expect(circles(one, two)).toEqual(["one", "two"]);
      const [inOne, inTwo] = [await one.connect(), await two.connect()];
      const works = async (user: NatsConnection, offerer: NatsConnection) => {
        if (type === "stream") return (await subscribed(user, offerer, ["shared"])).length === 1;
        const asked = await arriving(offerer, ["shared"], user, () => user.publish("shared"));
        return asked.length === 1;
      };
      const working = [await works(inOne, inTwo), await works(inTwo, inOne)];
      expect(working.filter((does) => does)).toHaveLength(1);
    },
  );

  it("with the account's key in the subject give each account its own part", async () => {
    const exporter = await tenants.account("parts", {
      exports: [
        { service: "requests.*.get", accountTokenPosition: 2 },
        { stream: "events.*.>", accountTokenPosition: 2 },
      ],
    });
    const account = exporter.publicKey;
    const source = await exporter.connect();
    await serve(source, "requests.*.get", () => "here");
    const importer = new Tenant(tenants, "importer");
    const [own, foreign] = [importer.publicKey, generateKeyPair("account").publicKey];
    /** What an import of the parts of this account brings. */
    const importing = async (key: string) => {
      await importer.publish({
        imports: [
          { service: `requests.${key}.get`, account },
          { stream: `events.${key}.>`, account },
        ],
      });
      const problems = (importer.claims.imports ?? []).flatMap((item) =>
        importProblems(item, exporter, importer),
      );
      expect(problems).toHaveLength(key === own ? 0 : 2);
      const client = await importer.connect();
      const services = [own, foreign].map((part) => `requests.${part}.get`);
      const streams = [own, foreign].map((part) => `events.${part}.new`);
      return [
        ...(await answered(client, services)),
        ...(await subscribed(client, source, streams)),
      ];
    };
    expect(await importing(own)).toEqual([`requests.${own}.get`, `events.${own}.new`]);
    expect(await importing(foreign)).toEqual([]);
    expect(await importing("*")).toEqual([]);
  });

  it("may be known by another subject", async () => {
    const exporter = await tenants.account("named", {
      exports: [{ stream: "events.*.*" }, { service: "time.*" }],
    });
    const account = exporter.publicKey;
    const importer = await tenants.account("renaming", {
      imports: [
        { stream: "events.*.*", account, localSubject: "theirs.$2.$1" },
        { service: "time.*", account, localSubject: "hour.$1" },
      ],
    });
    const [source, client] = [await exporter.connect(), await importer.connect()];
    const messages = await arriving(client, ["theirs.>"], source, () =>
      source.publish("events.a.b"),
    );
    expect(messages.map(({ subject }) => subject)).toEqual(["theirs.b.a"]);
    await serve(source, "time.*", ({ subject }) => subject);
    expect((await client.request("hour.utc", "", { timeout: 5_000 })).string()).toBe("time.utc");
  });
});
