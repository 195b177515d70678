import { createPublicKey, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  generateKeyPair,
  type KeyKind,
  keyKindOf,
  publicKeyOf,
  publicKeyProblem,
  seedKindOf,
  seedProblem,
  signerFromSeed,
  verifySignature,
} from "../../src/keys";
import { decodeBase32, encodeBase32 } from "../../src/keys/base32";
import { decodeKey, encodePublicKey } from "../../src/keys/codec";

const KINDS: [KeyKind, string][] = [
  ["operator", "O"],
  ["account", "A"],
  ["user", "U"],
  ["curve", "X"],
];
const fixed = (byte: number) => (size: number) => new Uint8Array(size).fill(byte);
const keyError = expect.objectContaining({ code: "ERR_KEY" });

describe("known answers", () => {
  // Written by Go nkeys 0.4.17 (FromRawSeed, CreateCurveKeysWithRand).
  test.each<[KeyKind, number, string, string]>([
    [
      "operator",
      1,
      "OCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOCS",
      "SOAACAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIATA",
    ],
    [
      "account",
      3,
      "ADWUSKGGFDI4FRXK5EBTRECZSVQSSWJHHJOGH6JWG3AUMFFMQ435D6HD",
      "SAAAGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAZS54",
    ],
    [
      "user",
      6,
      "UCFIOX77D2ZYIUKXPLGVV7XEAVCWK2G5PSE6BEEGHICVPPD26SPRO5B3",
      "SUAAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBQGAYDAMBUCFM",
    ],
    [
      "curve",
      8,
      "XAY5JK3KZ3WJMEJXSFYDPE3OMBYW7LCXHL7JJWO2QSUAEBCI37AREOAX",
      "SXAAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCAIBAEAQCH3SQ",
    ],
  ])("%s key of 32 bytes of %d", (kind, byte, publicKey, seed) => {
    expect(generateKeyPair(kind, fixed(byte))).toEqual({ publicKey, seed });
    expect(publicKeyOf(seed)).toBe(publicKey);
  });

  test("signature of RFC 8032, test 2", () => {
    const bytes = Buffer.from(
      "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      "hex",
    );
    const signer = signerFromSeed(generateKeyPair("user", () => bytes).seed);
    expect(Buffer.from(signer.sign(Buffer.from("72", "hex"))).toString("hex")).toBe(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    );
  });

  test("base32 of RFC 4648", () => {
    for (const [text, encoded] of [
      ["", ""],
      ["f", "MY"],
      ["fo", "MZXQ"],
      ["foo", "MZXW6"],
      ["foob", "MZXW6YQ"],
      ["fooba", "MZXW6YTB"],
      ["foobar", "MZXW6YTBOI"],
    ] as const) {
      expect(encodeBase32(Buffer.from(text))).toBe(encoded);
      expect(Buffer.from(decodeBase32(encoded) ?? []).toString()).toBe(text);
    }
    expect(decodeBase32("mzxw")).toBeUndefined();
    expect(decodeBase32("MZX0é")).toBeUndefined();
  });
});

describe.each(KINDS)("%s keys", (kind, letter) => {
  test("are generated anew each time, and recognised", () => {
    const { publicKey, seed } = generateKeyPair(kind);
    expect(generateKeyPair(kind).seed).not.toBe(seed);
    expect(publicKey).toMatch(new RegExp(`^${letter}[A-Z2-7]{55}$`));
    expect(seed).toMatch(new RegExp(`^S${letter}[A-Z2-7]{56}$`));
    expect(publicKeyOf(seed)).toBe(publicKey);
    expect(keyKindOf(publicKey)).toBe(kind);
    expect(seedKindOf(seed)).toBe(kind);
    expect(keyKindOf(seed)).toBeUndefined();
    expect(seedKindOf(publicKey)).toBeUndefined();
    expect(publicKeyProblem(publicKey, [kind])).toBeUndefined();
    expect(seedProblem(seed, [kind])).toBeUndefined();
  });

  test("with one letter changed are refused, without being shown", () => {
    const { publicKey, seed } = generateKeyPair(kind, fixed(9));
    for (const text of [publicKey, seed]) {
      // The last letter of a seed has two bits that no byte uses.
      for (let i = 0; i < text.length - 1; i++) {
        const wrong = text.slice(0, i) + (text[i] === "B" ? "C" : "B") + text.slice(i + 1);
        expect(keyKindOf(wrong)).toBeUndefined();
        expect(seedKindOf(wrong)).toBeUndefined();
        for (const problem of [publicKeyProblem(wrong, [kind]), seedProblem(wrong, [kind])]) {
          expect(problem).toBeTypeOf("string");
          expect(problem).not.toContain(wrong.slice(2, 12));
        }
      }
    }
  });
});

describe("signatures", () => {
  test("fit their key and data only", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(63), (data, position) => {
        const { publicKey, seed } = generateKeyPair("account", fixed(5));
        const signature = signerFromSeed(seed).sign(data);
        expect(signature).toHaveLength(64);
        expect(verifySignature(publicKey, data, signature)).toBe(true);
        const changed = Uint8Array.from(signature);
        changed[position] = (changed[position] as number) ^ 1;
        expect(verifySignature(publicKey, data, changed)).toBe(false);
        expect(verifySignature(publicKey, Uint8Array.of(...data, 0), signature)).toBe(false);
        expect(
          verifySignature(generateKeyPair("account", fixed(6)).publicKey, data, signature),
        ).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  test("are Ed25519", () => {
    const { publicKey, seed } = generateKeyPair("user");
    const key = decodeKey(publicKey);
    if ("problem" in key) throw new Error(key.problem);
    const x = Buffer.from(key.bytes).toString("base64url");
    const jwk = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    expect(verify(null, Buffer.from("x"), jwk, signerFromSeed(seed).sign(Buffer.from("x")))).toBe(
      true,
    );
  });

  test("of curve keys do not exist", () => {
    const { publicKey, seed } = generateKeyPair("curve");
    expect(() => signerFromSeed(seed)).toThrow(keyError);
    expect(verifySignature(publicKey, new Uint8Array(1), new Uint8Array(64))).toBe(false);
  });

  test("of malformed keys or lengths are false, not errors", () => {
    const { publicKey, seed } = generateKeyPair("user");
    expect(verifySignature("nonsense", new Uint8Array(1), new Uint8Array(64))).toBe(false);
    expect(verifySignature(seed, new Uint8Array(1), new Uint8Array(64))).toBe(false);
    expect(verifySignature(publicKey, new Uint8Array(1), new Uint8Array(63))).toBe(false);
  });

  test("a signer does not show its seed", () => {
    const { seed } = generateKeyPair("user");
    const signer = signerFromSeed(seed);
    expect(JSON.stringify(signer) + String(signer)).not.toContain(seed);
    expect(Object.keys(signer)).toEqual(["publicKey", "sign"]);
  });
});

describe("problems", () => {
  const user = generateKeyPair("user", fixed(1));
  const account = generateKeyPair("account", fixed(1));

  test.each<[unknown, string]>([
    [undefined, "must be a key as text"],
    [5, "must be a key as text"],
    ["", "is empty"],
    [`${account.publicKey}\n`, "has white space around it"],
    ["eyJ0eXAi", "is a JWT, not a key"],
    ["-----BEGIN NATS USER JWT-----", "is a file with a key in it, not the key itself"],
    [user.publicKey, "is a user key, an account key (A…) is needed"],
    [account.seed, "is a seed (secret); give the public key, which starts with A"],
    [user.seed, "is a seed (secret); give the public key, which starts with A"],
    [account.seed.slice(0, 40), "is a seed (secret); give the public key, which starts with A"],
    [account.seed.toLowerCase(), "is a seed (secret); give the public key, which starts with A"],
    [account.publicKey.toLowerCase(), "is no valid key: a character other than A to Z and 2 to 7"],
    ["A", "is no valid key: wrong length (56 characters for a public key, 58 for a seed)"],
  ])("of a public key: %j", (value, problem) => {
    expect(publicKeyProblem(value, ["account"])).toBe(problem);
  });

  test.each<[unknown, string]>([
    [null, "must be a key as text"],
    [account.publicKey, "is a public key; give the seed, which starts with SA"],
    [user.seed, "is a user seed, an account seed (SA…) is needed"],
    [
      account.seed.slice(0, -1),
      "is no valid seed: wrong length (56 characters for a public key, 58 for a seed)",
    ],
  ])("of a seed: %j", (value, problem) => {
    expect(seedProblem(value, ["account"])).toBe(problem);
  });

  test("name all kinds that are possible", () => {
    expect(publicKeyProblem(user.publicKey, ["operator", "account"])).toBe(
      "is a user key, an operator key (O…) or an account key (A…) is needed",
    );
  });

  test("points of small order are no keys", () => {
    for (const first of [0, 1]) {
      const bytes = new Uint8Array(32);
      bytes[0] = first;
      expect(keyKindOf(encodePublicKey("account", bytes))).toBeUndefined();
      bytes[31] = 128;
      expect(keyKindOf(encodePublicKey("account", bytes))).toBeUndefined();
      expect(keyKindOf(encodePublicKey("curve", bytes))).toBe("curve");
    }
  });

  test("server keys are read, and are none of ours", () => {
    const server = encodePublicKey("server", fixed(7)(32));
    expect(server).toMatch(/^N/);
    expect(keyKindOf(server)).toBeUndefined();
    expect(publicKeyProblem(server, ["account"])).toBe(
      "is a server key, an account key (A…) is needed",
    );
  });

  test("errors do not hold the seed", () => {
    for (const seed of [
      account.seed.slice(0, -1),
      `${account.seed.slice(0, -2)}AA`,
      `${account.seed}\n`,
    ]) {
      for (const attempt of [() => publicKeyOf(seed), () => signerFromSeed(seed)]) {
        expect(attempt).toThrow(keyError);
        expect(attempt).not.toThrow(seed.slice(2, 12));
      }
    }
    expect(() => publicKeyOf(account.publicKey)).toThrow("public key where its seed is needed");
    expect(() => publicKeyOf(5 as never)).toThrow(keyError);
  });

  test("a bad source of randomness is refused", () => {
    expect(() => generateKeyPair("user", () => new Uint8Array(31))).toThrow(
      expect.objectContaining({ code: "ERR_INPUT" }),
    );
  });
});
