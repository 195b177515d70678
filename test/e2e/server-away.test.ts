import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server as Listener } from "node:net";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, freePort, Servers } from "../support/nats";
import { Stack } from "../support/stack";

describe("a server that is not there", () => {
  let stack: Stack;
  let port: number;
  let url: string;
  let running: Servers | undefined;

  /** Two operators; the second one's servers are the wrong ones for the first one's accounts. */
  const program = (waitForServer: string, more = "") => `
const operator = new nats.Operator("acme", { accountServerUrl: "${url}", waitForServer: "${waitForServer}" });
const resolver = new nats.ResolverConfig("acme", { operator, path: "nats/resolver.conf" });
const other = new nats.Operator("other");
new nats.ResolverConfig("other", { operator: other, path: "nats/other.conf" });
const orders = new nats.Account("orders", { operator }, { dependsOn: resolver });
exports.creds = new nats.User("api", { account: orders }).creds;
${more}
`;

  /** The public keys that the state holds. */
  const keys = async () =>
    Object.fromEntries(
      Object.entries(await stack.state())
        .filter(([, { outputs }]) => outputs?.["publicKey"] !== undefined)
        .map(([name, { outputs }]) => [name, outputs["publicKey"]]),
    );

  const start = async (config: string) => {
    running = await Servers.start(stack.file(config), [port]);
  };

  const stop = async () => {
    await running?.close();
    running = undefined;
  };

  beforeAll(async () => {
    port = await freePort();
    url = `nats://127.0.0.1:${port}`;
    stack = await Stack.create(program("3s"));
  });

  afterAll(async () => {
    await stop();
    stack?.close();
  });

  it("is waited for within the bound, with the command that starts it; then `up` fails and loses no key", async () => {
    const { code, text } = await stack.tryUp();
    expect(code).not.toBe(0);
    expect(text).toContain(
      `waiting up to 3 s for a nats-server at ${url}; to start one: nats-server -c nats/resolver.conf -p ${port}`,
    );
    expect(text).toContain(`no nats-server answered at ${url} for 3 s`);
    expect(text).toMatch(/\[ERR_UNREACHABLE\]/);
    expect(text).not.toMatch(/ at .*\.js:\d+/);
    expect(await keys()).toMatchObject({
      "KeyPair::acme-key": expect.any(String),
      "KeyPair::orders-key": expect.any(String),
    });
  });

  it("is told from one that runs another operator", async () => {
    const before = await keys();
    await start("nats/other.conf");
    const { code, text } = await stack.tryUp();
    await stop();
    expect(code).not.toBe(0);
    expect(text).toContain(`${url} refused our system user`);
    expect(text).toMatch(
      /was not started with the ResolverConfig of this operator .*\[ERR_UNAUTHORIZED\]/s,
    );
    expect(await keys()).toMatchObject(before);
  });

  it("lets the next `up` finish with the same keys once it runs", async () => {
    const before = await keys();
    await start("nats/resolver.conf");
    await stack.up();
    expect(await keys()).toMatchObject(before);
    const { creds } = await stack.outputs();
    expect(await admission(creds as string, url)).toBe("admitted");
    await stop();
  });

  it("may be started during the wait", async () => {
    stack.write(program("1m", 'exports.late = new nats.Account("late", { operator }).publicKey;'));
    const up = stack.spawn("up", "--yes", "--skip-preview", "--non-interactive");
    let text = "";
    let starting: Promise<void> | undefined;
    up.stdout?.on("data", (chunk) => {
      text += chunk;
      if (text.includes("waiting up to 60 s")) starting ??= start("nats/resolver.conf");
    });
    const code = await new Promise((resolve) => up.on("close", resolve));
    await starting;
    expect(text).toContain("waiting up to 60 s");
    expect(code, text).toBe(0);
    const { late } = await stack.outputs();
    expect(running?.all[0]?.accounts()).toHaveProperty(late as string);
  });
});

describe("a LocalServer that cannot start", () => {
  it("says what is in the way: a taken port, a missing program, a configuration", async () => {
    const taken: Listener = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as { port: number };
    const greeting: Listener = createServer((socket) => socket.end('INFO {"server_id":"x"}\r\n'));
    await new Promise<void>((resolve) => greeting.listen(0, "127.0.0.1", resolve));
    const { port: second } = greeting.address() as { port: number };
    const stack = await Stack.create(`
const make = (name, port, more) => new nats.LocalServer(name, { config: "", port, dir: name, ...more });
make("silent", ${port});
make("nats", ${second});
make("missing", ${await freePort()}, { binary: "no-such-nats-server" });
make("wrong", ${await freePort()}, { config: "nonsense: {" });
`);
    try {
      const { code, text } = await stack.tryUp("--continue-on-error");
      expect(code).not.toBe(0);
      expect(text).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}: bind: address already in use`));
      expect(text).toContain(
        `something listens on 127.0.0.1:${second} already; stop it, or give LocalServer another \`port\``,
      );
      expect(text).toMatch(
        /no `no-such-nats-server` was found\. Install nats-server \(https:.*\) so that it is on PATH/,
      );
      expect(text).toMatch(/nats-server ended at once \(exit code 1\): .*Parse error on line \d/);
      expect(text.match(/\[ERR_LOCAL_SERVER\]/g)?.length).toBeGreaterThanOrEqual(4);
    } finally {
      taken.close();
      greeting.close();
      await stack.end();
    }
  });
});

describe("resolvers of other types", () => {
  let stack: Stack;
  let port: number;
  let url: string;
  let running: Servers | undefined;

  beforeAll(async () => {
    port = await freePort();
    url = `nats://127.0.0.1:${port}`;
    stack = await Stack.create(`
const operator = new nats.Operator("acme", { accountServerUrl: "${url}" });
exports.memory = new nats.ResolverConfig("memory", { operator, type: "memory" }).text;
exports.full = new nats.ResolverConfig("full", {
  operator, dir: "./full", allowDelete: false, interval: "1m", limit: 1000, timeout: "3s",
}).text;
exports.cache = new nats.ResolverConfig("cache", { operator, type: "cache", dir: "./cache", limit: 10, ttl: "1d", timeout: "3s" }).text;
exports.url = new nats.ResolverConfig("url", { operator, type: "url", url: "https://accounts.example.com/jwt/v1/accounts/" }).text;
exports.sys = operator.systemAccount.publicKey;
`);
    await stack.up();
  });

  afterAll(async () => {
    await running?.close();
    stack?.close();
  });

  it("are written as nats-server reads them", async () => {
    const outputs = await stack.outputs();
    mkdirSync(stack.path("configs"));
    for (const type of ["full", "cache", "memory"]) {
      const file = stack.path(`configs/${type}.conf`);
      writeFileSync(file, outputs[type] as string);
      const { stderr } = await promisify(execFile)("nats-server", ["-t", "-c", file], {
        cwd: stack.path("configs"),
      });
      expect(stderr).toMatch(/configuration file .* is valid/);
    }
    expect(outputs["url"]).toMatch(
      /^operator: ey\S+\nsystem_account: A[A-Z2-7]{55}\n\nresolver: URL\(https:\/\/accounts\.example\.com\/jwt\/v1\/accounts\/\)\n$/m,
    );
    expect(outputs["url"]).not.toContain("resolver_preload");
  });

  it("of type memory take no pushes, and the error says what to do instead", async () => {
    const { memory } = await stack.outputs();
    running = await Servers.start(memory as string, [port]);
    stack.write(`
const operator = new nats.Operator("acme", { accountServerUrl: "${url}" });
new nats.Account("orders", { operator });
`);
    const { code, text } = await stack.tryUp();
    await running.close();
    expect(code).not.toBe(0);
    expect(text).toMatch(
      /account "orders" .* run no resolver that takes pushes\. With a memory resolver leave `accountServerUrl` away .*`ResolverConfig\.preload`.*\[ERR_NO_RESOLVER\]/s,
    );
  });

  it("of type memory work with `preload`, as the error says", async () => {
    stack.write(`
const operator = new nats.Operator("acme");
const orders = new nats.Account("orders", { operator });
exports.memory = new nats.ResolverConfig("memory", { operator, type: "memory", preload: [orders] }).text;
exports.creds = new nats.User("api", { account: orders }).creds;
`);
    await stack.up();
    const { memory, creds } = await stack.outputs();
    running = await Servers.start(memory as string, [port]);
    expect(await admission(creds as string, url)).toBe("admitted");
  });
});
