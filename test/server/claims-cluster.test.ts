/** What only a cluster can show: streams with replicas, mappings by cluster, whose traffic replication is. */
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jetstreamReady, makeStream, type StreamConfig } from "../support/jetstream";
import { Tenants } from "../support/tenants";
import { arriving } from "../support/traffic";

describe("in a cluster of three", () => {
  let tenants: Tenants;

  beforeAll(async () => {
    tenants = await Tenants.start({ count: 3, jetstream: true });
    await tenants.servers.formed();
    const anybody = await tenants.account("anybody", { jetstream: { diskStorage: 1 } });
    await jetstreamReady(await anybody.connect());
  });

  afterAll(async () => {
    await tenants?.close();
  });

  /** Servers of a cluster hear of a new account, and of each other, at different times: the answer is the one that stays. */
  const making = (client: NatsConnection, config: StreamConfig) =>
    expect.poll(() => makeStream(client, config), { timeout: 15_000 });

  const replicated = (name: string, num_replicas: number, max_bytes = 1024) => ({
    name,
    num_replicas,
    max_bytes,
  });

  it("streams with replicas need a tier of their number, and have its limits", async () => {
    const account = await tenants.account("tiers", {
      jetstream: { tiers: { R1: { diskStorage: "1MiB" } } },
    });
    const client = await account.connect();
    await making(client, replicated("one", 1)).toBe("made");
    const noTier = /no JetStream default or applicable tiered limit/;
    await making(client, replicated("three", 3)).toMatch(noTier);
    await account.publish({
      jetstream: {
        tiers: { R1: { diskStorage: "1MiB" }, R3: { diskStorage: "1MiB", streams: 2 } },
      },
    });
    await making(client, replicated("large", 3, 1024 * 1024 + 1)).toMatch(/insufficient storage/);
    await making(client, replicated("three", 3)).toBe("made");
    await making(client, replicated("again", 3)).toBe("made");
    await making(client, replicated("beyond", 3)).toMatch(/maximum number of streams/);
    await making(client, replicated("other", 1)).toBe("made");
  });

  it("mappings are for messages that enter in their cluster", async () => {
    const account = await tenants.account("mapped", {
      mappings: {
        here: [{ subject: "mine", cluster: "test" }, "elsewhere"],
        there: [{ subject: "theirs", cluster: "east" }, "default"],
      },
    });
    const client = await account.connect();
    const messages = await arriving(client, [">"], client, () => {
      client.publish("here");
      client.publish("there");
    });
    expect(messages.map(({ subject }) => subject)).toEqual(["mine", "default"]);
  });

  it("traffic of replication is counted to the account that wants it", async () => {
    const account = await tenants.account("owner", {
      clusterTraffic: "owner",
      jetstream: { tiers: { R3: { diskStorage: "1MiB" } } },
    });
    const client = await account.connect();
    const trafficAccount = async () => {
      const reply = await client.request("$JS.API.STREAM.INFO.orders", "", { timeout: 5_000 });
      const { cluster } = reply.json<{ cluster?: { traffic_account?: string } }>();
      return cluster?.traffic_account;
    };
    await making(client, replicated("orders", 3)).toBe("made");
    await expect.poll(trafficAccount, { timeout: 15_000 }).toBe(account.publicKey);
  });
});
