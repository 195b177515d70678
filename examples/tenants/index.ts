/**
 * Three accounts on one NATS system. `shop` offers its orders as a stream and a price service;
 * `billing` and `reports` use what they need of it and see nothing else. The operator requires signing
 * keys, so no identity key signs anything from day to day.
 */
import * as pulumi from "@pulumi/pulumi";
import * as nats from "pulumi-nats-auth";

const config = new pulumi.Config();
const url = config.get("url") ?? "nats://127.0.0.1:4222";

const operator = new nats.Operator("acme", {
  accountServerUrl: url,
  requireSigningKeys: true,
  tags: ["env:dev"],
});
const resolver = new nats.ResolverConfig("acme", { operator, path: "nats/resolver.conf" });
const server = new nats.LocalServer("dev", { config: resolver });

const shop = new nats.Account(
  "shop",
  {
    operator,
    description: "Takes orders and knows prices",
    limits: { connections: 100, payload: "1MiB" },
    jetstream: { diskStorage: "1GiB", streams: 10 },
    exports: [
      { stream: "orders.>", name: "orders", description: "Every order, as it comes in" },
      { service: "prices.get", name: "prices", responseThreshold: "2s" },
    ],
  },
  { dependsOn: server },
);

const billing = new nats.Account(
  "billing",
  {
    operator,
    limits: { connections: 20 },
    imports: [
      { stream: "orders.>", account: shop, localSubject: "shop.orders.>" },
      { service: "prices.get", account: shop },
    ],
  },
  { dependsOn: server },
);

// One signing key for the users of `reports` that a pipeline makes, so that it can be dropped with all of them.
const pipeline = new nats.SigningKey("reports-pipeline", { kind: "account" });
const reports = new nats.Account(
  "reports",
  {
    operator,
    signingKeys: [pipeline],
    imports: [{ stream: "orders.created", account: shop }],
    defaultPermissions: { publish: { deny: [">"] } },
  },
  { dependsOn: server },
);

const shopService = new nats.User("shop-service", {
  account: shop,
  // It may answer what it is asked. To list reply subjects would not do: those of other accounts are not `_INBOX`.
  permissions: { publish: ["orders.>"], subscribe: ["prices.get"], responses: { max: 1 } },
});
const invoices = new nats.User("invoices", {
  account: billing,
  permissions: { publish: ["prices.get"], subscribe: ["shop.orders.>", "_INBOX.>"] },
  expiresIn: "90d",
  renewBefore: "30d",
});
const dashboard = new nats.User("dashboard", {
  account: reports,
  signingKey: pipeline,
  connectionTypes: ["STANDARD", "WEBSOCKET"],
  sourceNetworks: ["127.0.0.0/8"],
});

export const serverUrl = server.url;
export const shopCreds = shopService.creds;
export const invoicesCreds = invoices.creds;
export const dashboardCreds = dashboard.creds;
// For the stack of another team: lets it issue users of `billing`, and nothing else.
export const billingHandle = billing.handle;
