/**
 * Base32 (RFC 4648, without padding), for keys and token ids.
 *
 * Written here because `@nats-io/nkeys` does not export its codec: through its public API every key costs a
 * scalar multiplication in JavaScript (milliseconds), where only a few bytes are to be packed.
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Two characters for each value of ten bits: five bytes become four look-ups. */
const PAIRS: readonly string[] = Array.from(
  { length: 1024 },
  (_, i) => `${ALPHABET[i >> 5]}${ALPHABET[i & 31]}`,
);

/** Value of each character code; 255 where it is none of the alphabet. */
const VALUES = new Uint8Array(128).fill(255);
for (let i = 0; i < ALPHABET.length; i++) VALUES[ALPHABET.charCodeAt(i)] = i;

/** Encodes bytes as base32 text without padding. */
export function encodeBase32(bytes: Uint8Array): string {
  const at = (i: number): number => bytes[i] as number;
  let text = "";
  let i = 0;
  for (; i + 5 <= bytes.length; i += 5) {
    text +=
      (PAIRS[(at(i) << 2) | (at(i + 1) >> 6)] as string) +
      (PAIRS[((at(i + 1) & 63) << 4) | (at(i + 2) >> 4)] as string) +
      (PAIRS[((at(i + 2) & 15) << 6) | (at(i + 3) >> 2)] as string) +
      (PAIRS[((at(i + 3) & 3) << 8) | at(i + 4)] as string);
  }
  let value = 0;
  let bits = 0;
  for (; i < bytes.length; i++) {
    value = (value << 8) | at(i);
    bits += 8;
    for (; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31];
    value &= 31;
  }
  if (bits > 0) text += ALPHABET[(value << (5 - bits)) & 31];
  return text;
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
