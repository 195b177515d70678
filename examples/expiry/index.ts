/**
 * Tokens that expire, renewed by a nightly `pulumi up`. A user that is forgotten ends by itself; one that is
 * in the program is renewed in time, and no session of the account is closed by that.
 */
import * as pulumi from "@pulumi/pulumi";
import * as nats from "pulumi-nats-auth";

const config = new pulumi.Config();
const url = config.get("url") ?? "nats://127.0.0.1:4222";

const operator = new nats.Operator("acme", { accountServerUrl: url });
const resolver = new nats.ResolverConfig("acme", { operator, path: "nats/resolver.conf" });
const server = new nats.LocalServer("dev", { config: resolver });

const orders = new nats.Account(
  "orders",
  {
    operator,
    // An account that nobody renews closes; half of this has to pass first.
    expiresIn: "30d",
    // No user lives longer, so what was revoked longer ago need not be remembered.
    maxUserLifetime: "90d",
  },
  { dependsOn: server },
);

const api = new nats.User("orders-api", {
  account: orders,
  permissions: { publish: ["orders.>"], subscribe: ["_INBOX.>"] },
  expiresIn: config.get("expiresIn") ?? "90d",
  renewBefore: config.get("renewBefore") ?? "30d",
  credsPath: "nats/orders-api.creds",
});

export const serverUrl = server.url;
export const apiCreds = api.creds;
export const due = { account: orders.renewsAt, api: api.renewsAt };
