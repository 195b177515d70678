// Signs an account with an operator's key and pushes it to a running cluster: the library without Pulumi.
//
//     NATS_URL=nats://127.0.0.1:4222 NATS_CREDS=sys.creds OPERATOR_SEED=SO… node push-account.mjs orders
//
// The account's new seed is printed: it signs users. Whoever runs this keeps it.
import { signAccount } from "pulumi-nats-auth/claims";
import { generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { connectResolver } from "pulumi-nats-auth/resolver";

const { NATS_URL: url, NATS_CREDS: credsFile, OPERATOR_SEED: operatorSeed } = process.env;
const [name = "orders"] = process.argv.slice(2);

const { publicKey, seed } = generateKeyPair("account");
const jwt = signAccount({
  publicKey,
  claims: { name, limits: { connections: 100 } },
  signer: signerFromSeed(operatorSeed),
  issuedAt: Math.floor(Date.now() / 1000),
});

const resolver = await connectResolver({ url, credsFile, log: console.error });
try {
  const [pushed] = await resolver.push(jwt);
  console.error(`account "${name}" is on ${pushed.servers.join(", ")}`);
  for (const warning of pushed.warnings) console.error(warning);
  console.log(JSON.stringify({ publicKey, seed }));
} finally {
  await resolver.close();
}
