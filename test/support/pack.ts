/** The package as `npm publish` would send it. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const repository = resolve(__dirname, "../..");

/** Runs npm; what it prints on its standard output. */
export async function npm(cwd: string, ...args: string[]): Promise<string> {
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
  const { stdout } = await run("npm", [...args, ...quiet], {
    cwd,
    env: ownEnvironment(),
    // npm is a .cmd file there, and these run in a shell only.
    shell: process.platform === "win32",
  });
  return stdout;
}

/** Without the settings of the `npm test` around it, which are about another folder and command. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const outer = /^npm_(config_(local_prefix|prefix|global)|command|lifecycle_|package_)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}

export interface Packed {
  /** The tarball. */
  file: string;
  /** Paths in it. */
  contents: string[];
}

/** Packs a folder as it is built: the tests' own build is the one to look at, and `prepack` would race others. */
export async function pack(folder: string, into: string): Promise<Packed> {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", into];
  const output = JSON.parse(await npm(folder, ...args)) as Report[] | Record<string, Report>;
  const [report] = Object.values(output) as [Report];
  return { file: join(into, report.filename), contents: report.files.map(({ path }) => path) };
}

interface Report {
  filename: string;
  files: { path: string }[];
}

/** The package.json of the repository. */
export function manifest(): Manifest {
  return JSON.parse(readFileSync(join(repository, "package.json"), "utf8")) as Manifest;
}

export interface Manifest {
  name: string;
  version: string;
  exports: Record<string, unknown>;
}
