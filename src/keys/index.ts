/** Keys of NATS (nkeys): make, read, check, sign; creds text. Pure: no input or output, randomness can be given. */

export type { AnyKeyKind, KeyKind } from "./codec";
export { formatCreds, parseCreds } from "./creds";
export { generateKeyPair, type KeyPairData, publicKeyOf } from "./key-pair";
export { keyKindOf, publicKeyProblem, seedKindOf, seedProblem } from "./problems";
export { redact } from "./redact";
export { type Signer, signerFromSeed, verifySignature } from "./signer";
