/** An operator without Pulumi. */
import {
  type OperatorClaims,
  signAccount,
  signOperator,
  signUser,
  type UserClaims,
} from "pulumi-nats-auth/claims";
import {
  formatCreds,
  generateKeyPair,
  type KeyPairData,
  signerFromSeed,
} from "pulumi-nats-auth/keys";
import {
  type AccountAddress,
  type ClusterTarget,
  type ResolverSettings,
  renderResolverConfig,
} from "pulumi-nats-auth/resolver";

export const now = () => Math.floor(Date.now() / 1000);

/** An operator with its keys, and the configuration of its servers; nothing of Pulumi. */
export function makeOperator(
  name: string,
  settings: Partial<ResolverSettings> = {},
  more: Partial<OperatorClaims> = {},
) {
  const [identity, signing] = [generateKeyPair("operator"), generateKeyPair("operator")];
  const [system, systemSigning] = [generateKeyPair("account"), generateKeyPair("account")];
  const operatorJwt = (signingKeys: string[]) =>
    signOperator({
      publicKey: identity.publicKey,
      claims: { name, signingKeys, systemAccount: system.publicKey, ...more },
      signer: signerFromSeed(identity.seed),
      issuedAt: now(),
    });
  const systemJwt = signAccount({
    publicKey: system.publicKey,
    claims: { name: "SYS", signingKeys: [systemSigning.publicKey] },
    signer: signerFromSeed(signing.seed),
    issuedAt: now(),
  });
  /** The configuration of a server that knows these signing keys of the operator. */
  const textWith = (signingKeys: string[], more: Partial<ResolverSettings> = {}) =>
    renderResolverConfig({
      operator: { name, jwt: operatorJwt(signingKeys) },
      systemAccount: { publicKey: system.publicKey, jwt: systemJwt },
      interval: "1s",
      ...settings,
      ...more,
    }).text;
  const text = textWith([signing.publicKey]);
  return { name, identity, signing, system, systemSigning, systemJwt, text, textWith };
}

export type TestOperator = ReturnType<typeof makeOperator>;

/** Where accounts of an operator live, as its own stack would say. */
export function addressFor(
  url: string,
  { identity, signing, system, systemSigning }: TestOperator,
  target: Partial<ClusterTarget> = {},
) {
  return (name: string, publicKey: string, signer: KeyPairData = signing): AccountAddress => ({
    name,
    publicKey,
    operator: { publicKey: identity.publicKey, signer },
    target: {
      url,
      system: { publicKey: system.publicKey, signer: systemSigning },
      waitFor: 5_000,
      ...target,
    },
    remembered: [],
    log: () => {},
  });
}

/** A user of an account. */
export function userOf(account: KeyPairData, issuedAt = now()) {
  const { publicKey, seed } = generateKeyPair("user");
  const signer = signerFromSeed(account.seed);
  const jwt = signUser({ publicKey, claims: { name: "someone" }, signer, issuedAt });
  return { publicKey, creds: formatCreds(jwt, seed) };
}

/** Creds of a user of the system account. */
export function systemCreds(
  { system, systemSigning }: TestOperator,
  claims: Partial<UserClaims> = {},
): string {
  const { publicKey, seed } = generateKeyPair("user");
  const jwt = signUser({
    publicKey,
    claims: { name: "system", issuerAccount: system.publicKey, ...claims },
    signer: signerFromSeed(systemSigning.seed),
    issuedAt: now(),
  });
  return formatCreds(jwt, seed);
}
