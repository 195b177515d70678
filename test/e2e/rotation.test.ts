import { accountFromWire, decodeToken } from "pulumi-nats-auth/claims";
import { parseCreds } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, connectWith, freePort, until } from "../support/nats";
import { Stack } from "../support/stack";

const program = (port: number, key: string, more = "") => `
const operator = new nats.Operator("acme", { accountServerUrl: "nats://127.0.0.1:${port}" });
const resolver = new nats.ResolverConfig("acme", { operator });
const server = new nats.LocalServer("dev", { config: resolver });
const signing = new nats.SigningKey("signing", { kind: "account", ${key} });
const scoped = new nats.SigningKey("scoped", { kind: "account", role: { name: "reader", permissions: { subscribe: ["x"] } }, ${key} });
const orders = new nats.Account("orders", { operator, signingKeys: [signing, scoped] }, { dependsOn: server });
exports.plain = new nats.User("plain", { account: orders, signingKey: signing }).creds;
exports.reader = new nats.User("reader", { account: orders, signingKey: scoped }).creds;
exports.jwt = orders.jwt;
${more}
`;

describe("a signing key that rotates", () => {
  let stack: Stack;
  let port: number;
  let first: Record<string, string>;

  beforeAll(async () => {
    port = await freePort();
    stack = await Stack.create(program(port, 'rotation: "2026-10", overlap: "6s"'));
    await stack.up();
    first = await stack.outputs();
  });

  afterAll(() => stack?.end());

  const url = () => `nats://127.0.0.1:${port}`;
  const signerOf = (creds: string | undefined) => decodeToken(parseCreds(creds ?? "").jwt).iss;
  const listed = (jwt: string | undefined) =>
    accountFromWire(decodeToken(jwt ?? "")).signingKeys?.map((key) =>
      typeof key === "string" ? key : `${key.role} ${key.key}`,
    );

  it("keeps old creds for the overlap, and drops the old key in the first `up` after it", async () => {
    const old = [signerOf(first["plain"]), `reader ${signerOf(first["reader"])}`];
    const nc = await connectWith(first["plain"] as string, url());
    stack.write(program(port, 'rotation: "2026-11", overlap: "6s"'));
    const steps = await stack.preview();
    expect(steps.map(({ resource }) => resource).sort()).toEqual([
      "Account::orders",
      "RetiredKeys::scoped-retired",
      "RetiredKeys::signing-retired",
      "SigningKey::scoped",
      "SigningKey::signing",
      "User::plain",
      "User::reader",
    ]);
    expect(
      steps.find(({ resource }) => resource === "RetiredKeys::signing-retired")?.paths,
    ).toMatchObject({
      "retired[0]": "add",
      rotation: "update",
    });
    await stack.up();
    const second = await stack.outputs();
    for (const name of ["plain", "reader"]) {
      expect(signerOf(second[name])).not.toBe(signerOf(first[name]));
      for (const creds of [first[name], second[name]]) {
        expect(await admission(creds as string, url())).toBe("admitted");
      }
    }
    expect(listed(second["jwt"])).toEqual(expect.arrayContaining(old));
    expect(listed(second["jwt"])).toHaveLength(4);
    expect(nc.isClosed()).toBe(false);

    await until(async () => (await stack.preview()).length > 0);
    const dropped = await stack.preview();
    expect(dropped.map(({ resource }) => resource).sort()).toEqual([
      "Account::orders",
      "RetiredKeys::scoped-retired",
      "RetiredKeys::signing-retired",
    ]);
    expect(dropped.find(({ resource }) => resource === "Account::orders")?.paths).toEqual({
      "signingKeys[2]": "delete",
      "signingKeys[3]": "delete",
    });
    await stack.up();
    const third = await stack.outputs();
    expect(third).toMatchObject({ plain: second["plain"], reader: second["reader"] });
    await until(() => nc.isClosed());
    for (const name of ["plain", "reader"]) {
      expect(await admission(first[name] as string, url())).toMatch(/refused: /);
      expect(await admission(third[name] as string, url())).toBe("admitted");
    }
    expect(await stack.preview()).toEqual([]);
  });

  it("drops the old key at once in an emergency", async () => {
    const before = await stack.outputs();
    const nc = await connectWith(before["plain"] as string, url());
    stack.write(program(port, 'rotation: "leaked", overlap: "6s", emergency: true'));
    await stack.up();
    const after = await stack.outputs();
    await until(() => nc.isClosed());
    expect(await admission(before["plain"] as string, url())).toMatch(/refused: /);
    expect(await admission(after["plain"] as string, url())).toBe("admitted");
    expect(listed(after["jwt"])).toHaveLength(2);
  });
});
