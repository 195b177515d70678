/** Traces of messages. */
import { headers, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/nats";
import { Tenants } from "../support/tenants";
import { listen, published } from "../support/traffic";

interface Trace {
  events: { type: string; acc?: string; to?: string; name?: string }[];
}

describe("message traces", () => {
  let tenants: Tenants;

  beforeAll(async () => {
    tenants = await Tenants.start();
  });

  afterAll(async () => {
    await tenants?.close();
  });

  const destination = "traces";

  /**
   * Sends messages with these flags of a `traceparent` header; returns the traces that arrive. The server sends traces
   * when it has time, so as many as are expected are waited for.
   */
  async function traces(
    client: NatsConnection,
    observer: NatsConnection,
    flags: string[],
    { subject = "orders", expected }: { subject?: string; expected: number },
  ): Promise<Trace[]> {
    const all = await listen(observer, destination);
    for (const flag of flags) {
      const traceparent = headers();
      traceparent.set(
        "traceparent",
        `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-${flag}`,
      );
      client.publish(subject, "", { headers: traceparent });
    }
    await client.flush();
    await until(() => all.length >= expected);
    await observer.flush();
    return all.map((message) => message.json());
  }

  it("of messages that are sampled get to the account's destination", async () => {
    const account = await tenants.account("traced", { trace: { destination } });
    const [client, observer] = [await account.connect(), await account.connect()];
    expect(await traces(client, observer, ["00"], { expected: 0 })).toEqual([]);
    const [trace, ...more] = await traces(client, observer, ["00", "01"], { expected: 1 });
    expect(more).toEqual([]);
    expect(trace?.events[0]).toMatchObject({ type: "in", acc: account.publicKey });
    await account.publish({});
    expect(await traces(client, observer, ["01"], { expected: 0 })).toEqual([]);
  });

  it("are of about so many messages as the account wants", async () => {
    const account = await tenants.account("sampled", { trace: { destination, sampling: 30 } });
    const [client, observer] = [await account.connect(), await account.connect()];
    const many = 1_000;
    const all = await traces(
      client,
      observer,
      Array.from({ length: many }, () => "01"),
      { expected: many * 0.15 },
    );
    expect(all.length).toBeLessThan(many * 0.45);
  });

  it("go on into another account where its export, or its import, allows it", async () => {
    const receiver = async (name: string, allowTrace: boolean) => {
      const exporter = await tenants.account(name, { exports: [{ service: name, allowTrace }] });
      await listen(await exporter.connect(), name);
      return exporter;
    };
    const [open, closed] = [await receiver("open", true), await receiver("closed", false)];
    const account = await tenants.account("sender", {
      trace: { destination },
      imports: [open, closed].map(({ name, publicKey }) => ({ service: name, account: publicKey })),
    });
    const [client, observer] = [await account.connect(), await account.connect()];
    const egress = async (subject: string) => {
      const all = await traces(client, observer, ["01"], { subject, expected: 1 });
      return all.flatMap(({ events }) => events.filter(({ type }) => type === "eg"));
    };
    expect(await egress("open")).toHaveLength(1);
    expect(await egress("closed")).toEqual([]);

    const streams = [true, false].map(async (allowTrace) => {
      const importer = await tenants.account(`stream ${allowTrace}`, {
        imports: [{ stream: "events", account: account.publicKey, allowTrace }],
      });
      await listen(await importer.connect(), "events");
      return importer;
    });
    const [traced] = await Promise.all(streams);
    await account.publish({ trace: { destination }, exports: [{ stream: "events" }] });
    expect(await egress("events")).toMatchObject([{ acc: traced?.publicKey }]);
  });

  it("need a client that may publish to the destination: else its traced messages are lost", async () => {
    const account = await tenants.account("narrow", { trace: { destination } });
    const observer = await account.connect();
    const client = await account.connect({ permissions: { publish: ["orders"] } });
    expect(await published(client, observer, ["orders"])).toEqual(["orders"]);
    const seen = await listen(observer, "orders");
    expect(await traces(client, observer, ["01"], { expected: 0 })).toEqual([]);
    expect(seen).toEqual([]);
  });
});
