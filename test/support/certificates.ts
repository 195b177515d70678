/** X.509 certificates for tests: an authority, and certificates that it signed. Node can read them, but not make them. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** Certificate and private key as PEM text. */
export interface Certificate {
  cert: string;
  key: string;
}

/** An authority, a certificate of a server on loopback, and one of a client. */
export function makeCertificates(): { ca: string; server: Certificate; client: Certificate } {
  const authority = keys();
  const ca = certificate(
    "test authority",
    authority.publicKey,
    "test authority",
    authority.privateKey,
    [
      extension("2.5.29.19", sequence(der(0x01, Buffer.from([0xff])))), // basic constraints: an authority
    ],
  );
  const issue = (name: string): Certificate => {
    const { publicKey, privateKey } = keys();
    const cert = certificate(name, publicKey, "test authority", authority.privateKey, [
      // subject alternative names: localhost, 127.0.0.1
      extension(
        "2.5.29.17",
        sequence(der(0x82, Buffer.from("localhost")), der(0x87, Buffer.from([127, 0, 0, 1]))),
      ),
    ]);
    return { cert, key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
  };
  return { ca, server: issue("server"), client: issue("client") };
}

function keys() {
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
}

function certificate(
  subject: string,
  publicKey: KeyObject,
  issuer: string,
  signer: KeyObject,
  extensions: Buffer[],
): string {
  const algorithm = sequence(oid("1.2.840.10045.4.3.2")); // ecdsa-with-SHA256
  const year = new Date().getUTCFullYear() % 100;
  const time = (y: number) => der(0x17, Buffer.from(`${String(y).padStart(2, "0")}0101000000Z`));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])), // serial number
    algorithm,
    nameOf(issuer),
    sequence(time(year), time(year + 2)),
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, signer);
  const bits = der(0x03, Buffer.concat([Buffer.from([0]), signature]));
  const base64 = sequence(body, algorithm, bits).toString("base64");
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid("2.5.4.3"), der(0x0c, Buffer.from(commonName)))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(0x04, value));
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = rest.flatMap((part) => {
    const digits = [part & 0x7f];
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  });
  return der(0x06, Buffer.from([first * 40 + second, ...bytes]));
}
