/** What can only be seen when several claims are looked at together. */

import { describe, expect, test } from "vitest";
import {
  type AccountClaims,
  type ActivationClaims,
  type Export,
  type Import,
  importCycles,
  importProblems,
  type Permissions,
  signActivation,
  templateProblems,
} from "../../src/claims";
import { signerFromSeed } from "../../src/keys";
import { ACCOUNT, ACCOUNT_SIGNING, fixedKey, NOW, OTHER_ACCOUNT } from "./fixed-keys";
import { expectOne, lines } from "./issues";

describe("an import", () => {
  const exporter = (exports: Export[], rest: Partial<AccountClaims> = {}) => ({
    publicKey: OTHER_ACCOUNT.publicKey,
    claims: { exports, ...rest },
  });
  const importer = { publicKey: ACCOUNT.publicKey, now: NOW };
  const check = (item: Omit<Import, "account">, exports: Export[], rest = {}) =>
    lines(
      importProblems(
        { ...item, account: OTHER_ACCOUNT.publicKey },
        exporter(exports, rest),
        importer,
      ),
    );

  test("of what is exported, or of a part of it, has no problem", () => {
    expect(check({ stream: "a.b" }, [{ stream: "a.>" }])).toEqual([]);
    expect(check({ stream: "a.*" }, [{ stream: "a.*" }])).toEqual([]);
    expect(check({ service: "a.*.c" }, [{ service: "a.*.*" }])).toEqual([]);
  });

  test.each<[string, Omit<Import, "account">, Export[], string]>([
    [
      "of nothing",
      { stream: "a" },
      [],
      'stream: "a" is not exported by the account, which exports no stream',
    ],
    [
      "of the other kind",
      { stream: "a" },
      [{ service: "a" }],
      'stream: "a" is exported by the account as a service',
    ],
    [
      "of more",
      { stream: "a.*" },
      [{ stream: "a.b" }],
      'stream: "a.*" is not exported by the account; its streams are "a.b"',
    ],
    ["of all", { stream: "a.>" }, [{ stream: "a.*" }], 'stream: "a.>" is not exported'],
    [
      "of a private export",
      { service: "a" },
      [{ service: "a", tokenRequired: true }],
      "token: is needed",
    ],
    [
      "of the wildcard where the own key belongs",
      { service: "a.*.b" },
      [{ service: "a.*.b", accountTokenPosition: 2 }],
      'service: "a.*.b" must have the importing account\'s public key as token 2',
    ],
    [
      "of another's key where the own belongs",
      { service: `a.${OTHER_ACCOUNT.publicKey}.b` },
      [{ service: "a.*.b", accountTokenPosition: 2 }],
      "service: ",
    ],
  ])("%s", (_, item, exports, issue) => {
    expectOne(check(item, exports), issue);
  });

  test("with the own key at its place has no problem", () => {
    const service = `a.${ACCOUNT.publicKey}.b`;
    const exports = [{ service: "a.*.b", accountTokenPosition: 2, tokenRequired: true }];
    expect(check({ service }, exports)).toEqual([]);
  });

  describe("of a private export", () => {
    const exports: Export[] = [{ stream: "a.>", tokenRequired: true }];
    const issuerAccount = OTHER_ACCOUNT.publicKey;
    const token = (claims: ActivationClaims, by = OTHER_ACCOUNT) =>
      signActivation({
        publicKey: ACCOUNT.publicKey,
        claims,
        signer: signerFromSeed(by.seed),
        issuedAt: NOW,
      });
    const scoped = { key: ACCOUNT_SIGNING.publicKey, role: "r", template: {} };

    test("needs a token in force, of a key of the exporter", () => {
      expect(check({ stream: "a.b", token: token({ stream: "a.b" }) }, exports)).toEqual([]);
      const bySigningKey = token({ stream: "a.b", issuerAccount }, ACCOUNT_SIGNING);
      for (const key of [ACCOUNT_SIGNING.publicKey, scoped]) {
        const item = { stream: "a.b", token: bySigningKey };
        expect(check(item, exports, { signingKeys: [key] })).toEqual([]);
      }
      expectOne(
        check({ stream: "a.b", token: bySigningKey }, exports),
        "token: was signed by a key that is not among the signing keys",
      );
      expectOne(
        check(
          { stream: "a.b", token: token({ stream: "a.>", expiresAt: "2023-01-01T00:00:00Z" }) },
          exports,
        ),
        "token: has expired at 2023-01-01T00:00:00Z",
      );
      expectOne(
        check(
          { stream: "a.b", token: token({ stream: "a.>", notBefore: "2033-01-01T00:00:00Z" }) },
          exports,
        ),
        "token: is not in force before 2033-01-01T00:00:00Z",
      );
    });

    test.each([ACCOUNT.publicKey, "*"])("refuses what it revoked for %s", (key) => {
      const item = { stream: "a.b", token: token({ stream: "a.b" }) };
      const revoked = (time: number) => [{ ...exports[0], revocations: { [key]: time } }];
      expectOne(check(item, revoked(NOW)), "token: is revoked by the export");
      expect(check(item, revoked(NOW - 1))).toEqual([]);
    });
  });
});

describe("imports form a circle", () => {
  const [a, b, c] = ["A", "B", "C"];
  const names = {
    A: fixedKey("account", 31),
    B: fixedKey("account", 32),
    C: fixedKey("account", 33),
  };
  type Claims = { imports?: Omit<Import, "account">[] & object[]; exports?: Export[] };
  const cycles = (
    accounts: Record<
      string,
      { imports?: (Omit<Import, "account"> & { from: string })[]; exports?: Export[] }
    >,
  ) => {
    const key = (name: string) => names[name as "A"].publicKey;
    const map = new Map(
      Object.entries(accounts).map(([name, { imports = [], exports = [] }]) => [
        key(name),
        { exports, imports: imports.map(({ from, ...item }) => ({ ...item, account: key(from) })) },
      ]),
    );
    return importCycles(map).map(({ account, index, through }) => {
      const letter = (publicKey: string) =>
        Object.entries(names).find(([, pair]) => pair.publicKey === publicKey)?.[0];
      return `${letter(account)}[${index}] ${through.map(letter).join("")}`;
    });
  };
  void ({} as Claims);

  test("when a service comes back to where it started", () => {
    expect(
      cycles({
        A: { imports: [{ service: "x", from: b as string }], exports: [{ service: "x" }] },
        B: { imports: [{ service: "x", from: a as string }], exports: [{ service: "x" }] },
      }),
    ).toEqual(["A[0] BA", "B[0] AB"]);
  });

  test("over three accounts, with wildcards", () => {
    const exports = [{ service: "x.>" }];
    expect(
      cycles({
        A: { imports: [{ service: "x.>", from: b as string }], exports },
        B: { imports: [{ service: "x.>", from: c as string }], exports },
        C: { imports: [{ service: "x.>", from: a as string }], exports },
      }),
    ).toEqual(["A[0] BCA", "B[0] CAB", "C[0] ABC"]);
  });

  test("when a stream is handed on in a circle", () => {
    const exports = [{ stream: "s.>" }];
    expect(
      cycles({
        A: { imports: [{ stream: "s.>", from: b as string }], exports },
        B: { imports: [{ stream: "s.>", from: a as string }], exports },
      }),
    ).toEqual(["A[0] BA", "B[0] AB"]);
  });

  test("but not when two accounts import different things from each other", () => {
    expect(
      cycles({
        A: {
          imports: [
            { service: "b.time", from: b as string },
            { stream: "b.events.>", from: b as string },
          ],
          exports: [{ service: "a.time" }, { stream: "a.events.>" }],
        },
        B: {
          imports: [
            { service: "a.time", from: a as string },
            { stream: "a.events.>", from: a as string },
          ],
          exports: [{ service: "b.time" }, { stream: "b.events.>" }],
        },
      }),
    ).toEqual([]);
  });

  test("nor when what is imported is not exported", () => {
    expect(
      cycles({
        A: { imports: [{ service: "x", from: b as string }], exports: [{ service: "x" }] },
        B: { imports: [{ service: "x", from: a as string }] },
      }),
    ).toEqual([]);
  });
});

describe("a template", () => {
  const check = (
    permissions: object,
    tags: string[] = [],
    account?: { name: string; tags?: string[] },
  ) => lines(templateProblems({ permissions }, { name: "api", tags }, account));

  test("that finds its tags has no problem, however they are written", () => {
    expect(check({ publish: ["t.{{tag(team)}}.{{name()}}"] }, [" Team:Orders "])).toEqual([]);
    expect(
      check({ publish: ["t.{{account-tag(region)}}"] }, [], { name: "a", tags: ["region:eu"] }),
    ).toEqual([]);
    // Not known here, so not judged.
    expect(check({ publish: ["t.{{account-tag(region)}}"] })).toEqual([]);
  });

  test("loses entries for users without the tag", () => {
    expect(check({ publish: ["t.{{tag(team)}}", "u.{{name()}}"] }, ["team"])).toEqual([
      '? permissions.publish[0]: "t.{{tag(team)}}" needs a tag "team:…" that the user does not have, so servers drop this entry',
    ]);
    expect(
      check({ subscribe: { allow: ["t.{{account-tag(region)}}"] } }, [], { name: "a" }),
    ).toEqual([
      '? permissions.subscribe.allow[0]: "t.{{account-tag(region)}}" needs a tag "region:…" that its account does not have, so servers drop this entry',
      "? permissions.subscribe.allow: has no entry left for this user: everything is denied",
    ]);
  });

  test("refuses users without the tag that it denies by", () => {
    expectOne(
      check({ publish: { deny: ["t.{{tag(team)}}"] } }),
      'permissions.publish.deny[0]: "t.{{tag(team)}}" needs a tag "team:…" that the user does not have, and servers would refuse the user',
    );
  });

  const publish = ["names.{{name()}}.x", "teams.{{tag(team)}}.x", "open"];
  const of = (name: string, tags: string[] = ["team:red"], rules: Permissions = { publish }) =>
    lines(templateProblems({ permissions: rules }, { name, tags }, { name: "a.*", tags: ["t:>"] }));

  test.each<[string, string[], string]>([
    [
      "*",
      ["team:red"],
      'permissions.publish[0]: "names.{{name()}}.x" becomes "names.*.x" for this user, which allows the subjects of others too',
    ],
    ["a.*.b", ["team:red"], 'permissions.publish[0]: "names.{{name()}}.x" becomes "names.a.*.b.x"'],
    ["ann", ["team:red", "team:*"], 'permissions.publish[1]: "teams.{{tag(team)}}.x" becomes'],
    ["ann", ["team:blue.*"], 'permissions.publish[1]: "teams.{{tag(team)}}.x" becomes'],
    [
      "ann.lee",
      ["team:red"],
      '? permissions.publish[0]: "names.{{name()}}.x" becomes "names.ann.lee.x" for this user, which has more tokens than the template',
    ],
    [
      "a b",
      ["team:red"],
      '? permissions.publish[0]: "names.{{name()}}.x" becomes "names.a b.x" for this user, which contains a space, so servers drop it',
    ],
    [
      "ann",
      ["team:red", "team:dark red", "team:dark blue"],
      '? permissions.publish[1]: "teams.{{tag(team)}}.x" becomes "teams.dark blue.x" (and 1 more like it) for this user, which contains a space',
    ],
    [">", ["team:red"], '? permissions.publish[0]: "names.{{name()}}.x" becomes "names.>.x"'],
  ])("takes the name %o and the tags %j as they are", (name, tags, problem) => {
    expectOne(of(name, tags), problem);
  });

  test("has no trouble with a * or > that is a letter", () => {
    expect(of("a*", ["team:>b"])).toEqual([]);
  });

  test("takes wildcards of the account too, and those that only several values make", () => {
    expectOne(of("ann", [], { publish: ["{{account-name()}}"] }), "permissions.publish[0]: ");
    expectOne(of("ann", [], { publish: ["{{account-tag(t)}}"] }), "permissions.publish[0]: ");
    expectOne(
      of("*", ["team:", "team:b"], { publish: ["{{name()}}{{tag(team)}}"] }),
      'permissions.publish[0]: "{{name()}}{{tag(team)}}" becomes "*" for this user',
    );
  });

  test("denies more by wildcards, which is only said", () => {
    expect(of("*", [], { publish: { deny: ["names.{{name()}}"] } })).toEqual([
      '? permissions.publish.deny[0]: "names.{{name()}}" becomes "names.*" for this user, which denies the subjects of others too',
    ]);
    expectOne(
      of("a b", [], { publish: { deny: ["names.{{name()}}"] } }),
      'permissions.publish.deny[0]: "names.{{name()}}" becomes "names.a b" for this user, which contains a space, and servers would refuse the user',
    );
  });

  test("leaves what good values make beside bad ones", () => {
    expect(of("ann", ["team:red", "team:dark red"], { publish: ["{{tag(team)}}"] })).toEqual([
      expect.stringContaining('becomes "dark red"'),
    ]);
    expect(of("ann", ["team:dark red"], { publish: ["{{tag(team)}}"] })).toEqual([
      expect.stringContaining('becomes "dark red"'),
      "? permissions.publish: has no entry left for this user: everything is denied",
    ]);
  });

  test("makes only so many subjects", () => {
    const tags = Array.from({ length: 65 }, (_, i) => `t:${i}`);
    expectOne(
      check({ publish: ["{{tag(t)}}.{{tag(t)}}"] }, tags),
      "permissions.publish: makes 4225 subjects for this user; servers refuse more than 4096",
    );
  });
});
