import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { until } from "../support/nats";
import { manifest, type Packed, pack, repository } from "../support/pack";

const subpaths = Object.keys(manifest().exports).filter((path) => path !== "./package.json");
const specifier = (subpath: string) => `pulumi-nats-auth${subpath.slice(1)}`;

let folder: string;
let packed: Packed;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "nats-auth-package-"));
  packed = await pack(repository, folder);
  // As npm would install it, except that its dependencies are those of the repository.
  const modules = join(folder, "node_modules");
  const installed = join(modules, "pulumi-nats-auth");
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", packed.file, "--strip-components=1", "-C", installed]);
  for (const scope of ["@pulumi", "@nats-io", "@types"]) {
    symlinkSync(join(repository, "node_modules", scope), join(modules, scope), "junction");
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the packed files", () => {
  it("are the compiled sources with their types, and what people read", () => {
    const sources = readdirSync(join(repository, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => `dist/${file.split(sep).join("/").slice(0, -".ts".length)}`);
    const compiled = sources.flatMap((source) => [`${source}.js`, `${source}.d.ts`]);
    const others = ["CHANGELOG.md", "LICENSE", "README.md", "package.json"];
    // A file too many is one that an older build left in `dist`: remove that folder and build again.
    expect(packed.contents.toSorted()).toEqual([...others, ...compiled].toSorted());
  });

  it("point to no file that is not among them", () => {
    const scripts = packed.contents.filter((file) => file.startsWith("dist/"));
    const pointing = scripts.filter((file) =>
      readFileSync(join(folder, "node_modules/pulumi-nats-auth", file), "utf8").includes(
        "sourceMappingURL",
      ),
    );
    expect(pointing).toEqual([]);
  });

  it("pass publint", async () => {
    const { messages, pkg } = await publint({
      pkgDir: join(folder, "node_modules/pulumi-nats-auth"),
      strict: true,
      pack: false,
    });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("pass arethetypeswrong, but for subpaths under resolution without `exports`", async () => {
    const result = await checkPackage(createPackageFromTarballData(readFileSync(packed.file)));
    const problems = "problems" in result ? result.problems : ["no types"];
    // Accepted: `moduleResolution: node10` knows no `exports`; the main entry resolves there too. The
    // versions of Node and TypeScript that Pulumi programs use with this package all know them.
    const accepted = subpaths
      .filter((subpath) => subpath !== ".")
      .map((entrypoint) => ({ kind: "NoResolution", entrypoint, resolutionKind: "node10" }));
    expect(problems).toEqual(accepted);
  });
});

describe("the subpaths", () => {
  /** Names that a program finds at run time, by subpath. */
  function loaded(type: "commonjs" | "module"): Record<string, string[]> {
    const load = type === "module" ? "await import(path)" : "require(path)";
    const program = `(async () => {
      const found = {};
      for (const path of ${JSON.stringify(subpaths.map(specifier))}) found[path] = Object.keys(${load});
      console.log(JSON.stringify(found));
      process.exit();
    })();`;
    const output = execFileSync(process.execPath, [`--input-type=${type}`, "-e", program], {
      cwd: folder,
      encoding: "utf8",
    });
    const found = JSON.parse(output) as Record<string, string[]>;
    // What Node adds to a CommonJS module that is imported is no name of ours.
    const ours = (name: string) => !["default", "module.exports", "__esModule"].includes(name);
    return Object.fromEntries(
      Object.entries(found).map(([path, names]) => [path, names.filter(ours).toSorted()]),
    );
  }

  /** Names that the types declare, by subpath; those of values, and those of types alone. */
  function declared() {
    const modules = join(folder, "node_modules/pulumi-nats-auth");
    const files = subpaths.map((subpath) =>
      join(modules, "dist", subpath === "." ? "index.d.ts" : join(subpath, "index.d.ts")),
    );
    const program = ts.createProgram(files, {
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      target: ts.ScriptTarget.ES2022,
      strict: true,
      types: ["node"],
      typeRoots: [join(repository, "node_modules/@types")],
      // All of ours are looked at below; those of others are not ours to check.
      skipLibCheck: false,
    });
    const problems = program
      .getSourceFiles()
      .filter(({ fileName }) => inside(modules, fileName))
      .flatMap((source) => program.getSemanticDiagnostics(source))
      .map(({ file, messageText }) => `${file?.fileName}: ${flat(messageText)}`);
    const checker = program.getTypeChecker();
    const names = Object.fromEntries(
      files.map((file, index) => {
        const source = program.getSourceFile(file) as ts.SourceFile;
        const symbol = checker.getSymbolAtLocation(source) as ts.Symbol;
        const all = checker.getExportsOfModule(symbol).map((name) => {
          const alias = (name.flags & ts.SymbolFlags.Alias) !== 0;
          const { flags } = alias ? checker.getAliasedSymbol(name) : name;
          return { name: name.name, isValue: (flags & ts.SymbolFlags.Value) !== 0 };
        });
        const named = (value: boolean) =>
          all.flatMap(({ name, isValue }) => (isValue === value ? [name] : [])).toSorted();
        const path = specifier(subpaths[index] as string);
        return [path, { values: named(true), types: named(false) }];
      }),
    );
    return { problems, names };
  }

  let problems: string[];
  let names: Record<string, { values: string[]; types: string[] }>;
  beforeAll(() => {
    ({ problems, names } = declared());
  });

  it("export the same names to `require`, to `import` and to the type checker", () => {
    expect(problems).toEqual([]);
    const values = Object.fromEntries(
      Object.entries(names).map(([path, { values }]) => [path, values]),
    );
    expect(loaded("commonjs")).toEqual(values);
    expect(loaded("module")).toEqual(values);
  });

  it("export these names", () => {
    const text = Object.entries(names)
      .map(
        ([path, { values, types }]) =>
          `${path}\n  ${values.join(" ")}\n  types: ${types.join(" ") || "none"}`,
      )
      .join("\n");
    expect(text).toMatchInlineSnapshot(`
      "pulumi-nats-auth
        Account Activation KeyPair LocalServer NatsAuthError Operator ResolverConfig SigningKey User
        types: AccountArg AccountArgs AccountHandle AccountLimits ActivationArgs ActivationClaims ConnectionType DeepInput Duration ErrorCode Export ExternalAuthorization ExternalAuthorizationArgs Import ImportArgs Instant JetStreamLimits JetStreamTier KeyArg KeyHandle KeyPairArgs LocalServerArgs MappingTarget MessageTrace OperatorArg OperatorArgs OperatorHandle Permissions ResolverConfigArgs ResponsePermissions Role ScopedKey ServerArgs ServiceLatency SignerHandle SigningKeyArgs Size SubjectRules SystemAccountArgs TimeRange TlsSettings UserArgs UserLimits UserTemplate
      pulumi-nats-auth/lifecycle
        account activation keyPair localServer operator resolverConfig retiredKeys signingKey user
        types: none
      pulumi-nats-auth/claims
        MAX_TOKEN_SIZE accountBody accountDifferences accountFromWire activationBody activationFromWire authorizationRequestBody authorizationRequestFromWire authorizationResponseBody authorizationResponseFromWire claimsEqual compactRevocations decodeGeneric decodeToken describe encodeGeneric encodeToken exportsOf formatDuration formatInstant importCycles importProblems mergeRevocations operatorBody operatorFromWire parseDuration parseInstant parseSize revocationsOf signAccount signActivation signAuthorizationRequest signAuthorizationResponse signOperator signUser sizeProblems templateProblems timeProblems userBody userFromWire validateAccount validateActivation validateAuthorizationRequest validateAuthorizationResponse validateGeneric validateOperator validateUser verifyToken withRevocations
        types: AccountClaims AccountContext AccountLimits ActivationClaims AskingClient AskingConnection AskingServer AskingTls AuthorizationRequest AuthorizationResponse ClaimDifference CommonClaims ConnectionType Duration Expected Export Exporter ExternalAuthorization GeneralClaims GenericClaims GenericRequest Import ImportCycle Importer Instant Issue JetStreamLimits JetStreamTier MappingTarget MessageTrace OperatorClaims Permissions ResponsePermissions ScopedKey ServerLimits ServiceLatency SignRequest Size SubjectRules TimeRange TokenClaims UserClaims UserLimits UserTemplate WireClaims
      pulumi-nats-auth/keys
        formatCreds generateKeyPair keyKindOf parseCreds publicKeyOf publicKeyProblem redact seedKindOf seedProblem signerFromSeed verifySignature
        types: AnyKeyKind KeyKind KeyPairData Signer
      pulumi-nats-auth/resolver
        IncompletePush PushFailed accountsSignedBy closeConnections closeUnused connectResolver driftOf inspectAccount publishAccount removeAccount renderResolverConfig revokeUser
        types: AccountAddress ClusterTarget Drift Inspection Known Published PushOptions Pushed Removal Removed RenderedResolver Resolver ResolverOptions ResolverSettings ServerCopy SignedAccount Signing SystemAuthority TlsSettings"
    `);
  });
});

function inside(parent: string, file: string): boolean {
  return !relative(parent, file).startsWith("..");
}

function flat(text: string | ts.DiagnosticMessageChain): string {
  return ts.flattenDiagnosticMessageText(text, " ");
}

describe("what states keep", () => {
  const required = createRequire(join(repository, "program.js"));
  // From the same module as the library itself gets, or the mocks would be set elsewhere.
  const pulumi = required("@pulumi/pulumi") as typeof import("@pulumi/pulumi");
  const nats = required("pulumi-nats-auth") as typeof import("pulumi-nats-auth");
  const lifecycle = required("pulumi-nats-auth/lifecycle") as Record<string, unknown>;

  const registered: { type: string; text: unknown }[] = [];

  beforeAll(async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ type, name, inputs }) => {
        registered.push({ type, text: inputs["__provider"] });
        return { id: name, state: inputs };
      },
      call: () => ({}),
    });
    const operator = new nats.Operator("acme");
    const config = new nats.ResolverConfig("acme", { operator });
    new nats.LocalServer("dev", { config });
    const account = new nats.Account("orders", { operator });
    new nats.User("api", { account });
    const kinds = () => new Set(registered.map(({ type }) => type)).size;
    await until(() => kinds() === Object.keys(contract).length);
  });

  /** For ever: states name these, and old states run them on delete. */
  const contract: Record<string, string> = {
    KeyPair: "keyPair",
    SigningKey: "signingKey",
    Operator: "operator",
    Account: "account",
    User: "user",
    ResolverConfig: "resolverConfig",
    LocalServer: "localServer",
  };

  it("are these types, each with the one line that finds its hooks", () => {
    const found = Object.fromEntries(registered.map(({ type, text }) => [type, text]));
    expect(found).toEqual(
      Object.fromEntries(
        Object.entries(contract).map(([kind, hook]) => [
          `pulumi-nodejs:dynamic/nats:${kind}`,
          `exports.handler = () => require("pulumi-nats-auth/lifecycle").${hook};`,
        ]),
      ),
    );
  });

  it("finds hooks of that name, which the provider host can call", () => {
    for (const hook of Object.values(contract)) {
      // Some have `read` too.
      expect(lifecycle[hook], hook).toMatchObject({
        check: expect.any(Function),
        diff: expect.any(Function),
        create: expect.any(Function),
        update: expect.any(Function),
        delete: expect.any(Function),
      });
    }
  });

  it("finds them where the tarball is installed, by running the line itself", () => {
    const output = execFileSync(
      process.execPath,
      ["-e", `${lines()} console.log(JSON.stringify(found)); process.exit();`],
      { cwd: folder, encoding: "utf8" },
    );
    expect(JSON.parse(output)).toEqual(Object.keys(contract).map(() => "function"));
  });

  /** A program that runs the text of every kind, as the provider host does. */
  function lines(): string {
    const texts = Object.values(contract).map(
      (hook) => `exports.handler = () => require("pulumi-nats-auth/lifecycle").${hook};`,
    );
    return `const found = ${JSON.stringify(texts)}.map((text) => {
      const exports = {};
      new Function("exports", "require", text)(exports, require);
      return typeof exports.handler().create;
    });`;
  }
});
