/** Real nats-servers on loopback, alone or as a cluster, and clients for them. */
import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Authenticator,
  connect,
  credsAuthenticator,
  type NatsConnection,
} from "@nats-io/transport-node";

/** Below the ports that systems give to whoever asks for any, which one of them might take between our look and its use. */
const [firstPort, lastPort] = [10_240, 32_000];
/** Each worker has a lane of its own: a port that the other was given and does not use yet looks free. */
const lanes = 8;
const lane = firstPort + (Number(process.env["VITEST_POOL_ID"] ?? 0) % lanes);
let next = lane + lanes * Math.floor((Math.random() * (lastPort - firstPort)) / lanes);

/** A port that nobody uses at the moment; each call looks further on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next;
    next = port + lanes > lastPort ? lane : port + lanes;
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Waits until something is so. */
export async function until(
  what: () => boolean | Promise<boolean>,
  limitMs = 15_000,
): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error(`not so within ${limitMs} ms: ${what}`);
    await sleep(50);
  }
}

/** What a server says first to everybody who connects; `undefined` when none listens. */
function greeting(port: number): Promise<{ connect_urls?: string[] } | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk;
      if (!text.includes("\r\n")) return;
      socket.destroy();
      resolve(JSON.parse(text.slice("INFO ".length, text.indexOf("\r\n"))));
    });
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(undefined));
    socket.setTimeout(5_000, () => socket.destroy());
  });
}

/** What a file says; `undefined` when the server has just deleted it. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
}

/** One server that can be stopped and started again with the same folder. */
export class Server {
  readonly name: string;
  readonly port: number;
  readonly dir: string;
  #config: string;
  #process: ChildProcess | undefined;

  constructor(name: string, port: number, dir: string, config: string) {
    this.name = name;
    this.port = port;
    this.dir = dir;
    this.#config = config;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    mkdirSync(this.dir, { recursive: true });
    const file = join(this.dir, "nats.conf");
    writeFileSync(file, this.#config);
    this.#process = spawn("nats-server", ["-c", file, "-l", join(this.dir, "nats.log")], {
      cwd: this.dir,
      stdio: "ignore",
    });
    await until(async () => {
      if (!this.#runs())
        throw new Error(`${this.name} ended: ${this.log().trim().split("\n").at(-1)}`);
      return (await greeting(this.port)) !== undefined;
    });
  }

  #runs(): boolean {
    const child = this.#process;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.#process;
    if (!child || !this.#runs()) return;
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill(signal);
    await ended;
  }

  /** Stops it and starts it with a changed configuration. */
  async restart(change: (config: string) => string): Promise<void> {
    await this.stop();
    this.#config = change(this.#config);
    await this.start();
  }

  /** The account JWTs that it holds on disk, by public key. */
  accounts(): Record<string, string> {
    const folder = join(this.dir, "jwt");
    if (!existsSync(folder)) return {};
    const files = readdirSync(folder).filter((file) => file.endsWith(".jwt"));
    const entries = files.map((file) => [
      file.slice(0, -".jwt".length),
      textOf(join(folder, file)),
    ]);
    return Object.fromEntries(entries.filter(([, jwt]) => jwt !== undefined));
  }

  log(): string {
    return readFileSync(join(this.dir, "nats.log"), "utf8");
  }
}

/** Servers of one test, in a folder that goes with them. */
export class Servers {
  readonly all: Server[];
  readonly #root: string;

  private constructor(all: Server[], root: string) {
    this.all = all;
    this.#root = root;
  }

  /**
   * Prepares servers with this resolver configuration, or one each; `ports` lets the address be known before.
   * A lone server has JetStream, a cluster where it is asked for.
   */
  static async prepare(
    resolver: string | string[],
    ports: number[],
    { jetstream = ports.length === 1 }: { jetstream?: boolean } = {},
  ): Promise<Servers> {
    const root = mkdtempSync(join(tmpdir(), "nats-test-"));
    const routes = await Promise.all(ports.map(() => freePort()));
    const all = ports.map((port, index) => {
      const name = `S${index + 1}`;
      const lines = [`listen: "127.0.0.1:${port}"`, `server_name: ${name}`];
      if (ports.length > 1) {
        const others = routes.map((route) => `"nats://127.0.0.1:${route}"`).join(", ");
        lines.push(
          `cluster { name: test, listen: "127.0.0.1:${routes[index]}", routes: [${others}] }`,
        );
      }
      if (jetstream) {
        lines.push(`jetstream { store_dir: ${JSON.stringify(join(root, name, "jetstream"))} }`);
      }
      const resolverText = typeof resolver === "string" ? resolver : resolver[index];
      return new Server(name, port, join(root, name), `${lines.join("\n")}\n${resolverText}`);
    });
    return new Servers(all, root);
  }

  static async start(
    resolver: string | string[],
    ports: number[],
    options: { jetstream?: boolean } = {},
  ): Promise<Servers> {
    const servers = await Servers.prepare(resolver, ports, options);
    try {
      await servers.startAll();
    } catch (error) {
      await servers.close();
      throw error;
    }
    return servers;
  }

  /** One after the other: servers that call each other at once may hang up on each other, and take a while to call again. */
  async startAll(): Promise<void> {
    for (const server of this.all) await server.start();
  }

  /** Starts a cluster of three, and waits until they know each other. */
  static async cluster(
    resolver: string | string[],
    options: { jetstream?: boolean } = {},
  ): Promise<Servers> {
    const ports = await Promise.all([1, 2, 3].map(freePort));
    const servers = await Servers.start(resolver, ports, options);
    await servers.formed();
    return servers;
  }

  /** The server of this name. */
  named(name: string): Server {
    const server = this.all.find((one) => one.name === name);
    if (!server) throw new Error(`no server ${name}`);
    return server;
  }

  /** What each server holds of an account on disk, in the order of their names. */
  copiesOf(account: string): (string | undefined)[] {
    return this.all.map((server) => server.accounts()[account]);
  }

  /** Waits until all servers of the cluster run and know each other. */
  async formed(): Promise<void> {
    const urls = this.all.map(({ port }) => `127.0.0.1:${port}`);
    await until(async () => {
      const greetings = await Promise.all(this.all.map(({ port }) => greeting(port)));
      return greetings.every((info) => urls.every((url) => info?.connect_urls?.includes(url)));
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((server) => server.stop("SIGKILL")));
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** What a client shows of itself: the text of a creds file, or something else. */
export type Credentials = string | Authenticator | Authenticator[];

/** Connects, once. */
export function connectWith(credentials: Credentials, url: string): Promise<NatsConnection> {
  const authenticator =
    typeof credentials === "string"
      ? credsAuthenticator(new TextEncoder().encode(credentials))
      : credentials;
  return connect({ servers: url, authenticator, reconnect: false, timeout: 5_000 });
}

/** Whether the server lets somebody in, and if not, in whose words. */
export async function admission(credentials: Credentials, url: string): Promise<string> {
  try {
    const nc = await connectWith(credentials, url);
    await nc.close();
    return "admitted";
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}
