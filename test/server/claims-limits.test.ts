/** Limits of accounts and of users. */
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, connectWith } from "../support/nats";
import { Tenants } from "../support/tenants";
import { arriving } from "../support/traffic";

describe("limits", () => {
  let tenants: Tenants;

  beforeAll(async () => {
    tenants = await Tenants.start();
  });

  afterAll(async () => {
    await tenants?.close();
  });

  /** Those of the subjects that the client can be subscribed to at the same time. */
  async function together(client: NatsConnection, from: NatsConnection, subjects: string[]) {
    const messages = await arriving(client, subjects, from, () => {
      for (const subject of subjects) from.publish(subject);
    });
    return messages.map(({ subject }) => subject);
  }

  /** Whether a message of so many bytes arrives. */
  async function carries(client: NatsConnection, to: NatsConnection, bytes: number) {
    try {
      const send = () => client.publish("parcel", "x".repeat(bytes));
      return (await arriving(to, ["parcel"], client, send)).length === 1;
    } catch {
      return false; // the server closes the connection, if the client has not refused by itself
    }
  }

  it("of a user: subscriptions and the size of a message", async () => {
    const account = await tenants.account("users");
    const everybody = await account.connect();
    const limits = { subscriptions: 2, payload: "1KiB" };
    const user = await account.connect({ limits });
    expect(await together(user, everybody, ["one", "two", "three"])).toEqual(["one", "two"]);
    expect(await carries(user, everybody, 1024)).toBe(true);
    expect(await carries(user, everybody, 1025)).toBe(false);
    expect(await carries(everybody, everybody, 1025)).toBe(true);
  });

  it("of an account: connections, and of each connection subscriptions and the size of a message", async () => {
    const account = await tenants.account("accounts", {
      limits: { connections: 2, subscriptions: 2, payload: "1KiB" },
    });
    const [one, two] = [await account.connect(), await account.connect()];
    expect(await admission(account.user().creds, tenants.url)).toMatch(/^refused/);
    expect(await together(two, one, ["one", "two", "three"])).toEqual(["one", "two"]);
    expect(await carries(two, one, 1024)).toBe(true);
    expect(await carries(two, one, 1025)).toBe(false);
    await account.publish({});
    const three = await account.connect();
    expect(await admission(account.user().creds, tenants.url)).toBe("admitted");
    expect(await together(three, one, ["one", "two", "three"])).toEqual(["one", "two", "three"]);
  });

  it("of an account are those of its users too", async () => {
    const account = await tenants.account("both", { limits: { subscriptions: 1 } });
    const everybody = await account.connect();
    const user = await account.connect({ limits: { subscriptions: 5 } });
    expect(await together(user, everybody, ["one", "two"])).toEqual(["one"]);
  });

  it("of 0 let nobody in, and are no limit when absent", async () => {
    const account = await tenants.account("closed", { limits: { connections: 0 } });
    const { creds } = account.user();
    expect(await admission(creds, tenants.url)).toMatch(/^refused/);
    await account.publish({});
    await (await connectWith(creds, tenants.url)).close();
  });

  it("of declarations are refused before a server sees them, and by servers", async () => {
    const account = await tenants.account("declared");
    const two = [{ stream: "one" }, { stream: "two" }];
    const other = await tenants.account("other", { exports: two });
    const imports = two.map((item) => ({ ...item, account: other.publicKey }));
    const wildcards = [{ stream: "one.>" }];
    for (const claims of [
      { exports: two, limits: { exports: 1 } },
      { imports, limits: { imports: 1 } },
      { exports: wildcards, limits: { exports: 1, wildcardExports: false } },
    ]) {
      await expect(account.publish(claims)).rejects.toThrow(/^(exports|imports)/);
      await expect(account.publishUnchecked(claims)).rejects.toMatchObject({
        code: "ERR_REJECTED",
      });
      const limits = { exports: 2, imports: 2, wildcardExports: true };
      await account.publish({ ...claims, limits });
    }
  });
});
