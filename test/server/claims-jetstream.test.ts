/** JetStream of an account on one server. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeConsumer, makeStream } from "../support/jetstream";
import { Tenants } from "../support/tenants";

const MiB = 1024 * 1024;

describe("JetStream of an account", () => {
  let tenants: Tenants;

  beforeAll(async () => {
    tenants = await Tenants.start({ jetstream: true });
  });

  afterAll(async () => {
    await tenants?.close();
  });

  it("is off unless it is asked for", async () => {
    const account = await tenants.account("off");
    const client = await account.connect();
    expect(await makeStream(client, { name: "orders" })).toMatch(/not enabled for account/);
    await account.publish({ jetstream: { diskStorage: "unlimited" } });
    expect(await makeStream(client, { name: "orders" })).toBe("made");
  });

  it("has as many streams and consumers as its limits allow", async () => {
    const account = await tenants.account("counts", {
      jetstream: { diskStorage: "1GiB", streams: 2, consumers: 1, maxAckPending: 10 },
    });
    const client = await account.connect();
    expect(await makeStream(client, { name: "one" })).toBe("made");
    const pending = { durable_name: "pending", max_ack_pending: 11 };
    expect(await makeConsumer(client, "one", pending)).toMatch(/max ack pending/);
    const first = { durable_name: "first", max_ack_pending: 10 };
    expect(await makeConsumer(client, "one", first)).toBe("made");
    const second = { durable_name: "second", max_ack_pending: 10 };
    expect(await makeConsumer(client, "one", second)).toMatch(/maximum consumers limit/);
    expect(await makeStream(client, { name: "two" })).toBe("made");
    expect(await makeStream(client, { name: "three" })).toMatch(/maximum number of streams/);
  });

  it("has the storage that its limits allow, of each kind", async () => {
    const account = await tenants.account("sizes", {
      jetstream: {
        diskStorage: "8MiB",
        memoryStorage: "2MiB",
        diskMaxStreamBytes: "4MiB",
        memoryMaxStreamBytes: "1MiB",
        maxBytesRequired: true,
      },
    });
    const client = await account.connect();
    const make = (name: string, storage: "file" | "memory", max_bytes?: number) =>
      makeStream(client, { name, storage, ...(max_bytes === undefined ? {} : { max_bytes }) });
    expect(await make("unnamed", "file")).toMatch(/max bytes/);
    expect(await make("large", "file", 4 * MiB + 1)).toMatch(/max bytes/);
    expect(await make("disk", "file", 4 * MiB)).toBe("made");
    expect(await make("disk2", "file", 4 * MiB)).toBe("made");
    expect(await make("disk3", "file", 1)).toMatch(/insufficient storage/);
    expect(await make("large", "memory", MiB + 1)).toMatch(/max bytes/);
    expect(await make("memory", "memory", MiB)).toBe("made");
    expect(await make("memory2", "memory", MiB)).toBe("made");
    expect(await make("memory3", "memory", 1)).toMatch(/insufficient memory/);
  });

  it("has only the kind of storage that is named", async () => {
    const account = await tenants.account("disk", { jetstream: { diskStorage: "1GiB" } });
    const client = await account.connect();
    expect(await makeStream(client, { name: "memory", storage: "memory" })).not.toBe("made");
    expect(await makeStream(client, { name: "disk", storage: "file" })).toBe("made");
  });

  it("by tiers: streams with so many replicas have the limits of their tier", async () => {
    const tier = { diskStorage: "2MiB", streams: 2 };
    const account = await tenants.account("tiers", { jetstream: { tiers: { R1: tier } } });
    const client = await account.connect();
    const make = (name: string, max_bytes: number) => makeStream(client, { name, max_bytes });
    expect(await make("large", 2 * MiB + 1)).toMatch(/insufficient storage/);
    expect(await make("one", MiB)).toBe("made");
    expect(await make("two", MiB)).toBe("made");
    expect(await make("three", 1)).toMatch(/maximum number of streams/);
    await account.publish({ jetstream: { tiers: { R3: tier } } });
    expect(await make("four", 1)).toMatch(/no JetStream default or applicable tiered limit/);
  });
});
