import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accountFromWire, decodeToken } from "pulumi-nats-auth/claims";
import { generateKeyPair } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, freePort, type Server, Servers } from "../support/nats";
import { OtherTool } from "../support/other-tool";
import { mainJob, operatorFor } from "../support/programs";
import { spelledBackwards } from "../support/secrets";
import { Stack } from "../support/stack";

const all = ["S1", "S2", "S3"];

describe("what others did to accounts on a cluster of three", () => {
  let stack: Stack;
  let servers: Servers;
  let ports: number[];
  let tool: OtherTool;
  let orders: string;
  let creds: Record<"alice" | "bob" | "carl", string>;

  const declared = { connections: 100, more: "", users: ["alice", "bob", "carl"], after: "" };
  const change = (changes: Partial<typeof declared>) => {
    const { connections, more, users, after } = Object.assign(declared, changes);
    stack.write(`
${operatorFor(ports)}
const orders = new nats.Account("orders", {
  operator,
  limits: { connections: ${connections}, payload: "1MiB" },
  tags: ["b", "a"],
  exports: [{ stream: "z.>" }, { service: "a.ask", latency: { sampling: 50, results: "lat.a" } }],
  ${more}
});
const quiet = new nats.Account("quiet", { operator, jetstream: { diskStorage: "10MiB" } });
exports.orders = orders.publicKey;
exports.quiet = quiet.publicKey;
for (const name of ${JSON.stringify(users)}) exports[name] = new nats.User(name, { account: orders }).creds;
${after}
`);
  };

  const copies = (account = orders) => servers.copiesOf(account);
  const copy = () => copies()[0] as string;
  const claimsOf = (jwt: string) => accountFromWire(decodeToken(jwt));
  const expectEqual = () => expect(new Set(copies()).size).toBe(1);
  const expectQuiet = async () => {
    await stack.refresh("--expect-no-changes");
    expect(await stack.preview()).toEqual([]);
  };

  /** Servers compare their accounts so seldom that they do not do it here. */
  const comparedSeldom = (config: string) => config.replace(/interval: .*/, 'interval: "1h"');

  /** Stops one server, does something to its folder, and starts it again. */
  const whileStopped = async (server: Server, work: (file: (key: string) => string) => void) => {
    await server.stop();
    work((account) => join(server.dir, "jwt", `${account}.jwt`));
    await server.start();
    await servers.formed();
  };

  beforeAll(async () => {
    ports = await Promise.all([freePort(), freePort(), freePort()]);
    stack = await Stack.create(operatorFor(ports));
    await stack.up();
    const { config = "" } = await stack.outputs();
    servers = await Servers.start(comparedSeldom(config), ports);
    await servers.formed();
    change({});
    await stack.up();
    const outputs = await stack.outputs();
    orders = outputs["orders"] as string;
    creds = outputs as typeof creds;
    tool = await OtherTool.of(stack, "acme", servers.named("S1").url);
  });

  afterAll(async () => {
    await tool?.close();
    await servers?.close();
    stack?.close();
  });

  it("is nothing on an untouched stack: refresh and preview are quiet", expectQuiet);

  it("is a conflict that names the claim, and nothing is sent", async () => {
    const theirs = tool.sign(copy(), (claims) => ({
      ...claims,
      limits: { ...claims.limits, connections: 7 },
    }));
    await tool.push(theirs, 3);
    change({ connections: 101 });
    const { code, text } = await stack.tryUp();
    expect(code).not.toBe(0);
    expect(text).toMatch(
      /account "orders" \(A\w+\) was changed by somebody else on S1, S2, S3 \(issued .* by O\w+\): limits\.connections\. Nothing was sent\..*\[ERR_CONFLICT\]/s,
    );
    expect(copies()).toEqual([theirs, theirs, theirs]);
    // Nor by trying again.
    expect((await stack.tryUp()).text).toContain("[ERR_CONFLICT]");
    expect(copies()).toEqual([theirs, theirs, theirs]);
  });

  it('is overwritten with `conflict: "overwrite"`', async () => {
    change({ connections: 102, more: 'conflict: "overwrite",' });
    await stack.up();
    expectEqual();
    expect(claimsOf(copy()).limits?.connections).toBe(102);
    change({ more: "" });
    await stack.up();
    await expectQuiet();
  });

  it("is found by refresh: the next preview names what changed and nothing else, and `up` repairs it", async () => {
    const theirs = tool.sign(copy(), ({ description: _, exports = [], ...claims }) => ({
      ...claims,
      limits: { ...claims.limits, connections: 5 },
      tags: ["a", "b", "theirs"],
      exports: exports.map((one) => (one.service ? { ...one, tokenRequired: true } : one)),
    }));
    await tool.push(theirs, 3);
    const { text } = await stack.refresh();
    expect(text).toMatch(/~ .*nats:Account orders/);
    expect(text).toMatch(
      /warning: account "orders": S2 runs .* limits\.connections: 5 instead of 102/,
    );
    expect((await stack.state())["Account::orders"]?.outputs["drift"]).toEqual(
      all.map((name) => expect.stringMatching(`^${name} runs a copy that somebody else changed: `)),
    );
    // Again, nothing is forgotten, nor found twice.
    await stack.refresh();
    const steps = await stack.preview();
    expect(steps).toEqual([
      {
        op: "update",
        resource: "Account::orders",
        paths: {
          "limits.connections": "update",
          "tags[2]": "delete",
          "exports[1].tokenRequired": "delete",
        },
      },
    ]);
    await stack.up();
    expectEqual();
    expect(claimsOf(copy())).toMatchObject({ limits: { connections: 102 }, tags: ["a", "b"] });
    expect(claimsOf(copy()).exports?.some((one) => one.tokenRequired)).toBe(false);
    await expectQuiet();
  });

  it("is no conflict and no drift when it is a revocation: it is told, and kept", async () => {
    const { publicKey } = generateKeyPair("user");
    const time = Math.floor(Date.now() / 1000);
    await tool.push(
      tool.sign(copy(), (claims) => ({ ...claims, revocations: { [publicKey]: time } })),
      3,
    );
    const { text } = await stack.refresh("--expect-no-changes");
    expect(text).toContain(`account "orders": the servers also revoke ${publicKey}; that is kept`);
    expect(await stack.preview()).toEqual([]);
    change({ connections: 103 });
    await stack.up();
    expectEqual();
    expect(Object.keys(claimsOf(copy()).revocations ?? {})).toEqual([publicKey]);
  });

  it("is no conflict when our own user was deleted before", async () => {
    change({ users: ["alice", "carl"] });
    await stack.up();
    expect(Object.keys(claimsOf(copy()).revocations ?? {})).toHaveLength(2);
    change({ connections: 104 });
    await stack.up();
    expectEqual();
    expect(claimsOf(copy()).limits?.connections).toBe(104);
    await expectQuiet();
    for (const { url } of servers.all) {
      expect(await admission(creds.alice, url)).toBe("admitted");
      expect(await admission(creds.bob, url)).toMatch(/^refused/);
    }
  });

  it("is not taken for ours when the account is there before: neither overwritten, nor removed", async () => {
    const taken = generateKeyPair("account");
    const theirs = tool.create(taken.publicKey, { name: "taken", limits: { connections: 9 } });
    await tool.push(theirs, 3);
    change({
      after: `new nats.Account("taken", {
  operator, key: new nats.KeyPair("taken", { kind: "account", seed: ${spelledBackwards(taken.seed)} }),
});`,
    });
    for (const _ of ["at first", "and again"]) {
      const { code, text } = await stack.tryUp();
      expect(code).not.toBe(0);
      expect(text).toMatch(
        /account "taken" \(A\w+\) is there already on S1, S2, S3, and says something else \(.*\): limits\.connections\. Nothing was sent\..*\[ERR_CONFLICT\]/s,
      );
    }
    change({ after: "" });
    const { text } = await stack.up();
    expect(text).toContain("stays as it is on its servers: it is somebody else's");
    expect(copies(taken.publicKey)).toEqual([theirs, theirs, theirs]);
  });

  it("is named by server when one lost its file, and repaired by `up`", async () => {
    await whileStopped(servers.named("S3"), (file) => rmSync(file(orders)));
    await stack.refresh();
    expect((await stack.state())["Account::orders"]?.outputs["drift"]).toEqual([
      "S3 lost its copy and got it from another server",
    ]);
    const steps = await stack.preview();
    expect(steps.map(({ op, resource }) => [op, resource])).toEqual([
      ["update", "Account::orders"],
    ]);
    const { text } = await stack.up();
    expect(text).toContain('account "orders": S3 lost its copy and got it from another server');
    expectEqual();
    expect(copy()).toBeDefined();
    await expectQuiet();
  });

  it("is named by server when one runs an older copy, another an altered one, and repaired by `up`", async () => {
    const older = copies()[2] as string;
    change({ connections: 105 });
    await stack.up();
    const { quiet = "" } = await stack.outputs();
    const altered = tool.sign(copies(quiet)[1] as string, (claims) => ({ ...claims, tags: ["x"] }));
    await whileStopped(servers.named("S3"), (file) => writeFileSync(file(orders), older));
    await whileStopped(servers.named("S2"), (file) => writeFileSync(file(quiet), altered));
    await stack.refresh();
    const state = await stack.state();
    expect(state["Account::orders"]?.outputs["drift"]).toEqual([
      expect.stringMatching(
        /^S3 runs an older copy \(issued .*\): limits\.connections: 104 instead of 105$/,
      ),
    ]);
    expect(state["Account::quiet"]?.outputs["drift"]).toEqual([
      'S2 runs a copy that somebody else changed: tags: ["x"] instead of nothing',
    ]);
    expect(copies()[2]).toBe(older);
    await stack.up();
    expectEqual();
    expect(claimsOf(copy()).limits?.connections).toBe(105);
    expect(new Set(copies(quiet)).size).toBe(1);
    expect(claimsOf(copies(quiet)[0] as string).tags).toBeUndefined();
    await expectQuiet();
  });

  it("does not stop a refresh while servers are away, and that is said", async () => {
    change({ users: ["alice"] });
    await stack.up();
    await expectQuiet(); // which is when the state comes to know whom `up` revoked

    await servers.named("S3").stop();
    const one = await stack.refresh("--expect-no-changes");
    expect(one.text).toContain('account "orders": S3 did not answer, so it was not compared');
    await Promise.all(servers.all.map((server) => server.stop()));
    const none = await stack.refresh("--expect-no-changes");
    expect(none.text).toMatch(
      /account "orders" was not compared with its servers: (no nats-server answered at .* for 3 s|.* is away)/,
    );
    expect(await stack.preview()).toEqual([]);
  });

  it("is undone by `up --refresh` when all three were emptied: the same identities come back, and nobody else", async () => {
    const identities = await keys();
    for (const { dir } of servers.all) rmSync(join(dir, "jwt"), { recursive: true, force: true });
    await servers.startAll();
    await servers.formed();
    expect(await admission(creds.alice, servers.named("S1").url)).toMatch(/^refused/);
    await stack.up("--refresh");
    expect(await keys()).toEqual(identities);
    const { quiet = "" } = await stack.outputs();
    for (const account of [orders, quiet]) {
      expect(copies(account)).toEqual(Array(3).fill(expect.stringMatching(/^ey/)));
      expect(new Set(copies(account)).size).toBe(1);
    }
    for (const { url } of servers.all) {
      expect(await admission(creds.alice, url)).toBe("admitted");
      for (const gone of [creds.bob, creds.carl]) {
        expect(await admission(gone, url)).toMatch(/^refused/);
      }
    }
    await expectQuiet();
  });

  /** The public keys of everything in the state. */
  const keys = async () =>
    Object.fromEntries(
      Object.entries(await stack.state())
        .filter(([, { outputs }]) => outputs?.["publicKey"] !== undefined)
        .map(([name, { outputs }]) => [name, outputs["publicKey"]]),
    );
});

describe("a stack with a LocalServer", () => {
  it("refreshes quietly", async () => {
    const stack = await Stack.create(mainJob(await freePort()));
    try {
      await stack.up();
      await stack.refresh("--expect-no-changes");
      expect(await stack.preview()).toEqual([]);
    } finally {
      await stack.end();
    }
  });
});
