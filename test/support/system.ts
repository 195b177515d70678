/** Looking at servers as a system user, beside the library: what the tests see does not depend on what they test. */
import type { NatsConnection } from "@nats-io/transport-node";
import { signUser } from "pulumi-nats-auth/claims";
import { formatCreds, generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { connectWith } from "./nats";
import type { StateResource } from "./stack";

/** Connects as a system user of the operator in this state (with its secrets in clear). */
export function connectAsSystem(
  state: Record<string, StateResource>,
  operator: string,
  url: string,
): Promise<NatsConnection> {
  const system = state[`Operator::${operator}`]?.outputs["system"] as {
    publicKey: string;
    signer: { publicKey: string; seed: string };
  };
  const user = generateKeyPair("user");
  const jwt = signUser({
    publicKey: user.publicKey,
    claims: { name: "test", issuerAccount: system.publicKey },
    signer: signerFromSeed(system.signer.seed),
    issuedAt: Math.floor(Date.now() / 1000),
  });
  return connectWith(formatCreds(jwt, user.seed), url);
}

/** Notes every account JWT that anybody pushes from now on, in order. */
export async function watchPushes(nc: NatsConnection): Promise<string[]> {
  const pushed: string[] = [];
  nc.subscribe("$SYS.REQ.CLAIMS.UPDATE", {
    callback: (_error, message) => {
      pushed.push(message.string());
    },
  });
  await nc.flush();
  return pushed;
}
