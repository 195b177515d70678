/** Mappings: where published messages go. */
import { type AccountClaims, validateAccount } from "pulumi-nats-auth/claims";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Tenant, Tenants } from "../support/tenants";
import { arriving } from "../support/traffic";

type Mappings = NonNullable<AccountClaims["mappings"]>;

describe("mappings", () => {
  let tenants: Tenants;

  beforeAll(async () => {
    tenants = await Tenants.start();
  });

  afterAll(async () => {
    await tenants?.close();
  });

  /** How many messages arrive under which subject, when so many are published under one. */
  async function arrivals(account: Tenant, subject: string, count = 1) {
    const client = await account.connect();
    const messages = await arriving(client, [">"], client, () => {
      for (let i = 0; i < count; i++) client.publish(subject);
    });
    const counts: Record<string, number> = {};
    for (const message of messages) counts[message.subject] = (counts[message.subject] ?? 0) + 1;
    return counts;
  }

  it("send messages on under another subject, with what the wildcards matched", async () => {
    const account = await tenants.account("moved", {
      mappings: {
        "orders.*.*": ["shop.$2.{{wildcard(1)}}"],
        bills: [{ subject: "invoices", weight: 100 }],
        "ids.*": ["parts.{{split(1,-)}}"],
      },
    });
    expect(await arrivals(account, "orders.eu.new")).toEqual({ "shop.new.eu": 1 });
    expect(await arrivals(account, "bills")).toEqual({ invoices: 1 });
    expect(await arrivals(account, "ids.a-b")).toEqual({ "parts.a.b": 1 });
    expect(await arrivals(account, "orders.eu")).toEqual({ "orders.eu": 1 });
    await account.publish({});
    expect(await arrivals(account, "bills")).toEqual({ bills: 1 });
  });

  it("split messages by weight, and leave the rest where it was", async () => {
    const many = 4_000;
    const account = await tenants.account("split", {
      mappings: {
        halves: [
          { subject: "left", weight: 50 },
          { subject: "right", weight: 50 },
        ],
        trial: [{ subject: "canary", weight: 20 }],
      },
    });
    // Six times the standard deviation and more: what is split as declared never gets there.
    const halves = await arrivals(account, "halves", many);
    expect(Object.keys(halves).sort()).toEqual(["left", "right"]);
    expect((halves["left"] as number) / many).toBeCloseTo(0.5, 1);
    expect((halves["left"] as number) + (halves["right"] as number)).toBe(many);
    const trial = await arrivals(account, "trial", many);
    expect(Object.keys(trial).sort()).toEqual(["canary", "trial"]);
    expect(trial["canary"] as number).toBeGreaterThan(many * 0.1);
    expect(trial["canary"] as number).toBeLessThan(many * 0.3);
  });

  it.each<[string, Mappings]>([
    ["a wildcard that is not there", { "orders.*": ["shop.$5"] }],
    ["a wildcard of a subject without any", { orders: ["shop.{{wildcard(1)}}"] }],
    ["a function that is not known", { "orders.*": ["shop.{{unknown(1)}}"] }],
    ["a wrong number of arguments", { "orders.*": ["shop.{{split(1)}}"] }],
    [
      "one target twice",
      {
        orders: [
          { subject: "a", weight: 10 },
          { subject: "a", weight: 10 },
        ],
      },
    ],
    [
      "one target twice, in two clusters",
      { orders: [{ subject: "a" }, { subject: "a", cluster: "east" }] },
    ],
    [
      "more than all messages",
      {
        orders: [
          { subject: "a", weight: 60 },
          { subject: "b", weight: 60 },
        ],
      },
    ],
    ["an invalid source", { "orders..new": ["shop"] }],
    ["an invalid target", { orders: ["shop..new"] }],
    ["a target with a wildcard of no source", { orders: ["shop.*"] }],
  ])("with %s are refused by servers, and before that by validation", async (name, mappings) => {
    const [issue] = validateAccount({ name, mappings });
    expect(issue).toMatchObject({
      severity: "error",
      path: expect.stringMatching(/^mappings/),
    });
    const refused = new Tenant(tenants, name);
    await expect(refused.publishUnchecked({ mappings })).rejects.toMatchObject({
      code: "ERR_REJECTED",
    });
  });
});
