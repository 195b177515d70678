import { type AccountClaims, decodeToken, signAccount } from "pulumi-nats-auth/claims";
import { generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { describe, expect, it } from "vitest";
import { accountDifferences } from "../../src/claims/difference";
import { foreignChange } from "../../src/resolver/conflict";
import { driftOf } from "../../src/resolver/drift";
import { adviceOn, clockHint, refusalOf } from "../../src/resolver/hints";
import type { Inspection } from "../../src/resolver/inspect";
import { isLock, locked, tombstone } from "../../src/resolver/lock";
import { exportersFirst } from "../../src/resolver/order";
import { permits } from "../../src/resolver/protocol";
import { parseAccount, parseOffline, parsePing, parseReply } from "../../src/resolver/replies";
import { transportOf } from "../../src/resolver/target";

const signer = signerFromSeed(generateKeyPair("operator").seed);
const { publicKey } = generateKeyPair("account");
const [exporter, importer] = [generateKeyPair("account"), generateKeyPair("account")];
const issuedAt = 1_800_000_000;

function token(claims: Partial<AccountClaims> = {}, iat = issuedAt, subject = publicKey) {
  const all = { name: "orders", ...claims };
  return decodeToken(signAccount({ publicKey: subject, claims: all, signer, issuedAt: iat }));
}

describe("the differences of two accounts", () => {
  const paths = (a: Partial<AccountClaims>, b: Partial<AccountClaims>) =>
    accountDifferences(token(a, 1), token(b, 2)).map(({ path }) => path);

  it("are the paths of what people write", () => {
    expect(paths({}, {})).toEqual([]);
    expect(
      paths({ limits: { connections: 1, payload: "1KiB" } }, { limits: { payload: 1024 } }),
    ).toEqual(["limits.connections"]);
    expect(paths({ name: "a", tags: ["x"] }, { name: "b", tags: ["y"] })).toEqual(["name", "tags"]);
    const imports = [{ stream: "a.>", account: exporter.publicKey }];
    expect(paths({ imports }, {})).toEqual([`imports["a.> of ${exporter.publicKey}"]`]);
    expect(
      paths(
        { exports: [{ stream: "a.>" }, { service: "b" }] },
        { exports: [{ service: "b", tokenRequired: true }, { stream: "a.>" }] },
      ),
    ).toEqual(['exports["b"].tokenRequired']);
  });

  it("say nothing of revocations, and name what this library has no word for", () => {
    expect(paths({ revocations: { "*": 5 } }, {})).toEqual([]);
    const strange = token();
    strange.nats["novelty"] = { on: true };
    expect(accountDifferences(strange, token())).toMatchObject([{ path: "novelty", b: undefined }]);
  });
});

describe("a change of somebody else", () => {
  const copy = (claims: Partial<AccountClaims>, iat: number) => ({
    token: `${iat}`,
    claims: token(claims, iat),
  });
  const [v1, v2, v3] = [1, 2, 3].map((connections) => ({ limits: { connections } }));

  it("is what we neither pushed nor are about to push", () => {
    const pushed = token(v1, 100);
    const change = (copies: ReturnType<typeof copy>[]) =>
      foreignChange(copies, token(v2, 300), pushed)?.claims.iat;
    expect(
      change([copy({ ...v1, revocations: { "*": 1 } }, 200), copy({ ...v2 }, 150)]),
    ).toBeUndefined();
    expect(change([copy({ ...v1 }, 200), copy({ ...v3 }, 150)])).toBe(150);
    // Older than what we pushed: a server that was away.
    expect(change([copy({ ...v3 }, 99)])).toBeUndefined();
    expect(change([copy({ ...v3 }, 100)])).toBe(100);
    expect(foreignChange([copy({ ...v3 }, 50)], token(v2, 300), undefined)).toBeDefined();
    const lock = { publicKey, name: "orders", revocations: {}, signer, issuedAt: 400 };
    const locks = [tombstone(lock, 60), locked(token(v3), lock)].map((jwt) => ({
      token: jwt,
      claims: decodeToken(jwt),
    }));
    expect(change(locks)).toBeUndefined();
  });
});

describe("a lock", () => {
  const request = { publicKey, name: "orders", revocations: { "*": 7 }, signer, issuedAt: 500 };

  it("admits nobody, and is known by its looks and its words", () => {
    const full = token({
      limits: { connections: 5, leafNodes: 1, exports: 3 },
      jetstream: { diskStorage: "1GiB" },
      exports: [{ stream: "a.>" }],
      expiresAt: "2030-01-01T00:00:00Z",
    });
    const kept = decodeToken(locked(full, request));
    const limits = kept.nats["limits"] as Record<string, unknown>;
    expect(limits).not.toHaveProperty("conn");
    expect(limits).toMatchObject({ disk_storage: 2 ** 30, exports: 3 });
    expect(kept).toMatchObject({ iat: 500, nats: { revocations: { "*": 7 } } });
    expect(kept.exp).toBeUndefined();
    const stone = decodeToken(tombstone(request, 60));
    expect(stone).toMatchObject({ exp: 560, nats: { revocations: { "*": 7 } } });
    expect([kept, stone, full].map(isLock)).toEqual([true, true, false]);
    const other = token({ limits: { connections: 0, leafNodes: 0 } });
    expect(isLock(other)).toBe(false);
  });
});

describe("drift", () => {
  const claims = { limits: { connections: 5 }, revocations: { "*": 5 } };
  const pushed = token(claims);
  const on = (server: string, held: ReturnType<typeof token> | undefined, expired = false) => ({
    server,
    jwt: held ? "jwt" : undefined,
    claims: held,
    kept: true,
    expired,
    complete: true,
  });
  const inspection = (servers: Inspection["servers"], missing: string[] = []): Inspection => ({
    servers,
    missing,
    doubting: [],
    newest: undefined,
    revocations: { "*": 5 },
    at: issuedAt + 100,
  });

  it("names the server, what is wrong there, and the claims", () => {
    const lock = tombstone({ publicKey, name: "orders", revocations: {}, signer, issuedAt }, 1_000);
    const found = driftOf(
      inspection(
        [
          on("S0", token({ ...claims, revocations: { "*": 9 } })),
          on("S1", undefined),
          on("S2", token({ ...claims, limits: { connections: 4 } }, issuedAt - 1)),
          on("S3", token({ ...claims, tags: ["hand"] }, issuedAt + 1)),
          on("S4", token({ limits: claims.limits })),
          on("S5", decodeToken(lock)),
          on("S6", token(claims), true),
          on("S7", token({ ...claims, expiresAt: new Date(issuedAt * 1000).toISOString() }), true),
          { ...on("S8", token(claims)), kept: false },
          { ...on("cache", token(claims)), kept: undefined },
        ],
        ["S9"],
      ),
      pushed,
    );
    expect(found.map(({ server, kind, paths }) => [server, kind, ...paths])).toEqual([
      ["S1", "absent"],
      ["S2", "older", "limits.connections"],
      ["S3", "changed", "tags"],
      ["S4", "revocations", "revocations.*"],
      ["S5", "locked"],
      ["S6", "absent"],
      ["S7", "expired"],
      ["S8", "absent"],
      ["S9", "away"],
    ]);
    expect(found.map(({ text }) => text).slice(0, 3)).toEqual([
      "S1 does not run it",
      expect.stringMatching(
        /^S2 runs an older copy \(issued .*\): limits\.connections: 4 instead of 5$/,
      ),
      'S3 runs a copy that somebody else changed: tags: ["hand"] instead of nothing',
    ]);
  });
});

describe("hints", () => {
  it("say what to change for what a server says", () => {
    expect(refusalOf({ server: "S1", text: "jwt store is full" })).toBe(
      'S1 says "jwt store is full" (raise `limit` in the resolver of the server configuration)',
    );
    expect(refusalOf({ server: "S1", text: "never heard" })).toBe('S1 says "never heard"');
    for (const text of [
      "delete accounts request by O failed - delete must be enabled in server config",
      "jwt update resulted in error - operator requires issuer to be a signing key",
      "delete accounts request by O failed - not trusted",
      "jwt update resulted in error - write /jwt/A.jwt: no space left on device",
      "jwt update resulted in error - open /jwt/A.jwt: permission denied",
      "jwt update resulted in error - open /jwt/A.jwt: read-only file system",
    ]) {
      expect(adviceOn(text)).not.toBe("");
    }
  });

  it("say when a clock is wrong, and in which direction", () => {
    expect(clockHint("S1", 4_000)).toBeUndefined();
    expect(clockHint("S1", -60_000)).toMatch(
      /^the clock of S1 is 60 s behind the one of this machine/,
    );
    expect(clockHint("S1", 7_400)).toMatch(/^the clock of S1 is 7 s ahead of the one/);
  });
});

describe("what servers answer", () => {
  it("is read without trust", () => {
    for (const text of ["", "no", "[]", "null", "{}", '{"server":5}', '{"server":{"name":7}}']) {
      expect(parseReply(text)).toBeUndefined();
      expect(parseAccount(text)).toBeUndefined();
      expect(parseOffline(text)).toEqual([]);
    }
    expect(parsePing("{}")).toMatchObject({ name: "", activeServers: 0, routes: [] });
    const offline = {
      data: { meta_cluster: { replicas: [{ name: "S2", offline: true }, { name: "S3" }] } },
    };
    expect(parseOffline(JSON.stringify(offline))).toEqual(["S2"]);
  });
});

describe("the order of pushes", () => {
  it("has exporters before importers, and every account once where they import from each other", () => {
    const from = ({ publicKey: account }: { publicKey: string }) => [{ stream: "a.>", account }];
    const a = { claims: token({ imports: from(exporter) }, 1, importer.publicKey) };
    const b = { claims: token({}, 1, exporter.publicKey) };
    expect(exportersFirst([a, b])).toEqual([b, a]);
    const c = { claims: token({ imports: from(importer) }, 1, exporter.publicKey) };
    expect(exportersFirst([a, c])).toHaveLength(2);
  });
});

describe("what a minted user may do", () => {
  it("is no more than each purpose needs", () => {
    expect(permits.manage.publish).not.toContain("$SYS.REQ.CLAIMS.DELETE");
    expect(permits.delete).toEqual({ publish: ["$SYS.REQ.CLAIMS.DELETE"], subscribe: [] });
    expect(permits.manage.publish.filter((subject) => subject.includes(">"))).toEqual([]);
  });
});

describe("addresses", () => {
  it("are all of one kind", () => {
    expect(transportOf({ url: "nats://a, tls://b" })).toBe("nats");
    expect(transportOf({ url: ["localhost:4222"] })).toBe("nats");
    expect(transportOf({ url: ["wss://a"] })).toBe("ws");
    expect(transportOf({ url: "https://a/jwt/v1" })).toBe("http");
    for (const url of ["nats://a,ws://b", "ftp://a", []]) {
      expect(() => transportOf({ url })).toThrow(expect.objectContaining({ code: "ERR_INPUT" }));
    }
  });
});
