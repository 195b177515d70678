// `npm run quickstart`: the main job, from nothing to nothing. `pulumi up` of examples/quickstart against a
// real nats-server, two clients with the credentials it made, the preview of a change, `pulumi destroy`.
// It checks what it shows, so it fails when the library does. `--keep` leaves the stack for a look around.

import { randomBytes } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { connect as connectTo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, files, isBuilt } from "./lib/build.mjs";
import { interruptedBy, onInterrupt, run, signalChildren } from "./lib/run.mjs";
import { ensureTools, main, root, ToolsError } from "./tools.mjs";

const USUAL_PORT = 4222;
const LIMIT = { before: 100, after: 200 };
const example = join(root, "examples", "quickstart");

const keep = process.argv.includes("--keep");
const unknown = process.argv.slice(2).filter((argument) => argument !== "--keep");

async function start() {
  if (unknown.length > 0) {
    throw new ToolsError(
      `unknown argument ${unknown[0]}; the only one is --keep: leave the stack and the server running`,
    );
  }
  const tools = await ensureTools();
  // The library's client needs a Node that may have been installed just now.
  if (tools.node !== process.execPath && process.env.PULUMI_NATS_AUTH_NODE !== tools.node) {
    const env = { ...tools.env, PULUMI_NATS_AUTH_NODE: tools.node };
    const script = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
    // The child has the stack to clean up, so it is asked to stop and waited for.
    onInterrupt(() => signalChildren("SIGINT"));
    return (await run(tools.node, script, { env })).code;
  }
  if (!isBuilt(root)) {
    console.log("Building the library (tsc)");
    if ((await build(root, tools)) !== 0) {
      throw new ToolsError("the library does not compile, see above");
    }
  }

  const quickstart = new Quickstart(tools);
  onInterrupt(() => {
    console.log("\nInterrupted: what was created is removed first (once more ends at once)");
    // The engine finishes what it is doing and records it; then it can be destroyed.
    signalChildren("SIGINT");
  });
  process.on("exit", () => quickstart.endServer());
  try {
    await quickstart.tour();
  } catch (error) {
    await quickstart.cleanUp();
    if (interruptedBy()) return 130;
    if (!(error instanceof ToolsError)) throw error;
    console.error(`\nThe quickstart failed: ${error.message}`);
    return 1;
  }
  return 0;
}

class Quickstart {
  #started = Date.now();
  #env;
  #scratch = mkdtempSync(join(tmpdir(), "pulumi-nats-auth-quickstart-"));
  #configFile = join(this.#scratch, "Pulumi.dev.yaml");
  #hasStack = false;
  #removed = false;
  #kept = false;
  #settings;

  #toolFolders;
  #pulumiFile;

  constructor({ env, node, pulumi, natsServer }) {
    this.#pulumiFile = pulumi;
    this.#toolFolders = new Set([pulumi, natsServer, node].map((file) => dirname(file)));
    // Nothing of a stack that the person works with may reach this one, nor the other way round.
    this.#env = Object.fromEntries(Object.entries(env).filter(([name]) => !/^PULUMI_/i.test(name)));
    const temporary = join(this.#scratch, "tmp");
    mkdirSync(temporary);
    this.#settings = {
      PULUMI_BACKEND_URL: pathToFileURL(join(this.#scratch, "state")).href,
      PULUMI_CONFIG_PASSPHRASE: randomBytes(18).toString("base64url"),
    };
    mkdirSync(join(this.#scratch, "state"));
    Object.assign(this.#env, this.#settings, {
      PULUMI_HOME: join(this.#scratch, "home"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // The server's own files go where they are removed with everything else.
      TMPDIR: temporary,
      TEMP: temporary,
      TMP: temporary,
    });
  }

  async tour() {
    const port = await freePort();
    const url = `nats://127.0.0.1:${port}`;
    if (port !== USUAL_PORT) {
      console.log(`Port ${USUAL_PORT} is in use on this machine; this run takes ${port}`);
    }
    heading("1. pulumi up: an operator, an account, two users, a nats-server");
    await this.#up(url, port);

    heading("2. Two clients with the credentials of the stack");
    const outputs = JSON.parse(
      (
        await this.#pulumi(["stack", "output", "--stack", "dev", "--json", "--show-secrets"], {
          show: none,
        })
      ).stdout,
    );
    await clients(url, outputs);

    heading(`3. pulumi preview: connections of the account, ${LIMIT.before} -> ${LIMIT.after}`);
    await this.#preview();

    if (keep) return this.#howToGoOn(url);
    heading("4. pulumi destroy");
    await this.#destroy();
    this.#remove();
    const seconds = Math.round((Date.now() - this.#started) / 1000);
    console.log(
      `\nDone in ${seconds} s. The server is stopped, the scratch folder is removed, nothing is left.`,
    );
  }

  async #up(url, port) {
    // Next to the state and not in the repository, where `stack init` would write it.
    copyFileSync(join(example, "Pulumi.yaml"), join(this.#scratch, "Pulumi.yaml"));
    const init = ["stack", "init", "dev", "--non-interactive"];
    await this.#run(init, { cwd: this.#scratch, show: none });
    this.#hasStack = true;
    for (const [name, value] of [
      ["url", url],
      ["resolverFile", join(this.#scratch, "resolver.conf")],
      ["connections", LIMIT.before],
    ]) {
      await this.#pulumi(["config", "set", name, String(value), ...this.#config], { show: none });
    }
    await this.#pulumi(["up", "--yes", "--skip-preview", ...this.#config]);
    console.log(`  nats-server listens on 127.0.0.1:${port}`);
  }

  async #preview() {
    const { text } = await this.#pulumi(
      ["preview", "--diff", ...this.#config, "--config", `connections=${LIMIT.after}`],
      { show: onlyDiff },
    );
    const one = /Resources:\s+~ 1 to update\s+\d+ unchanged/.test(text);
    const account = /Account::orders\]\s+~ limits: \{\s+~ connections: 100 => 200\s+\}/.test(text);
    if (!one || !account) {
      throw new ToolsError("the preview should change the limit of one account and nothing else");
    }
  }

  async #destroy() {
    await this.#pulumi(["destroy", "--yes", "--skip-preview", ...this.#config]);
    this.#hasStack = false;
  }

  /** After a failure: destroy as far as it goes, then end the server and remove the folder anyhow. */
  async cleanUp() {
    if (this.#removed) return;
    console.log("\nCleaning up");
    if (this.#hasStack) {
      try {
        await this.#run(["cancel", "--yes", "--stack", "dev"], { show: none, check: false });
        await this.#run(["destroy", "--yes", "--skip-preview", ...this.#config], { show: none });
      } catch (error) {
        console.log(`  pulumi destroy did not work (${error.message.split("\n")[0]})`);
      }
    }
    this.endServer();
    this.#remove();
    console.log("  the server is stopped, the scratch folder is removed");
  }

  /** Ends a nats-server that pulumi could not stop. Also called on exit, so it waits for nothing. */
  endServer() {
    if (this.#removed || this.#kept) return;
    for (const file of files(this.#scratch)) {
      if (!file.endsWith("nats.pid")) continue;
      try {
        process.kill(Number(readFileSync(file, "utf8")), "SIGTERM");
      } catch {
        // It has ended already.
      }
    }
  }

  #remove() {
    rmSync(this.#scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    this.#removed = true;
  }

  get #config() {
    return ["--stack", "dev", "--config-file", this.#configFile, "--non-interactive"];
  }

  #howToGoOn(url) {
    this.#kept = true;
    const config = `--stack dev --config-file ${this.#configFile}`;
    console.log(`
Left as it is: the server on ${url}, the stack in ${this.#scratch}

  export PULUMI_BACKEND_URL='${this.#settings.PULUMI_BACKEND_URL}'
  export PULUMI_CONFIG_PASSPHRASE='${this.#settings.PULUMI_CONFIG_PASSPHRASE}'
  export PATH='${[...this.#toolFolders].join(delimiter)}':"$PATH"
  cd '${example}'

  pulumi stack output --stack dev creds --show-secrets
  pulumi up ${config}

and in the end

  pulumi destroy ${config}
  rm -r '${this.#scratch}'`);
  }

  #pulumi(args, options) {
    return this.#run(args, { cwd: example, ...options });
  }

  async #run(args, { cwd = example, show = onlyResults, check = true } = {}) {
    const line = show();
    const { code, text, stdout } = await run(this.#pulumiFile, [...args, "--color", "never"], {
      cwd,
      env: this.#env,
      output: "capture",
      onLine: (raw) => {
        const shown = line(raw);
        if (shown !== undefined) console.log(`  ${shown}`);
      },
    });
    if (interruptedBy() && check && args[0] !== "destroy") throw new ToolsError("interrupted");
    if (code !== 0 && check) {
      const reasons = /^Diagnostics:.*?(?=^Resources:|$(?![\s\S]))/ms.exec(text)?.[0] ?? text;
      throw new ToolsError(`pulumi ${args.slice(0, 2).join(" ")} ended with ${code}\n\n${reasons}`);
    }
    return { text, stdout };
  }
}

// --- what is shown of pulumi's output; each makes a filter for one command ---

const short = (line) => line.replaceAll("pulumi-nodejs:dynamic/nats:", "nats:").trimEnd();

function none() {
  return () => undefined;
}

/** One line per resource when it is done, then the counts. */
function onlyResults() {
  let counts = false;
  return (line) => {
    if (/^Resources:/.test(line)) counts = true;
    if (/^Duration:/.test(line)) counts = false;
    const done = /^ *[-+~] +\S+ \S+ (created|updated|deleted)/.test(line);
    return (done || counts) && line.trim() !== "" ? short(line) : undefined;
  };
}

/** The diff with the name of each resource in place of its identifiers. */
function onlyDiff() {
  let change;
  return (line) => {
    if (/^Previewing|pulumi:pulumi:Stack|\[id=|^Duration/.test(line) || line.trim() === "") return;
    if (/^ +[-+~]+ pulumi-nodejs:dynamic\/\S+: \(/.test(line)) {
      change = line;
      return;
    }
    const name = /\[urn=.*::([^\]]+)\]/.exec(line)?.[1];
    if (name && !change) return;
    return short(name ? change.replace(": (", ` ${name} (`) : line);
  };
}

function heading(text) {
  if (interruptedBy()) throw new ToolsError("interrupted");
  console.log(`\n${text}`);
}

// --- the clients ---

async function clients(url, { creds, workerCreds }) {
  const { connect, credsAuthenticator } = createRequire(join(root, "package.json"))(
    "@nats-io/transport-node",
  );
  const open = (name, text) =>
    connect({
      servers: url,
      name,
      authenticator: credsAuthenticator(new TextEncoder().encode(text)),
      reconnect: false,
      timeout: 5000,
    });
  const worker = await open("worker", workerCreds);
  const api = await open("api", creds);
  try {
    const received = new Promise((resolve) => {
      worker.subscribe("orders.events.>", {
        max: 1,
        callback: (error, message) => resolve(error ?? message),
      });
    });
    await worker.flush();
    console.log("  worker subscribes to orders.events.>");
    api.publish("orders.events.created", JSON.stringify({ order: 1 }));
    const message = await within(5000, received, "the allowed message did not arrive");
    if (message instanceof Error) throw new ToolsError(`worker was refused: ${message.message}`);
    console.log("  api publishes on orders.events.created   allowed");
    console.log(`  worker received ${message.subject}: ${message.string()}`);

    const refused = refusal(api);
    api.publish("billing.paid", "1");
    const words = await within(
      5000,
      refused,
      "the server did not refuse a publish on billing.paid",
    );
    console.log("  api publishes on billing.paid            refused; the server says:");
    console.log(`    ${words}`);
  } finally {
    await Promise.all([worker.close(), api.close()]);
  }
}

async function refusal(connection) {
  for await (const status of connection.status()) {
    if (status.type === "error") return status.error.message;
  }
  throw new ToolsError("the server closed the connection instead of refusing a publish");
}

async function within(ms, promise, message) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new ToolsError(message)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// --- ports ---

async function freePort() {
  if ((await isFree(USUAL_PORT)) && !(await answers(USUAL_PORT))) return USUAL_PORT;
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A server that listens on all addresses leaves 127.0.0.1 free to bind on some systems. */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connectTo({ host: "127.0.0.1", port, timeout: 1000 });
    const done = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("connect", () => done(true));
    socket.on("error", () => done(false));
    socket.on("timeout", () => done(false));
  });
}

// Last, so that the classes above are there.
await main(start);
