/**
 * Base32 (RFC 4648, without padding), for keys and token ids.
 *
 * Written here because `@nats-io/nkeys` does not export its codec: through its public API every key costs a
 * scalar multiplication in JavaScript (milliseconds), where only a few bytes are to be packed.
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const CODES = Uint8Array.from(ALPHABET, (char) => char.charCodeAt(0));

/** Value of each character code; 255 where it is none of the alphabet. */
const VALUES = new Uint8Array(128).fill(255);
for (let i = 0; i < ALPHABET.length; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

/** Encodes bytes as base32 text without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  // Into bytes first: a string that is put together from pieces is slow to read.
  const text = Buffer.allocUnsafe(Math.ceil((bytes.length * 8) / 5));
  let value = 0;
  let bits = 0;
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    value = ((value << 8) | (bytes[i] as number)) & 4095;
    bits += 8;
    for (; bits >= 5; length++) {
      bits -= 5;
      text[length] = CODES[(value >> bits) & 31] as number;
    }
  }
  if (bits > 0) text[length] = CODES[(value << (5 - bits)) & 31] as number;
  return text.toString("latin1");
}

/** Decodes base32 text without padding; `undefined` when a character is none of the alphabet. Spare bits are ignored, as Go does. */
export function decodeBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let value = 0;
  let bits = 0;
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const five = code < 128 ? (VALUES[code] as number) : 255;
    if (five === 255) return undefined;
    value = ((value << 5) | five) & 4095;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[length++] = value >> bits;
    }
  }
  return bytes;
}
