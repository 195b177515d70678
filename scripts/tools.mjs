// Makes available what the library's own commands need: Node, node_modules, the Pulumi CLI with its Node
// language host, nats-server. No dependencies and nothing newer than Node 18 in here or in ./lib, because
// this runs before any of them is there.

import { createHash } from "node:crypto";
import {
  accessSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheRoot, installed, toolFolder, withLock } from "./lib/cache.mjs";
import { say, step } from "./lib/progress.mjs";
import { fetchRelease, folderWith, natsServerSources, pulumiSources } from "./lib/releases.mjs";
import { run, tail } from "./lib/run.mjs";
import { accepts, describe, versions } from "./lib/versions.mjs";

export const root = fileURLToPath(new URL("..", import.meta.url));

const WINDOWS = process.platform === "win32";
const exe = (name) => (WINDOWS ? `${name}.exe` : name);
const LANGUAGE_HOST = "pulumi-language-nodejs";
const DYNAMIC_PROVIDER = `pulumi-resource-pulumi-nodejs${WINDOWS ? ".cmd" : ""}`;
const SDK = join(root, "node_modules", "@pulumi", "pulumi");

/** A message for a person, without a stack. */
export class ToolsError extends Error {}

/**
 * Makes `need` available and returns where it is, with an environment whose PATH finds exactly that.
 * What is missing and cannot be had is reported in one error for all of it.
 */
export async function ensureTools({
  need = ["node", "node_modules", "pulumi", "nats-server"],
} = {}) {
  const path = new SearchPath(process.env);
  const missing = [];
  const get = async (name, ensure) => {
    if (!need.includes(name)) return undefined;
    try {
      return await ensure();
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      missing.push(error);
      return undefined;
    }
  };

  const node = (await get("node", () => ensureNode(path))) ?? process.execPath;
  // npm and the dynamic provider are scripts that run the `node` they find on PATH.
  path.prefer(node, "node");
  // Nothing below helps without these two, and building an engine takes minutes.
  if (missing.length === 0) await get("node_modules", () => ensureModules(path, node));
  if (missing.length > 0) throw new ToolsError(report(missing));
  const pulumi = await get("pulumi", () => ensurePulumi(path));
  const natsServer = await get("nats-server", () => ensureNatsServer(path));
  if (missing.length > 0) throw new ToolsError(report(missing));

  if (pulumi) {
    path.prefer(pulumi, "pulumi");
    // A CLI of the person's own may come without the script that runs dynamic resources.
    if (!existsSync(join(dirname(pulumi), DYNAMIC_PROVIDER))) path.prepend(SDK);
  }
  if (natsServer) path.prefer(natsServer, "nats-server");
  return { env: path.env, node, pulumi, natsServer };
}

class Missing extends Error {
  constructor(what, tried, install) {
    super(what);
    this.tried = tried;
    this.install = install;
  }
}

function report(missing) {
  const lines = ["Something that this command needs is missing, and no way to get it worked."];
  for (const { message, tried, install } of missing) {
    lines.push("", message);
    for (const [route, reason] of tried) {
      lines.push(`  - ${route}: ${reason.replaceAll("\n", "\n      ")}`);
    }
    lines.push(`  Install ${install}`);
  }
  if (/EACCES|EPERM|EROFS|ENOSPC/.test(lines.join("\n"))) {
    lines.push("", `Or set PULUMI_NATS_AUTH_CACHE to a folder for the tools, now ${cacheRoot()}.`);
  }
  lines.push("", "Then run the same command again.");
  return lines.join("\n");
}

/** The PATH that children get, and what is found on it. */
class SearchPath {
  constructor(env) {
    // Windows calls it "Path"; two spellings in one environment would be a lottery.
    this.key = Object.keys(env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
    this.env = { ...env };
  }

  get folders() {
    return (this.env[this.key] ?? "").split(delimiter).filter(Boolean);
  }

  prepend(folder) {
    const rest = this.folders.filter((other) => other !== folder);
    this.env[this.key] = [folder, ...rest].join(delimiter);
  }

  /** Puts the folder of `file` first, unless `name` leads to that very file already. */
  prefer(file, name) {
    const [first] = this.find(name);
    if (first === undefined || !same(first, file)) this.prepend(dirname(file));
  }

  /** Every executable file of that name, in the order of PATH. */
  find(name) {
    const names = WINDOWS ? [`${name}.exe`, `${name}.cmd`] : [name];
    return this.folders.flatMap((folder) =>
      names.map((file) => resolve(folder, file)).filter(isExecutable),
    );
  }
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function same(a, b) {
  try {
    return realpathSync(a) === realpathSync(b);
  } catch {
    return false;
  }
}

/** What a command prints about its version, or undefined when it does not run. */
async function versionOf(file, args, env) {
  try {
    const quiet = { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" };
    const { code, stdout } = await run(file, args, { env: quiet, output: "capture" });
    return code === 0 ? /\d+\.\d+(\.\d+)?/.exec(stdout)?.[0] : undefined;
  } catch {
    return undefined;
  }
}

/** The first good one on PATH, else why none is. */
async function onPath(path, name, args, accept, furtherCheck = () => undefined) {
  const reasons = [];
  for (const file of path.find(name)) {
    const version = await versionOf(file, args, path.env);
    const problem =
      version === undefined
        ? "does not run"
        : accepts(accept, version)
          ? furtherCheck(file)
          : `is ${version}, needed is ${describe(accept)}`;
    if (problem === undefined) return { file };
    reasons.push(`${file} ${problem}`);
  }
  return { reason: reasons.join("; ") || "not found" };
}

/** `installed` for a tool, with a failure turned into a reason. */
async function attempt(tried, route, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ToolsError) throw error;
    say(`  ${route}: ${error.message.split("\n")[0]}`);
    tried.push([route, error.message]);
    return undefined;
  }
}

// --- Node ---

async function ensureNode(path) {
  const { install, accept } = versions.node;
  if (accepts(accept, process.versions.node)) return process.execPath;
  const tried = [["this Node", `is ${process.versions.node}, needed is ${describe(accept)}`]];
  const found = await onPath(path, "node", ["--version"], accept);
  if (found.file) return found.file;

  // What the npm package `node` installs in a script of its own: asked for directly, it comes without that
  // script, which `ignore-scripts` would forbid.
  const system = WINDOWS ? "win" : process.platform;
  const prefix = system === "darwin" && process.arch === "arm64" ? "node-bin" : "node";
  const name = `${prefix}-${system}-${process.arch}`;
  const file = join("bin", exe("node"));
  const route = `npm package ${name}@${install}`;
  const folder = await attempt(tried, route, () =>
    installed("node", install, file, (temporary) =>
      step(`installing Node ${install} (npm package), once`, async () => {
        await npm(path, process.execPath, temporary, [
          "install",
          "--prefix",
          temporary,
          "--no-save",
          "--no-package-lock",
          "--ignore-scripts",
          "--no-audit",
          "--no-fund",
          `${name}@${install}`,
        ]);
        const finished = join(temporary, "node_modules", name);
        const version = await versionOf(join(finished, file), ["--version"], path.env);
        if (version !== install) throw new Error(`its node does not run here (says ${version})`);
        return finished;
      }),
    ),
  );
  if (folder) return join(folder, file);
  throw new Missing(
    `Node ${describe(accept)}`,
    tried,
    `Node 24 from https://nodejs.org/en/download (or with nvm, fnm, mise).`,
  );
}

/** Runs npm with the given Node; throws with the end of its output when it fails. */
async function npm(path, node, cwd, args) {
  const script = process.env.npm_execpath;
  const command =
    script && /npm-cli\.c?js$/.test(script) && existsSync(script)
      ? [node, script]
      : path.find("npm").slice(0, 1);
  if (command.length === 0) throw new Error("npm is not on PATH");
  const env = { ...path.env };
  // Settings that `npm run` hands down belong to the outer call (its prefix, its command).
  for (const name of Object.keys(env)) {
    if (/^npm_(config_(local_prefix|prefix|global)|command|lifecycle_|package_)/i.test(name)) {
      delete env[name];
    }
  }
  const { code, text } = await run(command[0], [...command.slice(1), ...args], {
    cwd,
    env,
    output: "capture",
  });
  if (code !== 0) {
    // npm says the reason first and explains its options for a page after it.
    const lines = text.split("\n").filter((line) => line.trim() && !line.startsWith("npm warn"));
    throw new Error(`npm ${args[0]} failed (exit ${code}):\n${lines.slice(0, 12).join("\n")}`);
  }
}

// --- node_modules ---

async function ensureModules(path, node) {
  if (modulesAreCurrent()) return;
  const lock = `node_modules-${createHash("sha256").update(root).digest("hex").slice(0, 12)}`;
  const tried = [];
  const done = await attempt(tried, "npm ci", () =>
    withLock(lock, "install node_modules", async () => {
      if (modulesAreCurrent()) return true;
      await step("installing node_modules (npm ci)", () =>
        npm(path, node, root, ["ci", "--include=dev", "--no-audit", "--no-fund"]),
      );
      return true;
    }),
  );
  if (!done) {
    throw new Missing("node_modules", tried, "them with `npm ci` and mend what it reports.");
  }
}

/** npm writes node_modules/.package-lock.json last, so a broken install has none. */
function modulesAreCurrent() {
  const wanted = join(root, "package-lock.json");
  const present = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(present)) return false;
  if (statSync(present).mtimeMs >= statSync(wanted).mtimeMs) return true;
  // A checkout renews the date of a lock file that has not changed, so the contents decide.
  const packages = (file) => JSON.parse(readFileSync(file, "utf8")).packages;
  const have = packages(present);
  return Object.entries(packages(wanted)).every(
    ([name, { version, optional, link }]) =>
      name === "" || (have[name] ? link || have[name].version === version : optional),
  );
}

// --- Pulumi ---

async function ensurePulumi(path) {
  const { install, accept, languageHost } = versions.pulumi;
  const tried = [];
  const found = await onPath(path, "pulumi", ["version"], accept, (file) => {
    const beside = join(dirname(realpathSync(file)), exe(LANGUAGE_HOST));
    return existsSync(beside) || path.find(LANGUAGE_HOST).length > 0
      ? undefined
      : `has no ${LANGUAGE_HOST} beside it or on PATH`;
  });
  if (found.file) return found.file;
  tried.push(["on PATH", found.reason]);

  const file = exe("pulumi");
  const cached = join(toolFolder("pulumi", install), file);
  if (existsSync(cached)) return cached;

  const check = async (folder) => {
    const version = await versionOf(join(folder, file), ["version"], path.env);
    if (version !== install) throw new Error(`it does not run here (says ${version})`);
    if (!existsSync(join(folder, exe(LANGUAGE_HOST)))) throw new Error(`no ${LANGUAGE_HOST} in it`);
    return folder;
  };
  const folder =
    (await fromRelease(tried, "pulumi", install, file, pulumiSources(install), check)) ??
    (await withGo(tried, path, "pulumi", install, file, async (go, temporary) => {
      const out = join(temporary, "bin");
      mkdirSync(out);
      await step("building Pulumi's Node language host with Go, about 1 minute, once", () =>
        go.build(
          temporary,
          { module: "github.com/pulumi/pulumi/sdk/v3", version: languageHost },
          "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
          join(out, exe(LANGUAGE_HOST)),
        ),
      );
      await step("building the Pulumi engine with Go, about 5 minutes, once", () =>
        go.build(
          temporary,
          { module: "github.com/pulumi/pulumi/pkg/v3", version: install },
          "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
          join(out, file),
          // Without it the CLI calls itself a development version and refuses comparisons.
          `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${install}`,
        ),
      );
      // As in a release: the CLI warns about every part that it finds elsewhere on PATH.
      copyFileSync(join(SDK, DYNAMIC_PROVIDER), join(out, DYNAMIC_PROVIDER));
      return check(out);
    }));
  if (folder) return join(folder, file);
  throw new Missing(
    `pulumi ${describe(accept)}`,
    tried,
    `Pulumi from https://www.pulumi.com/docs/iac/download-install/ (or Go ${describe(versions.go.accept)} from https://go.dev/dl/, and it is built from its published modules).`,
  );
}

// --- nats-server ---

async function ensureNatsServer(path) {
  const { install, accept } = versions.natsServer;
  const tried = [];
  const found = await onPath(path, "nats-server", ["--version"], accept);
  if (found.file) return found.file;
  tried.push(["on PATH", found.reason]);

  const file = exe("nats-server");
  const cached = join(toolFolder("nats-server", install), file);
  if (existsSync(cached)) return cached;

  const check = async (folder) => {
    const version = await versionOf(join(folder, file), ["--version"], path.env);
    if (version !== install) throw new Error(`it does not run here (says ${version})`);
    return folder;
  };
  const folder =
    (await fromRelease(tried, "nats-server", install, file, natsServerSources(install), check)) ??
    (await withGo(tried, path, "nats-server", install, file, async (go, temporary) => {
      await step("building nats-server with Go, about 1 minute, once", () =>
        go.install(temporary, `github.com/nats-io/nats-server/v2@v${install}`),
      );
      return check(temporary);
    }));
  if (folder) return join(folder, file);
  throw new Missing(
    `nats-server ${describe(accept)}`,
    tried,
    `nats-server from https://github.com/nats-io/nats-server/releases (or Go ${describe(versions.go.accept)} from https://go.dev/dl/, and it is built from its published module).`,
  );
}

// --- the two ways to install a tool ---

async function fromRelease(tried, tool, version, file, sources, check) {
  if (sources.length === 0) {
    tried.push(["official release", `none for ${process.platform} ${process.arch}`]);
  }
  for (const source of sources) {
    const route = `official release from ${new URL(source.archive).host}`;
    const folder = await attempt(tried, route, () =>
      installed(tool, version, file, (temporary) =>
        step(
          `downloading ${tool} ${version} from ${new URL(source.archive).host}`,
          async (note) => {
            const unpacked = await fetchRelease(source, temporary, note);
            const finished = folderWith(file, unpacked);
            if (!finished) throw new Error(`no ${file} in ${source.file}`);
            return check(finished);
          },
        ),
      ),
    );
    if (folder) return folder;
  }
  if (sources.length > 0 && (process.env.HTTPS_PROXY ?? process.env.https_proxy)) {
    tried.push(["proxy", "Node uses HTTPS_PROXY only when NODE_USE_ENV_PROXY=1 is set as well"]);
  }
  return undefined;
}

async function withGo(tried, path, tool, version, file, build) {
  const { accept } = versions.go;
  const route = "built with Go";
  const found = await onPath(path, "go", ["version"], accept);
  if (!found.file) {
    tried.push([route, `Go ${describe(accept)} is needed on PATH; go: ${found.reason}`]);
    return undefined;
  }
  const go = new Go(found.file, path.env);
  return attempt(tried, route, () =>
    installed(tool, version, file, (temporary) => build(go, temporary)),
  );
}

class Go {
  constructor(file, env) {
    this.file = file;
    // As the official builds: static, for this machine, and not inside a workspace of the person's.
    this.env = { ...env, CGO_ENABLED: "0", GOWORK: "off" };
    for (const name of ["GOOS", "GOARCH", "GOBIN"]) delete this.env[name];
  }

  /** Builds a command from a scratch module: `go install` refuses modules with replace directives. */
  async build(temporary, { module, version }, command, out, ldflags = "") {
    const scratch = join(temporary, basename(out).replace(/\W/g, "-"));
    mkdirSync(scratch);
    writeFileSync(
      join(scratch, "go.mod"),
      `module scratch\n\ngo 1.25\n\nrequire ${module} v${version}\n`,
    );
    await this.run(scratch, [
      "build",
      "-mod=mod",
      "-buildvcs=false",
      `-ldflags=${ldflags}`,
      "-o",
      out,
      command,
    ]);
  }

  async install(folder, command) {
    await this.run(folder, ["install", command], { GOBIN: folder });
  }

  async run(cwd, args, env = {}) {
    const { code, text } = await run(this.file, args, {
      cwd,
      env: { ...this.env, ...env },
      output: "capture",
    });
    if (code !== 0) throw new Error(`go ${args[0]} failed (exit ${code}):\n${tail(text)}`);
  }
}

/** Runs a script's main function: a message for what is expected to go wrong, a stack for the rest. */
export async function main(work) {
  // A reader that goes away (`| head`) must not keep a script from cleaning up after itself.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  try {
    process.exitCode = await work();
  } catch (error) {
    console.error(error instanceof ToolsError ? `\n${error.message}` : error);
    process.exitCode = 1;
  }
}

if (process.argv[1] && same(process.argv[1], fileURLToPath(import.meta.url))) {
  await main(async () => {
    const start = Date.now();
    const { node, pulumi, natsServer } = await ensureTools();
    console.log(`node         ${node}\npulumi       ${pulumi}\nnats-server  ${natsServer}`);
    console.log(`cache        ${cacheRoot()} (${Date.now() - start} ms)`);
  });
}
