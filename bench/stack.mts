/** Stacks for measurements: the Pulumi CLI on a program in a scratch folder, with a file backend beside it. */

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/** In the repository, because programs find the library from their own folder upwards. */
const work = join(import.meta.dirname, ".work");

/** A resource as the state keeps it, secrets encrypted. */
export interface StateResource {
  urn: string;
  type: string;
  outputs?: Record<string, unknown>;
}

export class Stack {
  readonly #dir: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(dir: string) {
    this.#dir = dir;
    this.#env = {
      ...process.env,
      PULUMI_BACKEND_URL: pathToFileURL(join(dir, "state")).href,
      PULUMI_CONFIG_PASSPHRASE: "a bench",
      PULUMI_HOME: join(work, "home"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      NO_COLOR: "1",
    };
  }

  static async create(program: string): Promise<Stack> {
    mkdirSync(work, { recursive: true });
    const stack = new Stack(mkdtempSync(join(work, "stack-")));
    mkdirSync(join(stack.#dir, "state"));
    writeFileSync(
      join(stack.#dir, "Pulumi.yaml"),
      "name: bench\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.js\n",
    );
    writeFileSync(join(stack.#dir, "index.js"), program);
    await stack.#run("stack", "init", "dev");
    return stack;
  }

  async config(name: string, value: string): Promise<void> {
    await this.#run("config", "set", name, value);
  }

  /** Seconds that `pulumi up` takes. */
  async up(): Promise<number> {
    const start = process.hrtime.bigint();
    await this.#run("up", "--yes", "--skip-preview");
    return Number(process.hrtime.bigint() - start) / 1e9;
  }

  async resources(): Promise<StateResource[]> {
    const text = await this.#run("stack", "export");
    return (JSON.parse(text) as { deployment: { resources: StateResource[] } }).deployment
      .resources;
  }

  /** Ends the server and removes the folder; `pulumi destroy` would revoke every user first. */
  async end(): Promise<void> {
    const pids = (await this.resources()).map(({ outputs }) => outputs?.["pid"]);
    for (const pid of pids) if (typeof pid === "number") process.kill(pid, "SIGKILL");
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  #run(...args: string[]): Promise<string> {
    return new Promise((done, fail) => {
      const child = spawn("pulumi", [...args, "--non-interactive"], {
        cwd: this.#dir,
        env: this.#env,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let [stdout, text] = ["", ""];
      child.stdout.on("data", (chunk) => {
        stdout += chunk;
        text += chunk;
      });
      child.stderr.on("data", (chunk) => {
        text += chunk;
      });
      child.on("error", fail);
      child.on("close", (code) => {
        if (code === 0) done(stdout);
        else fail(new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${text}`));
      });
    });
  }
}
