/**
 * One operator, one account, two users: `api` publishes orders, `worker` receives their events, and
 * neither can do anything else.
 */
import * as pulumi from "@pulumi/pulumi";
import * as nats from "pulumi-nats-auth";

const config = new pulumi.Config();
const url = config.get("url") ?? "nats://127.0.0.1:4222";

const operator = new nats.Operator("acme", { accountServerUrl: url });
const resolver = new nats.ResolverConfig("acme", {
  operator,
  path: config.get("resolverFile") ?? "nats/resolver.conf",
});
// Development only: a real nats-server, started by `pulumi up` and stopped by `pulumi destroy`.
const server = new nats.LocalServer("dev", { config: resolver });

const orders = new nats.Account(
  "orders",
  {
    operator,
    limits: { connections: config.getNumber("connections") ?? 100, payload: "1MiB" },
    jetstream: { diskStorage: "10GiB", streams: 20 },
    exports: [{ stream: "orders.events.>" }],
  },
  { dependsOn: server },
);

const api = new nats.User("orders-api", {
  account: orders,
  permissions: { publish: ["orders.>"], subscribe: ["_INBOX.>"] },
  expiresIn: "90d",
  renewBefore: "30d",
});
const worker = new nats.User("orders-worker", {
  account: orders,
  permissions: { publish: { deny: [">"] }, subscribe: ["orders.events.>"] },
  expiresIn: "90d",
  renewBefore: "30d",
});

export const serverUrl = server.url;
// Secret; NATS clients take them as they are.
export const creds = api.creds;
export const workerCreds = worker.creds;
