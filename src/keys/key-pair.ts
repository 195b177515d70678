/** Making keys: the one place where seeds are born. */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { NatsAuthError } from "../errors";
import { type AnyKeyKind, decodeKey, encodePublicKey, encodeSeed, type KeyKind } from "./codec";

/** Both halves of a key as text. */
export interface KeyPairData {
  /** Public key such as `UDXU4R…`; not a secret. */
  publicKey: string;
  /** Seed such as `SUAIO3…`: the private half, a secret. */
  seed: string;
}

// DER of PKCS#8 up to the 32 private bytes (RFC 8410); the last but four bytes name the curve.
const PKCS8 = {
  ed25519: Buffer.from("302e020100300506032b657004220420", "hex"),
  x25519: Buffer.from("302e020100300506032b656e04220420", "hex"),
};

/** The private key of 32 raw bytes. */
export function privateKeyOf(kind: AnyKeyKind, bytes: Uint8Array): KeyObject {
  const key = Buffer.concat([PKCS8[kind === "curve" ? "x25519" : "ed25519"], bytes]);
  return createPrivateKey({ key, format: "der", type: "pkcs8" });
}

/** The 32 public bytes of a private key. */
export function publicBytesOf(key: KeyObject): Uint8Array {
  return Buffer.from(createPublicKey(key).export({ format: "jwk" }).x as string, "base64url");
}

/**
 * Makes a new key.
 *
 * @param kind what the key is for; `curve` makes an x25519 key (`X…`), the others Ed25519 keys. Servers make their own
 *   keys; one made here can sign what a test of an authorization service needs.
 * @param random source of 32 bytes. Default: OpenSSL's generator. Give one only for reproducible tests.
 */
export function generateKeyPair(
  kind: AnyKeyKind,
  random?: (size: number) => Uint8Array,
): KeyPairData {
  if (random === undefined && kind !== "curve") {
    const { publicKey, privateKey } = newHalves();
    return { publicKey: encodePublicKey(kind, publicKey), seed: encodeSeed(kind, privateKey) };
  }
  const bytes = (random ?? randomBytes)(32);
  if (bytes.length !== 32) {
    throw new NatsAuthError("ERR_INPUT", "the source of randomness did not return 32 bytes");
  }
  return {
    publicKey: encodePublicKey(kind, publicBytesOf(privateKeyOf(kind, bytes))),
    seed: encodeSeed(kind, bytes),
  };
}

interface Halves {
  publicKey: Uint8Array;
  privateKey: Uint8Array;
}

// Node's types do not know these encodings yet.
const newPair = generateKeyPairSync as unknown as (type: "ed25519", encodings: object) => unknown;
const AS_BYTES = {
  publicKeyEncoding: { format: "raw-public" },
  privateKeyEncoding: { format: "raw-private" },
};
const AS_JWK = { publicKeyEncoding: { format: "jwk" }, privateKeyEncoding: { format: "jwk" } };

let halvesOf: (() => Halves) | undefined;

/** Both halves of a new Ed25519 key, made and written by one call: half the price of a private key from random bytes. */
function newHalves(): Halves {
  halvesOf ??= writesBytes() ? bytesOfPair : bytesOfJwk;
  return halvesOf();
}

/** Node 24 writes the bytes of a new key since 24.15; where it does not, a JWK is the shortest form. */
export function writesBytes(): boolean {
  try {
    const { publicKey, privateKey } = bytesOfPair();
    return [publicKey, privateKey].every(
      (half) => half instanceof Uint8Array && half.length === 32,
    );
  } catch {
    return false;
  }
}

/** Only where `writesBytes`. */
export function bytesOfPair(): Halves {
  return newPair("ed25519", AS_BYTES) as Halves;
}

/** The private JWK has both halves; asking for the public one too only spares a key object. */
export function bytesOfJwk(): Halves {
  const { privateKey } = newPair("ed25519", AS_JWK) as { privateKey: JsonWebKey };
  return {
    publicKey: Buffer.from(privateKey.x as string, "base64url"),
    privateKey: Buffer.from(privateKey.d as string, "base64url"),
  };
}

/** The public key that belongs to a seed. Throws `ERR_KEY` when the text is no valid seed. */
export function publicKeyOf(seed: string): string {
  const key = decodeSeed(seed);
  return encodePublicKey(key.kind, publicBytesOf(privateKeyOf(key.kind, key.bytes)));
}

/** Reads a seed, or throws `ERR_KEY` without quoting it. */
export function decodeSeed(seed: string): { kind: KeyKind; bytes: Uint8Array } {
  const key = typeof seed === "string" ? decodeKey(seed) : { problem: "it is not text" };
  if ("problem" in key) {
    throw new NatsAuthError("ERR_KEY", `this is no valid seed: ${key.problem}`);
  }
  if (!key.secret) {
    throw new NatsAuthError("ERR_KEY", "this is a public key where its seed is needed");
  }
  // Server and cluster seeds sign like the others; they are for tests, so the type does not name them.
  return { kind: key.kind as KeyKind, bytes: key.bytes };
}
