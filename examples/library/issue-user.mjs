// Issues a user for an hour: what a backend does when somebody logs in. The key of a role is all it needs,
// so what it can give away is bounded by the role's template.
//
//   node issue-user.mjs <folder> <name> <queue> > <name>.creds

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { formatInstant, signUser } from "pulumi-nats-auth/claims";
import { formatCreds, generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";

const [folder = "nats", name = "worker-1", queue = "mail"] = process.argv.slice(2);
const { orders, worker } = JSON.parse(readFileSync(join(folder, "keys.json"), "utf8"));
const now = Math.floor(Date.now() / 1000);

const user = generateKeyPair("user");
const jwt = signUser({
  publicKey: user.publicKey,
  claims: {
    name,
    tags: [`queue:${queue}`],
    scoped: true,
    issuerAccount: orders.publicKey,
    expiresAt: formatInstant(now + 3600),
  },
  signer: signerFromSeed(worker.seed),
  issuedAt: now,
});
process.stdout.write(formatCreds(jwt, user.seed));
