// Makes an operator, its system account, an account with a role, and what a server needs to start with them.
//
//   node make-operator.mjs <folder>
//   nats-server -c <folder>/nats.conf

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signAccount, signOperator, signUser, validateAccount } from "pulumi-nats-auth/claims";
import { formatCreds, generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { renderResolverConfig } from "pulumi-nats-auth/resolver";

const folder = process.argv[2] ?? "nats";
const issuedAt = Math.floor(Date.now() / 1000);

const operator = generateKeyPair("operator");
const system = generateKeyPair("account");
const orders = generateKeyPair("account");
const worker = generateKeyPair("account"); // signs users of the role "worker", and nothing else
const operatorSigner = signerFromSeed(operator.seed);

const operatorJwt = signOperator({
  publicKey: operator.publicKey,
  claims: { name: "acme", systemAccount: system.publicKey },
  signer: operatorSigner,
  issuedAt,
});

const systemJwt = signAccount({
  publicKey: system.publicKey,
  claims: { name: "SYS" },
  signer: operatorSigner,
  issuedAt,
});

const ordersClaims = {
  name: "orders",
  limits: { connections: 100, payload: "1MiB" },
  jetstream: { diskStorage: "1GiB" },
  signingKeys: [
    {
      key: worker.publicKey,
      role: "worker",
      template: {
        permissions: {
          publish: ["done.{{name()}}"],
          subscribe: ["work.{{tag(queue)}}", "_INBOX.>"],
        },
      },
    },
  ],
};

// Never sign what has not been looked at: a wrong account locks people out, and servers do not say so.
const errors = validateAccount(ordersClaims).filter(({ severity }) => severity === "error");
for (const { path, message } of errors) console.error(`${path}: ${message}`);
if (errors.length > 0) process.exit(1);

const ordersJwt = signAccount({
  publicKey: orders.publicKey,
  claims: ordersClaims,
  signer: operatorSigner,
  issuedAt,
});

// Who pushes accounts is a user of the system account.
const admin = generateKeyPair("user");
const adminJwt = signUser({
  publicKey: admin.publicKey,
  claims: { name: "admin" },
  signer: signerFromSeed(system.seed),
  issuedAt,
});

const { text } = renderResolverConfig({
  operator: { name: "acme", jwt: operatorJwt },
  systemAccount: { publicKey: system.publicKey, jwt: systemJwt },
  preload: [{ publicKey: orders.publicKey, jwt: ordersJwt }],
});

const keys = { operator, system, orders, worker };
mkdirSync(folder, { recursive: true });
// These seeds are the whole security of the servers: keep them where only you can read them.
writeFileSync(join(folder, "keys.json"), JSON.stringify(keys, null, 2), { mode: 0o600 });
writeFileSync(join(folder, "sys.creds"), formatCreds(adminJwt, admin.seed), { mode: 0o600 });
writeFileSync(join(folder, "nats.conf"), text);
writeFileSync(join(folder, "orders.jwt"), ordersJwt);
console.log(`start a server: nats-server -c ${join(folder, "nats.conf")}`);
