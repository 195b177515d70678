// Changes the account on every running server, and returns when each has confirmed it.
//
//   node push-account.mjs <folder> nats://127.0.0.1:4222

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accountFromWire, decodeToken } from "pulumi-nats-auth/claims";
import { closeConnections, publishAccount } from "pulumi-nats-auth/resolver";

const [folder = "nats", url = "nats://127.0.0.1:4222"] = process.argv.slice(2);
const { operator, system, orders } = JSON.parse(readFileSync(join(folder, "keys.json"), "utf8"));
const file = join(folder, "orders.jwt");
const before = readFileSync(file, "utf8");

const claims = accountFromWire(decodeToken(before));
claims.limits = { ...claims.limits, connections: 200 };

const { jwt, servers } = await publishAccount(
  {
    name: claims.name,
    publicKey: orders.publicKey,
    operator: { publicKey: operator.publicKey, signer: operator },
    target: { url, system: { publicKey: system.publicKey, signer: system }, waitFor: 5_000 },
    remembered: [],
    log: console.error,
  },
  claims,
  { jwt: before },
);
writeFileSync(file, jwt);
console.log(`confirmed by ${servers.join(", ")}`);
await closeConnections();
