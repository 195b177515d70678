// Says what a token says: of a file, or of what comes in.
//
//   node describe.mjs orders.jwt
//   node describe.mjs < orders.jwt

import { readFileSync } from "node:fs";
import { describe } from "pulumi-nats-auth/claims";
import { parseCreds } from "pulumi-nats-auth/keys";

const text = readFileSync(process.argv[2] ?? 0, "utf8");
process.stdout.write(describe(text.includes("BEGIN NATS USER JWT") ? parseCreds(text).jwt : text));
