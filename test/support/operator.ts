/** An operator without Pulumi. */
import { type OperatorClaims, signAccount, signOperator } from "pulumi-nats-auth/claims";
import { generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { renderResolverConfig } from "pulumi-nats-auth/resolver";

const now = () => Math.floor(Date.now() / 1000);

/** An operator with its keys, and the configuration of its servers. */
export function makeOperator(name: string, more: Partial<OperatorClaims> = {}) {
  const [identity, signing] = [generateKeyPair("operator"), generateKeyPair("operator")];
  const [system, systemSigning] = [generateKeyPair("account"), generateKeyPair("account")];
  const jwt = signOperator({
    publicKey: identity.publicKey,
    claims: { name, signingKeys: [signing.publicKey], systemAccount: system.publicKey, ...more },
    signer: signerFromSeed(identity.seed),
    issuedAt: now(),
  });
  const systemJwt = signAccount({
    publicKey: system.publicKey,
    claims: { name: "SYS", signingKeys: [systemSigning.publicKey] },
    signer: signerFromSeed(signing.seed),
    issuedAt: now(),
  });
  const { text } = renderResolverConfig({
    operator: { name, jwt },
    systemAccount: { publicKey: system.publicKey, jwt: systemJwt },
    interval: "1s",
  });
  return { identity, signing, system, systemSigning, text };
}

export type TestOperator = ReturnType<typeof makeOperator>;
