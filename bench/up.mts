/**
 * `pulumi up` of 20 accounts and 100 users on a real nats-server against empty dynamic resources, and
 * what the accounts and users weigh in the state.
 *
 * Operator, resolver configuration and server are there already, in a first `up` that is not measured (the
 * floor has as many empty resources there). Measured is the `up` that adds accounts and users: each is signed, each
 * account is pushed and confirmed. The floor makes as many resources as that `up` registers, keys included.
 */

import { createServer } from "node:net";
import { Stack, type StateResource } from "./stack.mts";

const ACCOUNTS = 20;
const USERS = 100;
const ROUNDS = 5;
const SMALL_ROUNDS = 2;
const REQUIRED_RATIO = 1.3;
/** What pushing may make of an `up` that only signs. */
const REQUIRED_PUSH_RATIO = 1.2;

const ours = `
const pulumi = require("@pulumi/pulumi");
const nats = require("pulumi-nats-auth");
const config = new pulumi.Config();

const port = config.requireNumber("port");
const accountServerUrl = config.getBoolean("push") ? "nats://127.0.0.1:" + port : undefined;
const operator = new nats.Operator("acme", { accountServerUrl });
const resolver = new nats.ResolverConfig("acme", { operator });
const server = new nats.LocalServer("dev", { config: resolver, dir: "server", port });
const accounts = config.getBoolean("all") ? ${ACCOUNTS} : 0;
for (let i = 1; i <= accounts; i++) {
  const account = new nats.Account("tenant-" + i, {
    operator,
    limits: { connections: 100, payload: "1MiB" },
    jetstream: { diskStorage: "10GiB", streams: 20 },
    exports: [{ stream: "orders.events.>" }],
  }, { dependsOn: server });
  for (let j = 1; j <= ${USERS / ACCOUNTS}; j++) {
    new nats.User("tenant-" + i + "-service-" + j, {
      account,
      permissions: { publish: ["orders.>"], subscribe: ["_INBOX.>"] },
      expiresIn: "90d",
      renewBefore: "30d",
    });
  }
}
`;

/** The floor: the hooks that ours have, doing nothing. One provider for all, which the SDK serializes once. */
const empty = `
const pulumi = require("@pulumi/pulumi");
const config = new pulumi.Config();

const provider = {
  check: async (olds, news) => ({ inputs: news }),
  diff: async (id, olds, news) => ({ changes: false }),
  create: async (inputs) => ({ id: "empty", outs: {} }),
  update: async (id, olds, news) => ({ outs: {} }),
  delete: async (id, props) => {},
};
class Empty extends pulumi.dynamic.Resource {
  constructor(name) {
    super(provider, name, {});
  }
}
const number = config.requireNumber("before") + (config.getBoolean("all") ? config.requireNumber("more") : 0);
for (let i = 1; i <= number; i++) new Empty("empty-" + i);
`;

interface Measured {
  seconds: number;
  /** What was there before, and what the measured `up` added. */
  before: number;
  added: number;
  resources: StateResource[];
}

async function measure(program: string, config: Record<string, string>): Promise<Measured> {
  const stack = await Stack.create(program);
  try {
    for (const [name, value] of Object.entries(config)) await stack.config(name, value);
    await stack.up();
    const before = natsOrEmpty(await stack.resources()).length;
    await stack.config("all", "true");
    const seconds = await stack.up();
    const resources = natsOrEmpty(await stack.resources());
    return { seconds, before, added: resources.length - before, resources };
  } finally {
    await stack.end();
  }
}

/** Without the stack and the provider, which every program has. */
function natsOrEmpty(resources: StateResource[]): StateResource[] {
  return resources.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic"));
}

export interface UpResult {
  /** Seconds of the measured `up`: the least of the rounds, because other work on the machine can only add to it. */
  ours: number;
  floor: number;
  /** With a resource for each account and user only, none for the accounts' keys. */
  smallFloor: number;
  required: number;
  /** The same program where no account server is named: everything is signed, nothing pushed. */
  unpushed: number;
  pushRatio: number;
  requiredPush: number;
  /** Resources that our `up` made. */
  added: number;
  /** Bytes of the largest account with its key, and of the largest user. */
  accountBytes: number;
  userBytes: number;
}

export async function benchUp(): Promise<UpResult> {
  const times = {
    ours: [] as number[],
    unpushed: [] as number[],
    floor: [] as number[],
    small: [] as number[],
  };
  const measureOurs = async () => {
    const measured = await measure(ours, { port: `${await freePort()}`, push: "true" });
    times.ours.push(measured.seconds);
    return measured;
  };
  const measureUnpushed = async () => {
    const { seconds } = await measure(ours, { port: `${await freePort()}` });
    times.unpushed.push(seconds);
  };
  const measureFloor = async (list: number[], before: number, more: number) => {
    const { seconds, added } = await measure(empty, { before: `${before}`, more: `${more}` });
    if (added !== more) throw new Error(`${added} resources in place of ${more}`);
    list.push(seconds);
  };
  const { before, added, resources } = await measureOurs();
  // In turns, each first as often as the other, so that a busy time of the machine is shared.
  for (let round = 0; round < ROUNDS; round++) {
    const oursFirst = round % 2 === 0;
    if (oursFirst && round > 0) await measureOurs();
    if (oursFirst) await measureUnpushed();
    await measureFloor(times.floor, before, added);
    if (!oursFirst) await measureUnpushed();
    if (!oursFirst) await measureOurs();
    if (round < SMALL_ROUNDS) await measureFloor(times.small, before, ACCOUNTS + USERS);
  }
  return {
    ours: Math.min(...times.ours),
    floor: Math.min(...times.floor),
    smallFloor: Math.min(...times.small),
    required: REQUIRED_RATIO,
    unpushed: Math.min(...times.unpushed),
    // Of neighbours, and their median: both ran at the same time of the machine.
    pushRatio: median(times.ours.map((value, round) => value / (times.unpushed[round] ?? 0))),
    requiredPush: REQUIRED_PUSH_RATIO,
    added,
    ...stateBytes(resources),
  };
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function stateBytes(resources: StateResource[]): { accountBytes: number; userBytes: number } {
  const bytes = new Map(
    resources.map((resource) => [
      resource.urn.split("dynamic/nats:").at(-1) as string,
      Buffer.byteLength(JSON.stringify(resource)),
    ]),
  );
  const largest = (kind: string, more = (_name: string) => 0) =>
    Math.max(
      ...[...bytes]
        .filter(([name]) => name.startsWith(`${kind}::tenant-`))
        .map(([name, size]) => size + more(name)),
    );
  return {
    accountBytes: largest(
      "Account",
      (name) => bytes.get(`${name.replace("Account", "KeyPair")}-key`) ?? Number.NaN,
    ),
    userBytes: largest("User"),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

if (import.meta.filename === process.argv[1]) console.log(await benchUp());
