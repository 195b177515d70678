/**
 * Signing keys that rotate. One setting names the period of the key that signs users; a change of it makes
 * a new key, signs all users anew, and keeps the old key for the overlap, so that nobody is locked out.
 */
import * as pulumi from "@pulumi/pulumi";
import * as nats from "pulumi-nats-auth";

const config = new pulumi.Config();
const url = config.get("url") ?? "nats://127.0.0.1:4222";

const operator = new nats.Operator("acme", { accountServerUrl: url });
const resolver = new nats.ResolverConfig("acme", { operator, path: "nats/resolver.conf" });
const server = new nats.LocalServer("dev", { config: resolver });

const signing = new nats.SigningKey("orders-signing", {
  kind: "account",
  rotation: config.get("rotation") ?? "2026-11",
  overlap: config.get("overlap") ?? "7d",
  // For a key that leaked: what it signed is refused at once.
  emergency: config.getBoolean("emergency") ?? false,
});

const orders = new nats.Account(
  "orders",
  {
    operator,
    signingKeys: [signing],
    // Users that no stack holds: public key, or `*` for everybody, to the time up to which tokens are refused.
    revocations: config.getObject<Record<string, string>>("revocations") ?? {},
  },
  { dependsOn: server },
);

const api = new nats.User("orders-api", {
  account: orders,
  signingKey: signing,
  permissions: { publish: ["orders.>"], subscribe: ["_INBOX.>"] },
});
const worker = new nats.User("orders-worker", {
  account: orders,
  signingKey: signing,
  permissions: { publish: { deny: [">"] }, subscribe: ["orders.>"] },
  // A new token of it ends the old one, with its sessions.
  onReissue: "revoke",
});

export const serverUrl = server.url;
export const apiCreds = api.creds;
export const workerCreds = worker.creds;
export const workerKey = worker.publicKey;
export const retiredKeys = signing.retired;
