import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { generateKeyPair } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, freePort } from "../support/nats";
import { Stack, type StateResource } from "../support/stack";

/** What a test changes in the program; the rest stays as it is. */
interface Changes {
  operator?: string;
  operatorName?: string;
  operatorOptions?: string;
  accountServerUrl?: string;
  limits?: string;
  exports?: string;
  tags?: string;
  account?: string;
  accountName?: string;
  accountOptions?: string;
  ciName?: string;
  leaver?: string;
  expiresIn?: string;
  adoptedSeed?: string;
  more?: string;
}

const adopted = generateKeyPair("account");

/** One operator, an account with four users, and an account under an adopted key. */
function program(port: number, changes: Changes = {}): string {
  return `
const operator = new nats.Operator("${changes.operatorName ?? "acme"}", {
  accountServerUrl: "${changes.accountServerUrl ?? `nats://127.0.0.1:${port}`}",
  ${changes.operator ?? ""}
}, { ${changes.operatorOptions ?? ""} });
const resolver = new nats.ResolverConfig("resolver", { operator });
const server = new nats.LocalServer("dev", { config: resolver, host: "127.0.0.1", port: ${port} });
const orders = new nats.Account("${changes.accountName ?? "orders"}", {
  operator,
  limits: ${changes.limits ?? '{ connections: 100, payload: "1MiB" }'},
  exports: ${changes.exports ?? '[{ stream: "orders.events.>" }, { service: "orders.place" }]'},
  tags: ${changes.tags ?? '["team:shop", "env:dev"]'},
  ${changes.account ?? ""}
}, { dependsOn: server, ${changes.accountOptions ?? ""} });
const api = new nats.User("api", { account: orders, permissions: { publish: ["orders.>", "audit.>"] } });
const batch = new nats.User("batch", { account: orders, expiresIn: "${changes.expiresIn ?? "50m"}" });
const ciKey = new nats.KeyPair("ci-key", { kind: "user" });
const ci = new nats.User("${changes.ciName ?? "ci"}", { account: orders, name: "ci", key: ciKey });
${changes.leaver ?? 'exports.leaver = new nats.User("leaver", { account: orders }).creds;'}
const billingKey = new nats.KeyPair("billing-key", { kind: "account", ${changes.adoptedSeed ?? `seed: pulumi.secret("${adopted.seed}")`} });
const billing = new nats.Account("billing", { operator, key: billingKey }, { dependsOn: server });
exports.api = api.creds;
exports.ci = ci.creds;
exports.ordersSeed = orders.handle.signer.seed;
${changes.more ?? ""}
`;
}

/** The identity of everything in the state: ids, keys and tokens by kind and name. */
function identities(state: Record<string, StateResource>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(state)
      .filter(([resource]) => /^(KeyPair|SigningKey|Operator|Account|User)::/.test(resource))
      .map(([resource, { id, outputs }]) => {
        const { publicKey, seed, jwt, name } = outputs;
        return [resource, { id, publicKey, seed, jwt, name }];
      }),
  );
}

describe("a preview", () => {
  let stack: Stack;
  let port: number;
  let elsewhere: number;
  let url: string;

  const write = (changes: Changes = {}) => stack.write(program(port, changes));

  /** Another address for one account, where nothing answers: it can only be stored. More patience for all. */
  const moved = () => ({
    account: `server: { url: "nats://localhost:${elsewhere}" },`,
    operator: 'waitForServer: "20s",',
  });

  /** The account's file on the server: what it says and when it was written. */
  async function fileOf(resource: string): Promise<{ jwt: string; written: number }> {
    const state = await stack.state();
    const path = join(
      state["LocalServer::dev"]?.outputs["storage"] as string,
      "jwt",
      `${state[resource]?.id}.jwt`,
    );
    return { jwt: readFileSync(path, "utf8"), written: statSync(path).mtimeMs };
  }

  beforeAll(async () => {
    [port, elsewhere] = [await freePort(), await freePort()];
    url = `nats://127.0.0.1:${port}`;
    stack = await Stack.create(program(port));
    await stack.up();
  });

  afterAll(async () => {
    await stack?.end();
  });

  it("of a new user creates that user and touches nothing else", async () => {
    write({ more: 'new nats.User("newcomer", { account: orders });' });
    expect(await stack.preview()).toEqual([
      { op: "create", resource: "User::newcomer", paths: {} },
    ]);
  });

  it("of a new account creates it and its key and touches nothing else", async () => {
    write({ more: 'new nats.Account("support", { operator }, { dependsOn: server });' });
    expect(await stack.preview()).toEqual([
      { op: "create", resource: "KeyPair::support-key", paths: {} },
      { op: "create", resource: "Account::support", paths: {} },
    ]);
  });

  it("of another spelling or order of the same claims shows no change", async () => {
    write({
      limits: "{ payload: 1048576, connections: 100 }",
      exports: '[{ service: "orders.place" }, { stream: "orders.events.>" }]',
      tags: '["Team:Shop ", "env:dev"]',
    });
    expect(await stack.preview()).toEqual([]);
  });

  it("of one more tag names that tag and that account only", async () => {
    write({ tags: '["team:shop", "env:dev", "tier:gold"]' });
    expect(await stack.preview()).toEqual([
      { op: "update", resource: "Account::orders", paths: { "tags[2]": "add" } },
    ]);
  });

  it("of another lifetime shows it with the instant that it means", async () => {
    write({ expiresIn: "30d" });
    expect(await stack.preview()).toEqual([
      {
        op: "update",
        resource: "User::batch",
        paths: { expiresAt: "update", expiresIn: "update" },
      },
    ]);
  });

  it("of other connection details shows updates that sign and push nothing", async () => {
    const [before, file] = [identities(await stack.openState()), await fileOf("Account::orders")];
    write(moved());
    const waits = { "server.waitFor": "add" };
    const users = ["api", "batch", "ci", "leaver"].map((name) => ({
      op: "update",
      resource: `User::${name}`,
      paths: { "account.authority": "update" },
    }));
    const steps = await stack.preview();
    expect(steps).toHaveLength(2 + users.length);
    expect(steps).toEqual(
      expect.arrayContaining([
        { op: "update", resource: "Account::billing", paths: waits },
        {
          op: "update",
          resource: "Account::orders",
          paths: { "server.url": "update", ...waits },
        },
        ...users,
      ]),
    );

    await stack.up();
    const state = await stack.openState();
    expect(identities(state)).toEqual(before);
    expect(await fileOf("Account::orders")).toEqual(file);
    // What a delete will use is the new address.
    expect(state["Account::orders"]?.outputs).toMatchObject({
      server: { url: `nats://localhost:${elsewhere}`, waitFor: "20s" },
    });
    const { authority = "" } = (state["User::api"]?.outputs["account"] ?? {}) as {
      authority?: string;
    };
    expect(JSON.parse(authority)).toMatchObject({
      server: { url: `nats://localhost:${elsewhere}`, waitFor: "20s" },
    });
    expect(await stack.preview()).toEqual([]);
  });

  it("of another account server re-signs the operator and no account", async () => {
    const before = identities(await stack.openState());
    const file = await fileOf("Account::orders");
    write({ ...moved(), accountServerUrl: `nats://localhost:${port}` });
    const steps = await stack.preview();
    const changed = (resource: string, path: string) => ({
      op: "update",
      resource,
      paths: { [path]: "update" },
    });
    expect(steps).toHaveLength(5);
    expect(steps).toEqual(
      expect.arrayContaining([
        changed("Operator::acme", "accountServerUrl"),
        // Both hold the operator JWT.
        {
          op: "update",
          resource: "ResolverConfig::resolver",
          paths: { operatorJwt: "update", "systemAccount.jwt": "update" },
        },
        changed("Account::acme-sys", "server.url"),
        changed("LocalServer::dev", "config"),
        // `orders` and its users have an address of their own.
        changed("Account::billing", "server.url"),
      ]),
    );

    await stack.up();
    const after = identities(await stack.openState());
    const operatorOf = (all: Record<string, unknown>) =>
      all["Operator::acme"] as { id: string; jwt: string };
    expect(operatorOf(after).jwt).not.toBe(operatorOf(before).jwt);
    expect({ ...after, "Operator::acme": undefined }).toEqual({
      ...before,
      "Operator::acme": undefined,
    });
    expect(await fileOf("Account::orders")).toEqual(file);
    // With another configuration it is still the same server: the next push does not miss one.
    write({ tags: '["team:shop", "env:prod"]' });
    await stack.up();
    expect((await fileOf("Account::orders")).jwt).not.toBe(file.jwt);
    write();
    await stack.up();
  });

  it("of resources renamed with an alias shows nothing, and they stay who they are", async () => {
    const before = identities(await stack.openState());
    const renamed = {
      operatorName: "acme-corp",
      operatorOptions: 'aliases: [{ name: "acme" }],',
      accountName: "sales",
      accountOptions: 'aliases: [{ name: "orders" }],',
    };
    write(renamed);
    expect(await stack.preview()).toEqual([]);
    const { text } = await stack.up();
    expect(text).not.toMatch(/created|updated|deleted|replaced/);
    const after = identities(await stack.openState());
    const expected = Object.entries(before).map(([resource, identity]) => [
      resource.replace("::acme", "::acme-corp").replace("::orders", "::sales"),
      identity,
    ]);
    expect(after).toEqual(Object.fromEntries(expected));
    expect(after["Account::sales"]).toMatchObject({ name: "orders" });
    expect(after["Operator::acme-corp"]).toMatchObject({ name: "acme" });
  });

  it("of a rename back with the old URN as alias shows nothing either", async () => {
    const urn = (kind: string, name: string) =>
      `urn:pulumi:dev::test::pulumi-nodejs:dynamic/nats:${kind}::${name}`;
    write({
      operatorOptions: `aliases: ["${urn("Operator", "acme-corp")}"],`,
      accountOptions: `aliases: ["${urn("Account", "sales")}"],`,
    });
    expect(await stack.preview()).toEqual([]);
    await stack.up();
    expect(Object.keys(identities(await stack.state()))).toContain("Account::orders");
  });

  it("of an adopted key that gives up its seed shows nothing, and the key is kept", async () => {
    write({ adoptedSeed: "" });
    expect(await stack.preview()).toEqual([]);
    await stack.up();
    const key = (await stack.openState())["KeyPair::billing-key"];
    expect(key?.inputs["seed"]).toBeUndefined();
    expect(key?.outputs).toMatchObject(adopted);
  });

  it("of a generated key that is given its own seed shows nothing, and the identity stays", async () => {
    const before = identities(await stack.openState());
    const { ordersSeed } = await stack.outputs();
    write({
      adoptedSeed: "",
      account: `key: new nats.KeyPair("orders-key", { kind: "account", seed: pulumi.secret("${ordersSeed}") }),`,
    });
    expect(await stack.preview()).toEqual([]);
    await stack.up();
    expect(identities(await stack.openState())).toEqual(before);
  });

  describe("and what follows from it", () => {
    let old: Record<string, string>;

    beforeAll(async () => {
      old = await stack.outputs();
      expect(await admission(old["ci"] as string, url)).toBe("admitted");
      expect(await admission(old["leaver"] as string, url)).toBe("admitted");
      write({ adoptedSeed: "", leaver: "", ciName: "pipeline" });
    });

    it("renaming a user with a key of its own without an alias leaves the new creds working", async () => {
      const steps = await stack.preview();
      expect(steps.sort((a, b) => (a.resource < b.resource ? -1 : 1))).toEqual([
        { op: "delete", resource: "User::ci", paths: {} },
        { op: "delete", resource: "User::leaver", paths: {} },
        { op: "create", resource: "User::pipeline", paths: {} },
      ]);
      await stack.up();
      const { ci } = await stack.outputs();
      expect(await admission(ci as string, url)).toBe("admitted");
      expect(await admission(old["ci"] as string, url)).toMatch(/^refused: .*authorization/i);
      expect(await admission(old["leaver"] as string, url)).toMatch(/^refused: .*authorization/i);
    });

    it("replacing an account lets its users in and keeps out who was revoked", async () => {
      const { api, ci } = await stack.outputs();
      const { text } = await stack.up(
        "--replace",
        "urn:pulumi:dev::test::pulumi-nodejs:dynamic/nats:Account::orders",
      );
      expect(text).toMatch(/1 replaced/);
      expect(text).not.toMatch(/locked/);
      expect(await admission(api as string, url)).toBe("admitted");
      expect(await admission(ci as string, url)).toBe("admitted");
      expect(await admission(old["ci"] as string, url)).toMatch(/^refused: .*authorization/i);
      expect(await admission(old["leaver"] as string, url)).toMatch(/^refused: .*authorization/i);
      expect(await stack.preview()).toEqual([]);
    });
  });
});
