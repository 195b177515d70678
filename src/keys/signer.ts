/** Signatures of nkeys: Ed25519 by OpenSSL. */

import { createPublicKey, sign, verify } from "node:crypto";
import { NatsAuthError } from "../errors";
import { decodeKey, encodePublicKey } from "./codec";
import { decodeSeed, privateKeyOf, publicBytesOf } from "./key-pair";

/** Signs in the name of one key. May stand for a key that never leaves a vault. */
export interface Signer {
  /** The public key whose signatures these are. */
  readonly publicKey: string;
  /** The 64 bytes of an Ed25519 signature over `data`. */
  sign(data: Uint8Array): Uint8Array;
}

/** A signer for a seed. Throws `ERR_KEY` for an invalid seed, and for a curve seed, which cannot sign. */
export function signerFromSeed(seed: string): Signer {
  const { kind, bytes } = decodeSeed(seed);
  if (kind === "curve") {
    throw new NatsAuthError("ERR_KEY", "a curve key (X…) encrypts and cannot sign");
  }
  const key = privateKeyOf(kind, bytes);
  return {
    publicKey: encodePublicKey(kind, publicBytesOf(key)),
    sign: (data) => sign(null, data, key),
  };
}

/** Whether `signature` is the signature of `publicKey` over `data`. `false` too when the key is malformed or cannot sign. */
export function verifySignature(
  publicKey: string,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = decodeKey(publicKey);
  if ("problem" in key || key.secret || key.kind === "curve" || signature.length !== 64) {
    return false;
  }
  const x = Buffer.from(key.bytes).toString("base64url");
  const publicHalf = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  return verify(null, data, publicHalf, signature);
}
