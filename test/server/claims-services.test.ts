/** Exported services: how many answers, for how long, and how long they took. */
import { setTimeout as sleep } from "node:timers/promises";
import { headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { accountFromWire, decodeToken, type Export, type Import } from "pulumi-nats-auth/claims";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/nats";
import { Tenant, Tenants } from "../support/tenants";
import { listen, serve } from "../support/traffic";

const service = "time";

describe("an exported service", () => {
  let tenants: Tenants;

  beforeAll(async () => {
    tenants = await Tenants.start();
  });

  afterAll(async () => {
    await tenants?.close();
  });

  /** A service in one account, and a client in another that imports it. */
  async function sharing(
    { name, ...offer }: Partial<Export> & { name: string },
    use: Partial<Import> = {},
  ) {
    const exporter = await tenants.account(name, { exports: [{ service, ...offer }] });
    const importer = await tenants.account(`${name} importer`, {
      imports: [{ service, account: exporter.publicKey, ...use }],
    });
    return { exporter, server: await exporter.connect(), client: await importer.connect() };
  }

  /** What gets to the client of the answers to one request. */
  async function answers(
    { server, client }: { server: NatsConnection; client: NatsConnection },
    answer: (request: Msg) => void | Promise<void>,
  ): Promise<string[]> {
    const asked = new Promise<Msg>((resolve) => {
      server.subscribe(service, { max: 1, callback: (_, request) => resolve(request) });
    });
    await server.flush();
    const received = await listen(client, "answers");
    client.publish(service, "", { reply: "answers" });
    await answer(await asked);
    await server.flush();
    await client.flush();
    return received.map((message) => message.string());
  }

  it("answers once, or as often as its response type allows", async () => {
    for (const [responseType, expected] of [
      [undefined, ["one"]],
      ["singleton", ["one"]],
      ["stream", ["one", "two", "three"]],
      ["chunked", ["one", "two", "three"]],
    ] as const) {
      const received = await answers(
        await sharing({ name: `${responseType}`, responseType }),
        (request) => {
          for (const text of ["one", "two", "three"]) request.respond(text);
        },
      );
      expect(received, responseType).toEqual(expected);
    }
  });

  it("answers as long as the way back is open", async () => {
    const late = async (request: Msg) => {
      await sleep(500);
      request.respond("late");
    };
    const short = await sharing({ name: "short", responseThreshold: "100ms" });
    const long = await sharing({ name: "long", responseThreshold: "1h" });
    const received = await Promise.all([answers(short, late), answers(long, late)]);
    expect(received).toEqual([[], ["late"]]);
  });

  describe("with latency sampling", () => {
    interface Sample {
      type: string;
      requestor?: { user?: string; acc?: string };
      responder: { user?: string };
      header?: Record<string, string[]>;
    }

    const results = "latency.time";

    async function sampling(name: string, latency: Export["latency"], use: Partial<Import> = {}) {
      const { server, client } = await sharing({ name, latency }, use);
      const samples = await listen(server, results);
      await serve(server, service, () => "noon");
      return { client, samples: () => samples.map((message) => message.json<Sample>()) };
    }

    /** Asks, with the wish to be sampled. */
    async function requestSample(client: NatsConnection) {
      const wish = headers();
      wish.set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
      await client.request(service, "", { headers: wish, timeout: 5_000 });
    }

    it("of all requests, gives the exporter a sample of each", async () => {
      const { client, samples } = await sampling("all", { sampling: 100, results });
      for (let i = 1; i <= 3; i++) {
        await client.request(service, "", { timeout: 5_000 });
        await until(() => samples().length === i);
      }
      expect(samples()[0]).toMatchObject({
        type: "io.nats.server.metric.v1.service_latency",
        responder: { user: expect.any(String) },
      });
      expect(samples()[0]?.requestor?.user).toBeUndefined();
    });

    it("tells who asks where the importer shares that", async () => {
      const latency = { sampling: 100, results };
      const { client, samples } = await sampling("shared", latency, { share: true });
      await client.request(service, "", { timeout: 5_000 });
      await until(() => samples().length === 1);
      expect(samples()[0]?.requestor?.user).toMatch(/^U/);
    });

    it("by headers, gives a sample of requests that ask for one", async () => {
      const { client, samples } = await sampling("headers", { sampling: "headers", results });
      await client.request(service, "", { timeout: 5_000 });
      await requestSample(client);
      await until(() => samples().length > 0);
      expect(samples().map(({ header }) => Object.keys(header ?? {}))).toEqual([["Traceparent"]]);
    });

    it("of some requests, gives samples of about so many", async () => {
      const { client, samples } = await sampling("some", { sampling: 30, results });
      const many = 1_000;
      for (let i = 0; i < many; i++) client.publish(service, "", { reply: "answers" });
      // A sample with the header that asked for it comes after all those before.
      await until(async () => {
        await requestSample(client);
        return samples().some(({ header }) => header !== undefined);
      });
      expect(samples().length).toBeGreaterThan(many * 0.15);
      expect(samples().length).toBeLessThan(many * 0.45);
    });
  });

  it("keeps on servers what it says about itself", async () => {
    const described = {
      service,
      name: "the time",
      description: "what time is it? <&> ä",
      infoUrl: "https://example.org/time",
      advertise: true,
      allowTrace: true,
    };
    const account = new Tenant(tenants, "described");
    await account.publish({ exports: [described] });
    const held = decodeToken(tenants.server.accounts()[account.publicKey] ?? "");
    expect(accountFromWire(held).exports).toEqual([described]);
  });
});
