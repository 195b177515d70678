/** Another tool that has the operator's key: it changes accounts on servers behind the back of the stack. */
import type { NatsConnection } from "@nats-io/transport-node";
import {
  type AccountClaims,
  accountFromWire,
  decodeToken,
  signAccount,
} from "pulumi-nats-auth/claims";
import { signerFromSeed } from "pulumi-nats-auth/keys";
import type { Stack } from "./stack";
import { connectAsSystem } from "./system";

export class OtherTool {
  readonly #nc: NatsConnection;
  readonly #seed: string;

  private constructor(nc: NatsConnection, seed: string) {
    this.#nc = nc;
    this.#seed = seed;
  }

  /** Takes the keys out of the stack's state. */
  static async of(stack: Stack, operator: string, url: string): Promise<OtherTool> {
    const state = await stack.openState();
    const signer = state[`Operator::${operator}`]?.outputs["signer"] as { seed: string };
    return new OtherTool(await connectAsSystem(state, operator, url), signer.seed);
  }

  /** Signs an account anew, with other claims. */
  sign(jwt: string, change: (claims: AccountClaims) => AccountClaims): string {
    const token = decodeToken(jwt);
    return signAccount({
      publicKey: token.sub,
      claims: change(accountFromWire(token)),
      signer: signerFromSeed(this.#seed),
      issuedAt: Math.max(token.iat + 1, Math.floor(Date.now() / 1000)),
    });
  }

  /** Signs an account that the stack knows nothing of. */
  create(publicKey: string, claims: AccountClaims): string {
    const signer = signerFromSeed(this.#seed);
    return signAccount({ publicKey, claims, signer, issuedAt: Math.floor(Date.now() / 1000) });
  }

  /** Pushes a JWT to all servers, as `nsc push` does. */
  async push(jwt: string, servers: number): Promise<void> {
    const options = { strategy: "count", maxMessages: servers, maxWait: 10_000 } as const;
    const replies = await this.#nc.requestMany("$SYS.REQ.CLAIMS.UPDATE", jwt, options);
    for await (const _ of replies);
  }

  close(): Promise<void> {
    return this.#nc.close();
  }
}
