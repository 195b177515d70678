/** Programs that several tests share. */

/** The main job: operator, resolver, a server of our own, one account, one user. */
export function mainJob(
  port: number,
  changes: Partial<Record<"limits" | "user" | "more", string>> = {},
): string {
  return `
const operator = new nats.Operator("acme", { accountServerUrl: "nats://127.0.0.1:${port}" });
const resolver = new nats.ResolverConfig("acme", { operator, path: "nats/resolver.conf" });
const server = new nats.LocalServer("dev", { config: resolver });
const orders = new nats.Account("orders", {
  operator,
  limits: ${changes.limits ?? '{ connections: 100, payload: "1MiB" }'},
  jetstream: { diskStorage: "10GiB", streams: 20 },
  exports: [{ stream: "orders.events.>" }],
}, { dependsOn: server });
const api = new nats.User("orders-api", {
  account: orders,
  permissions: { publish: ["orders.>"], subscribe: ["_INBOX.>"] },
  expiresIn: "90d", renewBefore: "30d",
  ${changes.user ?? ""}
});
exports.creds = api.creds;
exports.account = orders.publicKey;
exports.jwt = orders.jwt;
exports.config = resolver.text;
exports.pid = server.pid;
${changes.more ?? ""}
`;
}

/** An operator and its resolver configuration, for servers that the test starts itself. */
export function operatorFor(ports: number[], options = ""): string {
  return `
const operator = new nats.Operator("acme", { accountServerUrl: "nats://127.0.0.1:${ports[0]}", waitForServer: "5s", ${options} });
const resolver = new nats.ResolverConfig("acme", { operator, interval: "1s" });
exports.config = resolver.text;
`;
}
