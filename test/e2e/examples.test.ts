import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, connectWith, freePort, until } from "../support/nats";
import { npm, pack, repository } from "../support/pack";
import { Stack } from "../support/stack";

const run = promisify(execFile);
const installing = 5 * 60_000;

let folder: string;
/** The package as it is, and the same with a later version number. */
let tarball: string;
let later: string;

beforeAll(async () => {
  // Outside the repository, where nothing of it is found by accident.
  folder = mkdtempSync(join(tmpdir(), "nats-auth-examples-"));
  tarball = (await pack(repository, folder)).file;
  const copy = join(folder, "later");
  mkdirSync(copy);
  await run("tar", ["-xzf", tarball, "--strip-components=1", "-C", copy]);
  const manifest = JSON.parse(readFileSync(join(copy, "package.json"), "utf8"));
  writeFileSync(join(copy, "package.json"), JSON.stringify({ ...manifest, version: "0.2.0" }));
  later = (await pack(copy, folder)).file;
  expect([basename(tarball), basename(later)]).toEqual([
    "pulumi-nats-auth-0.1.0.tgz",
    "pulumi-nats-auth-0.2.0.tgz",
  ]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An example in the hands of a user: copied, installed from the tarball, brought up on a port of its own. */
class Example {
  readonly stack: Stack;
  readonly url: string;
  outputs: Record<string, string> = {};

  private constructor(stack: Stack, url: string) {
    this.stack = stack;
    this.url = url;
  }

  static async start(name: string): Promise<Example> {
    const dir = join(folder, name);
    const ours = (path: string) => !/node_modules|nats$|Pulumi\..+\.yaml$/.test(basename(path));
    cpSync(join(repository, "examples", name), dir, { recursive: true, filter: ours });
    await npm(dir, "install", tarball, "--prefer-offline");
    const url = `nats://127.0.0.1:${await freePort()}`;
    const example = new Example(await Stack.create("", dir), url);
    await example.stack.must("config", "set", "url", url);
    return example;
  }

  async up(): Promise<string> {
    const { text } = await this.stack.up();
    this.outputs = await this.stack.outputs();
    return text;
  }

  path(...parts: string[]): string {
    return join(this.stack.dir, ...parts);
  }

  client(output: string): Promise<NatsConnection> {
    return connectWith(this.outputs[output] as string, this.url);
  }

  /** Every JWT there is: in the state, and on the server. */
  async tokens(): Promise<Record<string, unknown>> {
    const state = Object.entries(await this.stack.openState());
    const storage = state.find(([name]) => name === "LocalServer::dev")?.[1].outputs["storage"];
    const files = readdirSync(storage as string, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".jwt"))
      .map((file) => [basename(file), readFileSync(join(storage as string, file), "utf8")]);
    const signed = state.flatMap(([name, { outputs }]) => {
      const jwt = outputs?.["jwt"];
      return jwt === undefined ? [] : [[name, jwt]];
    });
    expect(files.length).toBeGreaterThan(0);
    expect(signed.length).toBeGreaterThan(files.length);
    return Object.fromEntries([...signed, ...files]);
  }
}

/** The server's words about what a client may not do, as they come. */
function refusalsOf(nc: NatsConnection): string[] {
  const refusals: string[] = [];
  (async () => {
    for await (const status of nc.status()) {
      if (status.type === "error") refusals.push(status.error.message);
    }
  })();
  return refusals;
}

/** Messages that a client gets on a subject. */
async function received(nc: NatsConnection, subject: string): Promise<[string, string][]> {
  const messages: [string, string][] = [];
  nc.subscribe(subject, {
    callback: (error, message) => {
      if (!error) messages.push([message.subject, message.string()]);
    },
  });
  await nc.flush();
  return messages;
}

/** What holds for every example. */
function wholeLife(example: () => Example): void {
  it("compiles as the user's editor sees it", async () => {
    const tsc = example().path("node_modules", "typescript", "bin", "tsc");
    const cwd = example().path();
    const { stdout } = await run(process.execPath, [tsc, "-p", "."], { cwd }).catch((e) => e);
    expect(stdout).toBe("");
  });

  it("changes nothing in a second `up`, and no JWT", async () => {
    const before = await example().tokens();
    const text = await example().up();
    expect(text).toMatch(/Resources:\s+\d+ unchanged/);
    expect(text).not.toMatch(/created|updated|deleted|replaced/);
    expect(await example().tokens()).toEqual(before);
  });

  it(
    "changes nothing when the library gets a later version, and no JWT",
    async () => {
      const before = await example().tokens();
      await npm(example().path(), "install", later, "--prefer-offline");
      const installed = example().path("node_modules", "pulumi-nats-auth", "package.json");
      expect(JSON.parse(readFileSync(installed, "utf8")).version).toBe("0.2.0");
      const changes = await example().stack.changes();
      expect(Object.keys(changes)).toEqual(["same"]);
      expect(await example().up()).toMatch(/Resources:\s+\d+ unchanged/);
      expect(await example().tokens()).toEqual(before);
    },
    installing,
  );

  it("leaves nothing behind after `destroy`", async () => {
    const { outputs } = (await example().stack.state())["LocalServer::dev"] ?? {};
    const { pid } = outputs as { pid: number };
    expect(process.kill(pid, 0)).toBe(true);
    await example().stack.destroy();
    expect(await example().stack.state()).toEqual({});
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    expect(() => readFileSync(example().path("nats", "resolver.conf"))).toThrow(/ENOENT/);
  });
}

describe("examples/quickstart", () => {
  let example: Example;

  beforeAll(async () => {
    example = await Example.start("quickstart");
    await example.up();
  }, installing);
  afterAll(() => example?.stack.end());

  it("delivers what is allowed, and refuses the rest in the server's words", async () => {
    const [api, worker] = [await example.client("creds"), await example.client("workerCreds")];
    const events = await received(worker, "orders.events.>");
    api.publish("orders.events.created", "order 1");
    await until(() => events.length === 1);
    expect(events).toEqual([["orders.events.created", "order 1"]]);

    const refusals = [refusalsOf(api), refusalsOf(worker)];
    api.publish("billing.invoice", "1");
    worker.publish("orders.events.created", "forged");
    await until(() => refusals.every((list) => list.length > 0));
    expect(refusals[0]?.join()).toMatch(/permissions violation for publish to "billing.invoice"/i);
    expect(refusals[1]?.join()).toMatch(/permissions violation for publish to "orders.events/i);
    expect(events).toHaveLength(1);
    await Promise.all([api.close(), worker.close()]);
  });

  wholeLife(() => example);
});

describe("examples/tenants", () => {
  let example: Example;
  let shop: NatsConnection;
  let invoices: NatsConnection;
  let dashboard: NatsConnection;

  beforeAll(async () => {
    example = await Example.start("tenants");
    await example.up();
    shop = await example.client("shopCreds");
    invoices = await example.client("invoicesCreds");
    dashboard = await example.client("dashboardCreds");
  }, installing);
  afterAll(async () => {
    await Promise.all([shop, invoices, dashboard].map((nc) => nc?.close()));
    await example?.stack.end();
  });

  it("gives each tenant what it imports, and nothing else", async () => {
    const billing = await received(invoices, "shop.orders.>");
    const reports = await received(dashboard, "orders.>");
    shop.publish("orders.created", "1");
    shop.publish("orders.paid", "2");
    await until(() => billing.length === 2 && reports.length > 0);
    // What a tenant gets too much would come with the rest.
    await Promise.all([shop.flush(), invoices.flush(), dashboard.flush()]);
    expect(billing).toEqual([
      ["shop.orders.created", "1"],
      ["shop.orders.paid", "2"],
    ]);
    expect(reports).toEqual([["orders.created", "1"]]);
  });

  it("lets billing ask the shop for a price", async () => {
    shop.subscribe("prices.get", { callback: (_error, message) => void message.respond("42") });
    await shop.flush();
    const reply = await invoices.request("prices.get", "book", { timeout: 5_000 });
    expect(reply.string()).toBe("42");
  });

  it("lets the dashboard publish nothing", async () => {
    const refusals = refusalsOf(dashboard);
    dashboard.publish("orders.created", "forged");
    await until(() => refusals.length > 0);
    expect(refusals.join()).toMatch(/permissions violation for publish to "orders.created"/i);
  });

  wholeLife(() => example);
});

describe("examples/rotation", () => {
  let example: Example;

  beforeAll(async () => {
    example = await Example.start("rotation");
    await example.up();
  }, installing);
  afterAll(() => example?.stack.end());

  const set = (...args: string[]) => example.stack.must("config", "set", ...args);
  const admitted = (creds: string | undefined) => admission(creds as string, example.url);

  it("rotates its key with an overlap, drops a leaked one, and revokes a key", async () => {
    const first = example.outputs;
    await set("rotation", "2026-12");
    const { text } = await example.stack.must("preview", "--non-interactive");
    expect(text).toMatch(/signing key A\w+ makes way for a new one, .* work until the first `up`/);
    await example.up();
    const second = example.outputs;
    expect(second["retiredKeys"]).toHaveLength(1);
    expect(await admitted(first["apiCreds"])).toBe("admitted");
    expect(await admitted(first["workerCreds"])).toMatch(/^refused/); // its re-issue revokes
    for (const name of ["apiCreds", "workerCreds"]) {
      expect(second[name]).not.toBe(first[name]);
      expect(await admitted(second[name])).toBe("admitted");
    }

    await set("rotation", "leaked");
    await set("emergency", "true");
    await set("--path", `revocations.${second["workerKey"]}`, "2100-01-01T00:00:00Z");
    await example.up();
    expect(await admitted(first["apiCreds"])).toMatch(/^refused/);
    expect(await admitted(second["apiCreds"])).toMatch(/^refused/);
    expect(await admitted(example.outputs["apiCreds"])).toBe("admitted");
    expect(await admitted(example.outputs["workerCreds"])).toMatch(/^refused/);
    expect(await example.stack.preview()).toEqual([]);
  });

  it("leaves nothing behind after `destroy`", async () => {
    await example.stack.destroy();
    expect(await example.stack.state()).toEqual({});
  });
});

describe("examples/expiry", () => {
  let example: Example;

  beforeAll(async () => {
    example = await Example.start("expiry");
    await example.stack.must("config", "set", "expiresIn", "60s");
    await example.stack.must("config", "set", "renewBefore", "40s");
    await example.up();
  }, installing);
  afterAll(() => example?.stack.end());

  it("renews what is due and nothing else, and says when", async () => {
    const { api, account } = example.outputs["due"] as unknown as Record<string, string>;
    expect(Date.parse(account as string)).toBeGreaterThan(Date.now() + 14 * 24 * 3_600_000);
    const before = await example.tokens();
    const creds = example.stack.file("nats/orders-api.creds");
    await until(() => Date.now() > Date.parse(api as string) + 1_000, 60_000);
    const { text } = await example.stack.must("preview", "--non-interactive");
    expect(text).toMatch(/user "orders-api": its token ends .* and is renewed by an `up` from/);
    await example.up();
    const after = await example.tokens();
    const changed = Object.keys(after).filter((name) => after[name] !== before[name]);
    expect(changed).toEqual(["User::orders-api"]);
    expect(example.stack.file("nats/orders-api.creds")).not.toBe(creds);
    expect(example.stack.file("nats/orders-api.creds")).toBe(example.outputs["apiCreds"]);
  });

  it("leaves nothing behind after `destroy`", async () => {
    await example.stack.destroy();
    expect(await example.stack.state()).toEqual({});
    expect(() => example.stack.file("nats/orders-api.creds")).toThrow(/ENOENT/);
  });
});
