/** A real stack: the Pulumi CLI on a program of the test, with a file backend of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const repository = resolve(__dirname, "../..");
const work = join(repository, "test/.work");

/** What a command printed, and how it ended. */
export interface Run {
  code: number;
  /** Everything that it printed, both streams. */
  text: string;
  stdout: string;
}

/** One resource in the state. */
export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  inputs: Record<string, unknown>;
  outputs: Record<string, unknown>;
  initErrors?: string[];
}

/** What a preview says of one resource. */
export interface Step {
  op: string;
  /** Kind and name, such as `Account::orders`. */
  resource: string;
  /** Paths that differ, with what happens to them. */
  paths: Record<string, string>;
}

const head = `const pulumi = require("@pulumi/pulumi");\nconst nats = require("pulumi-nats-auth");\n`;

export class Stack {
  /** Folder of the program. */
  readonly dir: string;
  /** Folder of the file backend: the state, its history and backups. */
  readonly backend: string;
  /** What every command printed so far, except where secrets were asked for. */
  readonly printed: { command: string; text: string }[] = [];
  readonly #env: NodeJS.ProcessEnv;

  private constructor(dir: string, backend: string, env: NodeJS.ProcessEnv) {
    this.dir = dir;
    this.backend = backend;
    this.#env = env;
  }

  /** Makes an empty stack; `dir` uses a program that is there already. */
  static async create(program: string, dir?: string): Promise<Stack> {
    mkdirSync(work, { recursive: true });
    const folder = dir ?? mkdtempSync(join(work, "stack-"));
    const backend = mkdtempSync(join(work, "state-"));
    const stack = new Stack(folder, backend, {
      ...process.env,
      PULUMI_BACKEND_URL: `file://${backend}`,
      PULUMI_CONFIG_PASSPHRASE: "a test",
      PULUMI_HOME: join(work, "home"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      NO_COLOR: "1",
    });
    if (dir === undefined) {
      writeFileSync(
        join(folder, "Pulumi.yaml"),
        "name: test\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.js\n",
      );
      stack.write(program);
    }
    await stack.must("stack", "init", "dev", "--non-interactive");
    return stack;
  }

  /** Replaces the program. */
  write(program: string): void {
    writeFileSync(join(this.dir, "index.js"), head + program);
  }

  path(name: string): string {
    return join(this.dir, name);
  }

  /** Starts a command and returns at once. */
  spawn(...args: string[]): ChildProcess {
    return spawn("pulumi", args, {
      cwd: this.dir,
      env: this.#env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  run(...args: string[]): Promise<Run> {
    return new Promise((done, fail) => {
      const child = this.spawn(...args);
      let [stdout, text] = ["", ""];
      child.stdout?.on("data", (chunk) => {
        stdout += chunk;
        text += chunk;
      });
      child.stderr?.on("data", (chunk) => {
        text += chunk;
      });
      child.on("error", fail);
      child.on("close", (code) => {
        if (!args.includes("--show-secrets")) this.printed.push({ command: args.join(" "), text });
        done({ code: code ?? -1, text, stdout });
      });
    });
  }

  /** Runs a command that has to succeed. */
  async must(...args: string[]): Promise<Run> {
    const result = await this.run(...args);
    if (result.code !== 0)
      throw new Error(`pulumi ${args.join(" ")} ended with ${result.code}:\n${result.text}`);
    return result;
  }

  up(...args: string[]): Promise<Run> {
    return this.must("up", "--yes", "--skip-preview", "--non-interactive", ...args);
  }

  /** Does something with more in the environment of the commands. */
  async withEnv<Result>(env: NodeJS.ProcessEnv, work: () => Promise<Result>): Promise<Result> {
    const before = { ...this.#env };
    Object.assign(this.#env, env);
    try {
      return await work();
    } finally {
      for (const name of Object.keys(env)) {
        if (before[name] === undefined) delete this.#env[name];
        else this.#env[name] = before[name];
      }
    }
  }

  /** Applies without writing the state after each step: hundreds of new resources are a matter of seconds. */
  quickUp(...args: string[]): Promise<Run> {
    const env = { PULUMI_EXPERIMENTAL: "true", PULUMI_SKIP_CHECKPOINTS: "true" };
    return this.withEnv(env, () => this.up(...args));
  }

  /** Applies on a machine whose clock is wrong by so many minutes, for the program and for the hooks. */
  upAt(minutes: number): Promise<Run> {
    const file = this.path("clock.cjs");
    writeFileSync(
      file,
      `const Right = Date;
const now = () => Right.now() + ${minutes * 60_000};
globalThis.Date = class extends Right {
  static now = now;
  constructor(...args) {
    super(...(args.length === 0 ? [now()] : args));
  }
};
`,
    );
    return this.withEnv({ NODE_OPTIONS: `--require ${JSON.stringify(file)}` }, () => this.tryUp());
  }

  tryUp(...args: string[]): Promise<Run> {
    return this.run("up", "--yes", "--skip-preview", "--non-interactive", ...args);
  }

  destroy(...args: string[]): Promise<Run> {
    return this.must("destroy", "--yes", "--skip-preview", "--non-interactive", ...args);
  }

  refresh(...args: string[]): Promise<Run> {
    return this.must("refresh", "--yes", "--skip-preview", "--non-interactive", ...args);
  }

  /** Applies and says what became of each kind of change, such as `{ create: 3, same: 1 }`. */
  async changes(): Promise<Record<string, number>> {
    const { stdout } = await this.must("preview", "--json", "--non-interactive");
    return (JSON.parse(stdout) as { changeSummary: Record<string, number> }).changeSummary;
  }

  /** What a preview would change, unchanged resources left out. */
  async preview(...args: string[]): Promise<Step[]> {
    const { stdout } = await this.must("preview", "--json", "--non-interactive", ...args);
    const { steps } = JSON.parse(stdout) as {
      steps: { op: string; urn: string; detailedDiff?: Record<string, { kind: string }> | null }[];
    };
    return steps
      .filter((step) => step.op !== "same" && !step.urn.includes("pulumi:pulumi:Stack"))
      .map((step) => ({
        op: step.op,
        resource: shortName(step.urn),
        paths: Object.fromEntries(
          Object.entries(step.detailedDiff ?? {}).map(([path, { kind }]) => [path, kind]),
        ),
      }));
  }

  async outputs(): Promise<Record<string, string>> {
    const { stdout } = await this.must("stack", "output", "--json", "--show-secrets");
    return JSON.parse(stdout) as Record<string, string>;
  }

  /** The state as it is kept, secrets encrypted. */
  async stateText(): Promise<string> {
    return (await this.must("stack", "export")).stdout;
  }

  async state(): Promise<Record<string, StateResource>> {
    return resourcesOf(await this.stateText());
  }

  /** The state with its secrets in clear. */
  async openState(): Promise<Record<string, StateResource>> {
    return resourcesOf((await this.must("stack", "export", "--show-secrets")).stdout);
  }

  /** Removes what the test made on disk. */
  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
    rmSync(this.backend, { recursive: true, force: true });
  }

  /** Ends a test, whatever became of it: nothing runs and nothing is on disk afterwards. */
  async end(): Promise<void> {
    const { code } = await this.run("destroy", "--yes", "--skip-preview", "--non-interactive");
    if (code !== 0) {
      for (const { outputs } of Object.values(await this.state())) stopServer(outputs ?? {});
    }
    this.close();
  }

  file(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }
}

/** By this property the engine marks a secret in a state (`sdk/go/common/resource/sig`). */
const secretMark = "4dabf18193072939515e22adb298388d";

function resourcesOf(text: string): Record<string, StateResource> {
  const { deployment } = JSON.parse(text, (_key, value) =>
    typeof value?.[secretMark] === "string" && typeof value.plaintext === "string"
      ? JSON.parse(value.plaintext)
      : value,
  ) as { deployment: { resources?: StateResource[] } };
  return Object.fromEntries(
    (deployment.resources ?? []).map((resource) => [shortName(resource.urn), resource]),
  );
}

/** Stops a LocalServer that a failed `destroy` left behind. */
function stopServer({ pid, storage }: Record<string, unknown>): void {
  if (typeof pid !== "number" || typeof storage !== "string") return;
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended before.
  }
  rmSync(storage, { recursive: true, force: true });
}

function shortName(urn: string): string {
  const [, , type = "", name = ""] = urn.split("::");
  return `${type.split(/[:$]/).at(-1)}::${name}`;
}
