import { describe, expect, test } from "vitest";
import {
  decodeToken,
  encodeGeneric,
  encodeToken,
  MAX_TOKEN_SIZE,
  signAccount,
  signOperator,
  signUser,
} from "../../src/claims";
import { type Signer, signerFromSeed } from "../../src/keys";
import {
  ACCOUNT,
  ACCOUNT_SIGNING,
  CURVE,
  NOW,
  OPERATOR,
  OPERATOR_SIGNING,
  OTHER_ACCOUNT,
  USER,
} from "./fixed-keys";

const operator = signerFromSeed(OPERATOR.seed);
const account = signerFromSeed(ACCOUNT.seed);

/** A whole token as it is on the wire, its payload readable here. */
function token(payload: string, signature: string): string {
  const part = (text: string): string => Buffer.from(text).toString("base64url");
  return `${part('{"typ":"JWT","alg":"ed25519-nkey"}')}.${part(payload)}.${signature}`;
}

describe("whole tokens", () => {
  test("of an operator", () => {
    const claims = {
      name: "acme",
      accountServerUrl: "nats://127.0.0.1:4222",
      systemAccount: ACCOUNT.publicKey,
    };
    expect(
      signOperator({ publicKey: OPERATOR.publicKey, claims, signer: operator, issuedAt: NOW }),
    ).toBe(
      token(
        `{"jti":"XVOXDLXCH2NAHIILJ5ZLSVCZ6DYFO7MHSO2Q3UNRJ2CVAF3IJTYA","iat":1700000000,"iss":"OCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOCS","name":"acme","sub":"OCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOCS","nats":{"account_server_url":"nats://127.0.0.1:4222","system_account":"ADWUSKGGFDI4FRXK5EBTRECZSVQSSWJHHJOGH6JWG3AUMFFMQ435D6HD","type":"operator","version":2}}`,
        "Vgqc1YtUv6PsAp1gfdcAbq9fC3zYBH1S8uF3wArGiByr_Pv0DylKDxRiadB6PtppYIKCSIIV5vvyP8s3ogDzAw",
      ),
    );
  });

  test("of an account", () => {
    const claims = {
      name: "orders",
      limits: { connections: 100, payload: "1MiB" },
      jetstream: { diskStorage: "10GiB", streams: 20 },
      exports: [{ stream: "orders.events.>" }],
    };
    expect(
      signAccount({ publicKey: ACCOUNT.publicKey, claims, signer: operator, issuedAt: NOW }),
    ).toBe(
      token(
        String.raw`{"jti":"IABUURQTSRTK2TBWYVS5FYYQ7ZBV6P7TDIWD2ECFAK2G4NJ25KSQ","iat":1700000000,"iss":"OCFIRY65OQE7DFP5KLNS2PF2LVZMUZYJX4OZIEQ36N2IQANUB5XVYOCS","name":"orders","sub":"ADWUSKGGFDI4FRXK5EBTRECZSVQSSWJHHJOGH6JWG3AUMFFMQ435D6HD","nats":{"exports":[{"subject":"orders.events.\u003e","type":"stream"}],"limits":{"subs":-1,"data":-1,"payload":1048576,"imports":-1,"exports":-1,"wildcards":true,"conn":100,"leaf":-1,"disk_storage":10737418240,"streams":20,"consumer":-1,"max_ack_pending":-1,"mem_max_stream_bytes":-1,"disk_max_stream_bytes":-1},"default_permissions":{"pub":{},"sub":{}},"authorization":{},"type":"account","version":2}}`,
        "dn10N7A0fto5LplkqnzAFU_4Ep_sV0T-3B2NiILkMvdHBlTN3mCw-y4pAVfWc-_PgX3DfhviWadDvP9XjnBgDQ",
      ),
    );
  });

  test("of a user", () => {
    const claims = {
      name: "orders-api",
      permissions: { publish: ["orders.>"], subscribe: ["_INBOX.>"] },
      expiresAt: "2027-01-31T00:00:00Z",
    };
    expect(signUser({ publicKey: USER.publicKey, claims, signer: account, issuedAt: NOW })).toBe(
      token(
        String.raw`{"exp":1801353600,"jti":"OHVHRZRIIDYICH3QR5UYJVSXKQA4EGNR2BYDIIL4BJ5H273RXHLA","iat":1700000000,"iss":"ADWUSKGGFDI4FRXK5EBTRECZSVQSSWJHHJOGH6JWG3AUMFFMQ435D6HD","name":"orders-api","sub":"UCFIOX77D2ZYIUKXPLGVV7XEAVCWK2G5PSE6BEEGHICVPPD26SPRO5B3","nats":{"pub":{"allow":["orders.\u003e"]},"sub":{"allow":["_INBOX.\u003e"]},"subs":-1,"data":-1,"payload":-1,"type":"user","version":2}}`,
        "nL6gcFcS7YoPfWpuLgYA9DpMHYhD4DRdZMfNlahA6ME8DX8uLCxHIlDg3eYloAeitwM3b6_ITYc24MZfHpBUAw",
      ),
    );
  });
});

describe("encoding", () => {
  const base = { iat: NOW, sub: USER.publicKey, nats: { type: "user", pub: {}, sub: {} } };
  const payloadOf = (text: string): string =>
    Buffer.from(text.split(".")[1] as string, "base64url").toString();

  test("escapes what Go escapes, and nothing else", () => {
    const name = '<b>&\u2028\u2029"\\\b\f\n\r\t\u0001\u007fé😀/';
    expect(payloadOf(encodeToken({ ...base, name }, account))).toContain(
      String.raw`"name":"\u003cb\u003e\u0026\u2028\u2029\"\\\b\f\n\r\t\u0001${"\u007f"}é😀/"`,
    );
  });

  test("hashes the body into the id", () => {
    const id = (nats: Record<string, unknown>) =>
      decodeToken(encodeToken({ ...base, nats }, account)).jti;
    expect(id({ type: "user", subs: 1 })).not.toBe(id({ type: "user", subs: 2 }));
    expect(id({ type: "user", subs: 1 })).toMatch(/^[A-Z2-7]{52}$/);
  });

  test("keeps a given id", () => {
    expect(decodeToken(encodeToken({ ...base, jti: "MINE" }, account)).jti).toBe("MINE");
  });

  test("does not depend on the order of properties", () => {
    const shuffled = { nats: { sub: {}, pub: {}, type: "user" }, sub: base.sub, iat: base.iat };
    expect(encodeToken(shuffled, account)).toBe(encodeToken(base, account));
  });

  test("keeps unknown fields, sorted behind the known ones", () => {
    const nats = { type: "user", zebra: 1, ape: { b: 2, a: [null, { y: 1, x: 2 }] }, subs: -1 };
    const text = payloadOf(encodeToken({ ...base, nats, future: true } as never, account));
    expect(text).toContain(
      '"nats":{"subs":-1,"type":"user","version":2,"ape":{"a":[null,{"x":2,"y":1}],"b":2},"zebra":1},"future":true}',
    );
  });

  test("sorts maps by their bytes, as Go does", () => {
    const nats = { type: "account", revocations: { "\u{1f600}": 1, "\ufb01": 2, b: 3, a: 4 } };
    const text = payloadOf(encodeToken({ ...base, sub: ACCOUNT.publicKey, nats }, operator));
    expect(text).toContain('"revocations":{"a":4,"b":3,"\ufb01":2,"\u{1f600}":1}');
  });

  test("sorts exports, imports and signing keys, and leaves the input alone", () => {
    const nats = {
      type: "account",
      exports: [{ subject: "b" }, { subject: "a" }],
      signing_keys: [{ key: "B", kind: "user_scope" }, "C", "A"],
    };
    const text = payloadOf(encodeToken({ ...base, sub: ACCOUNT.publicKey, nats }, operator));
    expect(text).toContain(
      '"exports":[{"subject":"a"},{"subject":"b"}],"signing_keys":["A",{"kind":"user_scope","key":"B"},"C"]',
    );
    expect(nats.exports[0]).toEqual({ subject: "b" });
  });

  test("refuses numbers that JSON has not", () => {
    const bad = { ...base, nats: { type: "user", subs: Number.NaN } };
    expect(() => encodeToken(bad, account)).toThrow(expect.objectContaining({ code: "ERR_INPUT" }));
  });

  test("of a request to delete accounts is Go's generic token", () => {
    const decoded = decodeToken(
      encodeGeneric({
        subject: OPERATOR.publicKey,
        body: { accounts: [ACCOUNT.publicKey] },
        signer: operator,
        issuedAt: NOW,
      }),
    );
    expect(decoded).toMatchObject({ iss: OPERATOR.publicKey, sub: OPERATOR.publicKey, iat: NOW });
    expect(decoded.nats).toEqual({ accounts: [ACCOUNT.publicKey], version: 2 });
  });
});

describe("signing", () => {
  const user = { publicKey: USER.publicKey, claims: { name: "u" }, signer: account, issuedAt: NOW };

  test("names the account only when a signing key signs", () => {
    const claims = { name: "u", issuerAccount: ACCOUNT.publicKey };
    const nats = (signer: Signer) => decodeToken(signUser({ ...user, claims, signer })).nats;
    expect(nats(account)).not.toHaveProperty("issuer_account");
    expect(nats(signerFromSeed(ACCOUNT_SIGNING.seed))).toHaveProperty(
      "issuer_account",
      ACCOUNT.publicKey,
    );
  });

  test.each([
    ["a user by an operator", () => signUser({ ...user, signer: operator })],
    ["an account by an account", () => signAccount({ ...user, publicKey: ACCOUNT.publicKey })],
    ["an operator by an account", () => signOperator({ ...user, publicKey: OPERATOR.publicKey })],
    [
      "a user's claims for an account's key",
      () => signUser({ ...user, publicKey: ACCOUNT.publicKey }),
    ],
    ["a seed instead of a public key", () => signUser({ ...user, publicKey: USER.seed })],
    [
      "a user of a user",
      () => signUser({ ...user, claims: { name: "u", issuerAccount: USER.publicKey } }),
    ],
  ])("refuses %s", (_, sign) => {
    expect(sign).toThrow(expect.objectContaining({ code: "ERR_KEY" }));
    expect(sign).not.toThrow(USER.seed);
  });

  test.each([0, -1, 1.5, Number.NaN])("refuses to be issued at %s", (issuedAt) => {
    expect(() => signUser({ ...user, issuedAt })).toThrow(
      expect.objectContaining({ code: "ERR_INPUT" }),
    );
  });
});

describe("decoding", () => {
  const good = signUser({
    publicKey: USER.publicKey,
    claims: { name: "u" },
    signer: account,
    issuedAt: NOW,
  });
  const [header, payload, signature] = good.split(".") as [string, string, string];
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  /** Signs whatever it is given. */
  const forge = (
    claims: unknown,
    signer = account,
    head: unknown = { typ: "JWT", alg: "ed25519-nkey" },
  ) => {
    const signed = `${part(head)}.${part(claims)}`;
    return `${signed}.${Buffer.from(signer.sign(Buffer.from(signed))).toString("base64url")}`;
  };
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());

  test("gives the claims, also of text with a line end", () => {
    expect(decodeToken(`${good}\n`)).toEqual(claims);
    expect(decodeToken(forge(claims))).toEqual(claims);
    expect(decodeToken(forge(claims, account, { alg: "ED25519-nkey", typ: "jwt" }))).toEqual(
      claims,
    );
  });

  test.each<[string, string, string]>([
    ["another payload", [header, part({ ...claims, name: "v" }), signature].join("."), "signature"],
    [
      "another header",
      [part({ alg: "ed25519-nkey", typ: "JWT" }), payload, signature].join("."),
      "signature",
    ],
    ["no signature", `${header}.${payload}.`, "three parts"],
    ["two parts", `${header}.${payload}`, "three parts"],
    ["four parts", `${good}.x`, "three parts"],
    ["padding", `${header}.${payload}=.${signature}`, "three parts"],
    ["nothing", "", "three parts"],
    [
      "a part that is no JSON",
      `${header}.${Buffer.from("{").toString("base64url")}.${signature}`,
      "no JSON",
    ],
    ["version 1", forge(claims, account, { typ: "JWT", alg: "ed25519" }), "version 1"],
    ["another algorithm", forge(claims, account, { typ: "JWT", alg: "none" }), "algorithm"],
    ["another type of file", forge(claims, account, { typ: "JWS", alg: "ed25519-nkey" }), "no JWT"],
    [
      "a later version",
      forge({ ...claims, nats: { ...claims.nats, version: 3 } }),
      "version is not 2",
    ],
    ["no version", forge({ ...claims, nats: { type: "user" } }), "version is not 2"],
    ["no body", forge({ ...claims, nats: undefined }), "no nats object"],
    [
      "a retired type",
      forge({ ...claims, nats: { type: "cluster", version: 2 } }),
      "not supported",
    ],
    [
      "a user signed by an operator",
      forge({ ...claims, iss: OPERATOR.publicKey }, operator),
      "cannot sign",
    ],
    [
      "a user signed by a user",
      forge({ ...claims, iss: USER.publicKey }, signerFromSeed(USER.seed)),
      "cannot sign",
    ],
    ["a seed as issuer", forge({ ...claims, iss: ACCOUNT.seed }), "no public key"],
    ["the wrong issuer", forge({ ...claims, iss: OTHER_ACCOUNT.publicKey }), "signature"],
    ["a user that is an account", forge({ ...claims, sub: ACCOUNT.publicKey }), "subject"],
    ["a curve key as issuer", forge({ ...claims, iss: CURVE.publicKey }), "cannot sign"],
    ["times that are none", forge({ ...claims, exp: "never" }), "exp"],
    ["more than 1 MiB", "a".repeat(MAX_TOKEN_SIZE + 1), "larger"],
  ])("refuses %s", (_, text, reason) => {
    expect(() => decodeToken(text)).toThrow(
      expect.objectContaining({ code: "ERR_TOKEN", message: expect.stringContaining(reason) }),
    );
    const message = (() => {
      try {
        decodeToken(text);
        return "";
      } catch (error) {
        return String(error);
      }
    })();
    expect(message).not.toContain("eyJ");
    expect(message).not.toContain(ACCOUNT.seed);
  });

  test("accepts accounts of operator signing keys", () => {
    const signer = signerFromSeed(OPERATOR_SIGNING.seed);
    const text = signAccount({
      publicKey: ACCOUNT.publicKey,
      claims: { name: "a" },
      signer,
      issuedAt: NOW,
    });
    expect(decodeToken(text).iss).toBe(OPERATOR_SIGNING.publicKey);
  });
});
