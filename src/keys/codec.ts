/** How an nkey is written: prefix, 32 bytes, checksum, all in base32 (Go `nkeys/strkey.go`). Pure text and bytes, no cryptography. */

import { decodeBase32, encodeBase32 } from "./base32";

/** Kinds of key that this library makes and uses. A curve key (x25519) encrypts and cannot sign. */
export type KeyKind = "operator" | "account" | "user" | "curve";

/** Every kind that can be read: servers sign their own tokens. */
export type AnyKeyKind = KeyKind | "server" | "cluster";

/** The first letter of a public key of each kind; seeds have an `S` before it. */
export const LETTERS: Readonly<Record<AnyKeyKind, string>> = {
  operator: "O",
  account: "A",
  user: "U",
  curve: "X",
  server: "N",
  cluster: "C",
};

const PREFIXES: Readonly<Record<AnyKeyKind, number>> = {
  operator: 14 << 3,
  account: 0,
  user: 20 << 3,
  curve: 23 << 3,
  server: 13 << 3,
  cluster: 2 << 3,
};
const SEED_PREFIX = 18 << 3;

const KINDS = new Map<number, AnyKeyKind>();
for (const kind of Object.keys(PREFIXES) as AnyKeyKind[]) KINDS.set(PREFIXES[kind], kind);

/** Characters of a public key. */
export const PUBLIC_LENGTH = 56;
/** Characters of a seed. */
export const SEED_LENGTH = 58;

/** What a text turned out to be: a key, or why it is none (a phrase for people, without the value). */
export type Decoded =
  | { readonly kind: AnyKeyKind; readonly secret: boolean; readonly bytes: Uint8Array }
  | { readonly problem: string };

const CRC_TABLE = new Uint16Array(256);
for (let i = 0; i < 256; i++) {
  let crc = i << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  CRC_TABLE[i] = crc;
}

/** CRC-16/XMODEM of the first `length` bytes. */
function crc16(bytes: Uint8Array, length: number): number {
  let crc = 0;
  for (let i = 0; i < length; i++) {
    crc = ((crc << 8) & 0xffff) ^ (CRC_TABLE[(crc >> 8) ^ (bytes[i] as number)] as number);
  }
  return crc;
}

/** Appends the checksum in little endian and encodes. */
function seal(raw: Uint8Array): string {
  const end = raw.length - 2;
  const crc = crc16(raw, end);
  raw[end] = crc & 255;
  raw[end + 1] = crc >> 8;
  return encodeBase32(raw);
}

/** A key of anything else would be one of zeros. */
function assertKeyBytes(bytes: Uint8Array): void {
  if (bytes.length !== 32) throw new TypeError("a key has 32 bytes");
}

/** Writes 32 bytes as a public key. */
export function encodePublicKey(kind: AnyKeyKind, bytes: Uint8Array): string {
  assertKeyBytes(bytes);
  const raw = new Uint8Array(35);
  raw[0] = PREFIXES[kind];
  raw.set(bytes, 1);
  return seal(raw);
}

/** Writes 32 bytes as a seed. */
export function encodeSeed(kind: AnyKeyKind, bytes: Uint8Array): string {
  assertKeyBytes(bytes);
  const raw = new Uint8Array(36);
  // Both letters are to be readable in base32, so the kind's five bits sit across the byte border.
  raw[0] = SEED_PREFIX | (PREFIXES[kind] >> 5);
  raw[1] = (PREFIXES[kind] & 31) << 3;
  raw.set(bytes, 2);
  return seal(raw);
}

/** Points of small order accept forged signatures; nkeys refuses them since 0.4.17 (list of libsodium, sign bit ignored). */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]);

function hasSmallOrder(bytes: Uint8Array): boolean {
  // The second bytes of the list; of ordinary keys only one in 64 gets past this line.
  if (![0, 0xe8, 0x17, 0xff].includes(bytes[1] as number)) return false;
  const point = Buffer.from(bytes);
  point[31] = (point[31] as number) & 127;
  return SMALL_ORDER.has(point.toString("hex"));
}

/** Reads a public key or a seed of any kind. */
export function decodeKey(text: string): Decoded {
  if (text.length !== PUBLIC_LENGTH && text.length !== SEED_LENGTH) {
    return {
      problem: `wrong length (${PUBLIC_LENGTH} characters for a public key, ${SEED_LENGTH} for a seed)`,
    };
  }
  const raw = decodeBase32(text);
  if (raw === undefined) return { problem: "a character other than A to Z and 2 to 7" };
  const end = raw.length - 2;
  if (crc16(raw, end) !== ((raw[end] as number) | ((raw[end + 1] as number) << 8))) {
    return { problem: "wrong checksum" };
  }
  const secret = raw.length === 36;
  if (secret && ((raw[0] as number) & 248) !== SEED_PREFIX) {
    return { problem: "it does not start with S" };
  }
  const prefix = secret
    ? (((raw[0] as number) & 7) << 5) | (((raw[1] as number) & 248) >> 3)
    : (raw[0] as number);
  const kind = KINDS.get(prefix);
  if (kind === undefined) return { problem: "an unknown first letter" };
  const bytes = raw.slice(secret ? 2 : 1, end); // a view would cost more than the copy
  if (!secret && kind !== "curve" && hasSmallOrder(bytes)) {
    return { problem: "a point of small order" };
  }
  return { kind, secret, bytes };
}
