import { describe, expect, it } from "vitest";
import { encodePublicKey, encodeSeed } from "../../src/keys/codec";
import { bytesOfJwk, bytesOfPair, publicKeyOf, writesBytes } from "../../src/keys/key-pair";

describe("the halves of a new key", () => {
  // Which of the two `generateKeyPair` takes depends on Node.
  it.each([
    ["a JWK", bytesOfJwk],
    ...(writesBytes() ? [["bytes", bytesOfPair] as const] : []),
  ] as const)("belong together when they come as %s", (_, make) => {
    const { publicKey, privateKey } = make();
    expect([publicKey.length, privateKey.length]).toEqual([32, 32]);
    expect(publicKeyOf(encodeSeed("user", privateKey))).toBe(encodePublicKey("user", publicKey));
    expect(make().privateKey).not.toEqual(privateKey);
  });

  it("are 32 bytes, or none", () => {
    expect(() => encodeSeed("user", new Uint8Array(0))).toThrow("32 bytes");
    expect(() => encodePublicKey("user", {} as Uint8Array)).toThrow("32 bytes");
  });
});
