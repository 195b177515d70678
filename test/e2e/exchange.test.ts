import { accountFromWire, activationFromWire, decodeToken } from "pulumi-nats-auth/claims";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectWith, freePort } from "../support/nats";
import { Stack } from "../support/stack";

/** Accounts that import from each other, private and public. */
const program = (
  port: number,
  changes: Partial<Record<"charge" | "orders" | "billing" | "ledger" | "more", string>> = {},
) => `
const operator = new nats.Operator("acme", { accountServerUrl: "nats://127.0.0.1:${port}" });
const resolver = new nats.ResolverConfig("acme", { operator });
const server = new nats.LocalServer("dev", { config: resolver });
const after = { dependsOn: server };
const ledgerKey = new nats.KeyPair("ledger-key", { kind: "account" });

const billing = new nats.Account("billing", {
  operator,
  exports: [{ service: "billing.charge", tokenRequired: true ${changes.charge ?? ""} }, { stream: "billing.events.>" }],
  imports: [{ stream: "ledger.balances", account: ledgerKey.publicKey }],
  ${changes.billing ?? ""}
}, after);
const ledger = new nats.Account("ledger", {
  operator, key: ledgerKey,
  exports: [{ stream: "ledger.balances" }],
  imports: [{ stream: "billing.events.>", account: billing, localSubject: "from-billing.>" }],
  ${changes.ledger ?? ""}
}, after);
const orders = new nats.Account("orders", {
  operator,
  imports: [{ service: "billing.charge", account: billing, localSubject: "charge" }],
  ${changes.orders ?? ""}
}, after);
for (const [name, account] of Object.entries({ billing, ledger, orders })) {
  exports[name] = new nats.User(name, { account }).creds;
  exports[name + "Jwt"] = account.jwt;
}
${changes.more ?? ""}
`;

describe("accounts of one program", () => {
  let stack: Stack;
  let port: number;
  let outputs: Record<string, string>;
  const url = () => `nats://127.0.0.1:${port}`;

  beforeAll(async () => {
    port = await freePort();
    stack = await Stack.create(program(port));
    await stack.up();
    outputs = await stack.outputs();
  });

  afterAll(() => stack?.end());

  /** What a request of the importer is answered with by the exporter. */
  async function charge(): Promise<string> {
    const { billing, orders } = await stack.outputs();
    const [server, client] = await Promise.all(
      [billing, orders].map((creds) => connectWith(creds as string, url())),
    );
    try {
      server?.subscribe("billing.charge", {
        callback: (_, message) => void message.respond("charged"),
      });
      await server?.flush();
      return (await client?.request("charge", "", { timeout: 5_000 }))?.string() ?? "";
    } catch (error) {
      return (error as Error).name;
    } finally {
      await Promise.all([server?.close(), client?.close()]);
    }
  }

  const tokenOf = (jwt: string | undefined) =>
    accountFromWire(decodeToken(jwt ?? "")).imports?.[0]?.token;

  it("use a private export with an activation that the same `up` made", async () => {
    const { ordersJwt } = outputs;
    const activation = activationFromWire(decodeToken(tokenOf(ordersJwt) ?? ""));
    expect(activation).toEqual({
      name: "orders-billing-billing.charge",
      service: "billing.charge",
    });
    expect(await charge()).toBe("charged");
  });

  it("import from each other", async () => {
    const [billing, ledger] = await Promise.all(
      [outputs["billing"], outputs["ledger"]].map((creds) => connectWith(creds as string, url())),
    );
    const heard: string[] = [];
    const note = {
      callback: (_: unknown, message: { subject: string }) => heard.push(message.subject),
    };
    billing?.subscribe("ledger.balances", note as never);
    ledger?.subscribe("from-billing.>", note as never);
    await Promise.all([billing?.flush(), ledger?.flush()]);
    billing?.publish("billing.events.paid");
    ledger?.publish("ledger.balances");
    await Promise.all([billing?.flush(), ledger?.flush()]);
    await expect.poll(() => heard.sort()).toEqual(["from-billing.paid", "ledger.balances"]);
    await Promise.all([billing?.close(), ledger?.close()]);
  });

  it("change nothing without a change", async () => {
    expect(await stack.preview()).toEqual([]);
  });

  it("sign the activation anew when another key of the exporter signs, and the import goes on", async () => {
    const before = tokenOf(outputs["ordersJwt"]);
    const billing = `signingKeys: [new nats.SigningKey("billing-signing", { kind: "account" })],`;
    stack.write(program(port, { billing, ledger: "tags: ['books']," }));
    await stack.up();
    // The identity key still signs: nothing to renew.
    outputs = await stack.outputs();
    expect(tokenOf(outputs["ordersJwt"])).toBe(before);
    expect(await charge()).toBe("charged");
  });

  it("refuse the importer once the export revokes it, and let it in again with a newer activation", async () => {
    const { iat } = decodeToken(tokenOf(outputs["ordersJwt"]) ?? "");
    const account = decodeToken(outputs["ordersJwt"] ?? "").sub;
    const charge2 = `, revocations: { ${account}: ${iat} }`;
    stack.write(program(port, { charge: charge2 }));
    const refused = await stack.run("preview", "--non-interactive");
    expect(refused.text).toMatch(/imports\[0\]\.token: .*revoke/);
  });
});

describe("a preview of accounts that do not fit", () => {
  let stack: Stack;
  afterAll(() => stack?.close());

  it("names each import that would be dropped without a word", async () => {
    stack = await Stack.create(`
const operator = new nats.Operator("acme");
const lateKey = new nats.KeyPair("late-key", { kind: "account" });
const shop = new nats.Account("shop", {
  operator,
  exports: [{ service: "shop.buy" }, { stream: "shop.news.*" }],
  imports: [{ stream: "late.missing", account: lateKey }, { stream: "round.>", account: lateKey.publicKey }],
});
const late = new nats.Account("late", {
  operator, key: lateKey,
  exports: [{ stream: "round.>" }],
  imports: [
    { stream: "shop.buy", account: shop },
    { stream: "shop.newsletter", account: shop },
    { service: "shop.buy", account: shop },
  ],
});
`);
    const { code, text } = await stack.run("preview", "--non-interactive");
    expect(code).not.toBe(0);
    expect(text).toMatch(
      /imports\[0\]\.stream: "shop\.buy" is exported by the account as a service, not as a stream/,
    );
    expect(text).toMatch(
      /imports\[1\]\.stream: "shop\.newsletter" is not exported by the account; its streams are "shop\.news\.\*"/,
    );
    expect(text).toMatch(
      /exports: account "shop" imports late\.missing from here, but it "late\.missing" is not exported/,
    );
  });

  it("asks for the activation of a private export that is not known when the program runs", async () => {
    stack.write(`
const operator = new nats.Operator("acme");
const offers = pulumi.output([{ stream: "hidden", tokenRequired: true }]);
const secretive = new nats.Account("secretive", { operator, exports: offers });
new nats.Account("third", { operator, imports: [{ stream: "hidden", account: secretive }] });
`);
    const { code, text } = await stack.run("preview", "--non-interactive");
    expect(code).not.toBe(0);
    expect(text).toMatch(
      /imports\[0\]\.token: is needed: the export "hidden" requires an activation token/,
    );
  });

  it("names a circle of imports", async () => {
    stack.write(`
const operator = new nats.Operator("acme");
const bKey = new nats.KeyPair("b-key", { kind: "account" });
const a = new nats.Account("a", {
  operator, exports: [{ stream: "x.>" }], imports: [{ stream: "x.>", account: bKey }],
});
new nats.Account("b", {
  operator, key: bKey, exports: [{ stream: "x.>" }], imports: [{ stream: "x.>", account: a }],
});
`);
    const { code, text } = await stack.run("preview", "--non-interactive");
    expect(code).not.toBe(0);
    expect(text).toMatch(
      /imports\[0\]\.stream: stream x\.>, which goes round in a circle through "a", "b"; servers drop one/,
    );
  });
});
