/** A nats-server process for development and tests. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createConnection } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Issue } from "../claims/index";
import { NatsAuthError } from "../errors";
import { sameValue, unknownNames } from "./common";
import { fileHolds, unwritableReason } from "./files";
import type { Checked, Difference, Lifecycle, Properties } from "./hooks";
import { warn } from "./log";
import { noteConfigAt } from "./start-command";
import { hasUnknown } from "./unknown";

const startMs = 20_000;
const stopMs = 15_000;
const pollMs = 50;
const names = ["config", "host", "port", "dir", "jetstream", "binary"];

interface Settings {
  config: string;
  host: string;
  port: number;
  dir?: string;
  jetstream?: boolean;
  binary?: string;
}

/** What a nats-server says first to everybody who connects. */
interface Info {
  server_id: string;
  server_name: string;
}

/** Hooks of `LocalServer`. */
export const localServerLifecycle: Lifecycle = {
  check(_olds, news): Checked {
    return { inputs: news, issues: issuesOf(news) };
  },

  diff(olds, news): Difference {
    noteConfigAt(olds["url"] as string, olds["configFile"] as string);
    if (!hasUnknown(news["dir"]) && olds["givenDir"] !== news["dir"])
      return { replace: "dir", deleteFirst: true };
    if (hasUnknown(news)) return "changed";
    return names.filter((name) => name !== "dir").every((name) => sameValue(olds[name], news[name]))
      ? "same"
      : "changed";
  },

  async create(inputs) {
    const settings = inputs as unknown as Settings;
    const storage =
      settings.dir === undefined ? defaultStorage(settings.port) : resolve(settings.dir);
    const started = (await adopt(settings, storage)) ?? (await start(settings, storage));
    return {
      id: started.serverName,
      outs: { ...inputs, ...started, ...(settings.dir ? { givenDir: settings.dir } : {}) },
    };
  },

  async update(_id, olds, news) {
    await stop(olds);
    const started = await start(news as unknown as Settings, olds["storage"] as string);
    return { ...news, ...started, ...(news["dir"] ? { givenDir: news["dir"] } : {}) };
  },

  async delete(_id, outs) {
    if (wanted.has(outs["serverId"] as string)) return;
    await stop(outs);
    // A folder that the program named may hold what people want to keep.
    if (outs["givenDir"] === undefined)
      rmSync(outs["storage"] as string, { recursive: true, force: true });
  },
};

function issuesOf(inputs: Properties): Issue[] {
  const issues = unknownNames(inputs, names);
  const error = (path: string, message: string) =>
    issues.push({ path, message, severity: "error" });
  const { host, port, dir } = inputs;
  if (!Number.isInteger(port) || (port as number) < 1 || (port as number) > 65_535) {
    error("port", "must be a port number from 1 to 65535");
  }
  if (host !== "127.0.0.1" && host !== "localhost") {
    error(
      "host",
      "must be 127.0.0.1 or localhost: a LocalServer is for development on this machine only",
    );
  }
  if (dir !== undefined && !hasUnknown(dir)) {
    const reason =
      typeof dir === "string"
        ? unwritableReason(join(dir, "nats.conf"))
        : "must be the path of a folder";
    if (reason !== undefined) error("dir", reason);
  }
  return issues;
}

interface Started extends Properties {
  serverName: string;
}

/** The same folder for every try: what a killed `up` left behind is found again. */
function defaultStorage(port: number): string {
  return join(tmpdir(), `pulumi-nats-auth-${userInfo().uid}-${port}`);
}

/** Others may write to the temporary folder too: what one of them prepared there is not used. */
function assertPrivate(storage: string): void {
  const folder = lstatSync(storage);
  const { uid, mode } = folder;
  const mine = folder.isDirectory() && uid === userInfo().uid && (mode & 0o077) === 0;
  if (mine || process.platform === "win32") return;
  throw new NatsAuthError(
    "ERR_LOCAL_SERVER",
    `${storage} is not a private folder of yours; remove it, or give LocalServer a \`dir\``,
  );
}

/**
 * A create is repeated after a kill: a server that runs this very configuration is ours already. The
 * file says which one it runs: it is written only while none does.
 */
async function adopt(settings: Settings, storage: string): Promise<Started | undefined> {
  const info = await greeting(settings.host, settings.port);
  if (info === undefined || info.server_name !== serverNameOf(settings)) return undefined;
  if (!fileHolds(join(storage, "nats.conf"), configText(settings, storage))) return undefined;
  const pid = Number(readFileSync(join(storage, "nats.pid"), "utf8"));
  return describe(settings, storage, info, pid);
}

/** The same with another configuration: accounts remember by name which servers must confirm a push. */
function serverNameOf(settings: Settings): string {
  return `local-${settings.port}`;
}

/** Servers that a create or update of this process wants: a delete of this process is of a predecessor. */
const wanted = new Set<string>();

function describe({ host, port }: Settings, storage: string, info: Info, pid: number): Started {
  wanted.add(info.server_id);
  return {
    serverName: info.server_name,
    serverId: info.server_id,
    pid,
    url: `nats://${host}:${port}`,
    storage,
    logFile: join(storage, "nats.log"),
    configFile: join(storage, "nats.conf"),
  };
}

async function start(settings: Settings, storage: string): Promise<Started> {
  const { host, port } = settings;
  if (await greeting(host, port)) {
    throw new NatsAuthError(
      "ERR_LOCAL_SERVER",
      `something listens on ${host}:${port} already; stop it, or give LocalServer another \`port\``,
    );
  }
  mkdirSync(storage, { recursive: true, mode: 0o700 });
  if (settings.dir === undefined) assertPrivate(storage);
  const configFile = join(storage, "nats.conf");
  writeFileSync(configFile, configText(settings, storage));
  const logFile = join(storage, "nats.log");
  const binary = settings.binary ?? "nats-server";
  // Its own session: it outlives the provider process that starts it.
  const log = openSync(logFile, "w");
  const child = spawn(binary, ["-c", configFile], {
    cwd: storage,
    detached: true,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const ended = endOf(child, binary, logFile);
  const info = await Promise.race([ready(host, port, logFile), ended]).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  child.unref();
  return describe(settings, storage, info, child.pid as number);
}

function configText(settings: Settings, storage: string): string {
  const { config, host, port, jetstream } = settings;
  const lines = [
    `listen: "${host}:${port}"`,
    `server_name: ${serverNameOf(settings)}`,
    `pid_file: ${JSON.stringify(join(storage, "nats.pid"))}`,
  ];
  if (jetstream ?? true)
    lines.push(`jetstream { store_dir: ${JSON.stringify(join(storage, "jetstream"))} }`);
  return `${lines.join("\n")}\n\n${config}`;
}

function endOf(child: ChildProcess, binary: string, logFile: string): Promise<never> {
  return new Promise((_resolve, reject) => {
    child.on("error", (cause: NodeJS.ErrnoException) => {
      const missing = cause.code === "ENOENT";
      const message = missing
        ? `no \`${binary}\` was found. Install nats-server (https://github.com/nats-io/nats-server/releases) so that it is on PATH, or give LocalServer its path as \`binary\``
        : `${binary} could not be started: ${cause.message}`;
      reject(new NatsAuthError("ERR_LOCAL_SERVER", message, { cause }));
    });
    child.on("exit", (code) => {
      reject(
        new NatsAuthError(
          "ERR_LOCAL_SERVER",
          `nats-server ended at once (exit code ${code}): ${lastWords(logFile)}`,
        ),
      );
    });
  });
}

async function ready(host: string, port: number, logFile: string): Promise<Info> {
  const deadline = Date.now() + startMs;
  while (Date.now() < deadline) {
    const info = await greeting(host, port);
    if (info) return info;
    await sleep(pollMs);
  }
  throw new NatsAuthError(
    "ERR_LOCAL_SERVER",
    `nats-server did not answer on ${host}:${port}: ${lastWords(logFile)}`,
  );
}

function lastWords(logFile: string): string {
  try {
    const lines = readFileSync(logFile, "utf8").trim().split("\n");
    const fatal = lines.filter((line) => /\[(FTL|ERR)\]|nats-server:/.test(line));
    return (fatal.length > 0 ? fatal : lines).slice(-3).join("; ");
  } catch {
    return `it wrote nothing to ${logFile}`;
  }
}

/** Stops the server that we started, and no other: it must still be the one that answers on the port. */
async function stop(outs: Properties): Promise<void> {
  const { host, port, pid, serverId } = outs as {
    host: string;
    port: number;
    pid: number;
    serverId: string;
  };
  const info = await greeting(host, port);
  if (info?.server_id !== serverId) {
    if (info)
      warn(
        `${host}:${port} is another server than the one that was started here; it is left alone`,
      );
    return;
  }
  process.kill(pid, "SIGTERM");
  const deadline = Date.now() + stopMs;
  while (Date.now() < deadline) {
    if (!isRunning(pid)) return;
    await sleep(pollMs);
  }
  process.kill(pid, "SIGKILL");
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such process
  }
}

/** Reads the INFO line of a nats-server; `undefined` when none answers. */
function greeting(host: string, port: number): Promise<Info | undefined> {
  return new Promise((done) => {
    const socket = createConnection({ host, port });
    let text = "";
    const finish = (info: Info | undefined) => {
      socket.destroy();
      done(info);
    };
    socket.setTimeout(2_000, () => finish(undefined));
    socket.on("error", () => finish(undefined));
    socket.on("end", () => finish(undefined));
    socket.on("data", (chunk) => {
      text += chunk.toString("utf8");
      const end = text.indexOf("\r\n");
      if (end < 0) return;
      try {
        finish(JSON.parse(text.slice(0, end).replace(/^INFO /, "")) as Info);
      } catch {
        finish({ server_id: "", server_name: "" }); // something that is no nats-server
      }
    });
  });
}
