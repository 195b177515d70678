/** Permissions: queue groups, denials, answers, what users without any of their own get. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Msg, NatsConnection } from "@nats-io/transport-node";
import type { ResponsePermissions } from "pulumi-nats-auth/claims";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Tenants } from "../support/tenants";
import { arriving, listen, published, subscribed } from "../support/traffic";

describe("permissions", () => {
  let tenants: Tenants;

  beforeAll(async () => {
    tenants = await Tenants.start();
  });

  afterAll(async () => {
    await tenants?.close();
  });

  it("name a queue group: without it, or in another, a subscription is refused", async () => {
    const account = await tenants.account("queues");
    const everybody = await account.connect();
    const subscriptions = ["orders.eu workers", "orders.eu", "orders.eu others", "bills workers"];
    const worker = await account.connect({
      permissions: { subscribe: ["orders.> workers"] },
    });
    expect(await subscribed(worker, everybody, subscriptions)).toEqual(["orders.eu workers"]);

    const patterned = await account.connect({
      permissions: { subscribe: ["orders.> *.blue"] },
    });
    const groups = ["orders.eu v1.blue", "orders.eu v2.blue", "orders.eu v1.red", "orders.eu"];
    expect(await subscribed(patterned, everybody, groups)).toEqual(groups.slice(0, 2));

    const outsider = await account.connect({
      permissions: { subscribe: { deny: ["orders.> workers"] } },
    });
    expect(await subscribed(outsider, everybody, subscriptions)).toEqual(subscriptions.slice(1));
  });

  it("deny what is allowed more widely", async () => {
    const account = await tenants.account("denials");
    const everybody = await account.connect();
    const user = await account.connect({
      permissions: {
        publish: { allow: ["orders.>"], deny: ["orders.secret"] },
        subscribe: { deny: ["bills.>"] },
      },
    });
    const subjects = ["orders.new", "orders.secret", "bills.new"];
    expect(await published(user, everybody, subjects)).toEqual(["orders.new"]);
    expect(await subscribed(user, everybody, subjects)).toEqual(["orders.new", "orders.secret"]);
  });

  it("of the account are those of users that have none, at once for open sessions too", async () => {
    const account = await tenants.account("defaults", {
      defaultPermissions: { publish: ["orders.>"], subscribe: ["orders.>"] },
    });
    const everybody = await account.connect({
      permissions: { publish: [">"], subscribe: [">"] },
    });
    const user = await account.connect();
    const subjects = ["orders.new", "bills.new"];
    expect(await published(user, everybody, subjects)).toEqual(["orders.new"]);
    expect(await subscribed(user, everybody, subjects)).toEqual(["orders.new"]);
    expect(await published(everybody, everybody, subjects)).toEqual(subjects);
    await account.publish({ defaultPermissions: { publish: ["bills.>"] } });
    expect(await published(user, everybody, subjects)).toEqual(["bills.new"]);
    expect(await subscribed(user, everybody, subjects)).toEqual(subjects);
  });

  describe("for answers", () => {
    /** A service that may answer as it is told, and somebody who asks it. */
    async function service(name: string, responses: ResponsePermissions) {
      const account = await tenants.account(name);
      const asker = await account.connect();
      const answerer = await account.connect({
        permissions: { subscribe: ["service"], responses },
      });
      return { asker, answerer };
    }

    /** The answers that get to the asker. */
    async function answers(
      { asker, answerer }: { asker: NatsConnection; answerer: NatsConnection },
      send: (question: Msg) => void | Promise<void>,
    ): Promise<string[]> {
      const [question] = await arriving(answerer, ["service"], asker, () =>
        asker.publish("service", "", { reply: "here" }),
      );
      const received = await listen(asker, "here");
      await send(question as Msg);
      await answerer.flush();
      await asker.flush();
      return received.map((answer) => answer.string());
    }

    it("let a service publish where it was asked to, so many times", async () => {
      const both = await service("answers", { max: 2 });
      const received = await answers(both, (question) => {
        for (const text of ["one", "two", "three"]) question.respond(text);
      });
      expect(received).toEqual(["one", "two"]);
      const { asker, answerer } = both;
      expect(await published(answerer, asker, ["here", "elsewhere"])).toEqual([]);
    });

    it("let it answer only for a while", async () => {
      const late = async (question: Msg) => {
        await sleep(500);
        question.respond("late");
      };
      const short = await service("short", { ttl: "100ms" });
      const long = await service("long", { ttl: "5m" });
      const received = await Promise.all([answers(short, late), answers(long, late)]);
      expect(received).toEqual([[], ["late"]]);
    });
  });
});
