import { decodeToken, operatorFromWire } from "pulumi-nats-auth/claims";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, freePort, Servers } from "../support/nats";
import { Stack } from "../support/stack";

const program = (ports: number[], key: string, limit = 100) => `
const signing = new nats.SigningKey("signing", { kind: "operator", ${key} });
const operator = new nats.Operator("acme", {
  accountServerUrl: "nats://127.0.0.1:${ports[0]}", waitForServer: "5s", signingKeys: [signing],
});
const resolver = new nats.ResolverConfig("acme", { operator, interval: "1s" });
exports.config = resolver.text;
const orders = new nats.Account("orders", { operator, limits: { connections: ${limit} } });
exports.orders = orders.publicKey;
exports.creds = new nats.User("api", { account: orders }).creds;
exports.operator = operator.jwt;
exports.system = operator.systemAccount.jwt;
exports.signer = signing.publicKey;
`;

describe("an operator's signing key that rotates on a cluster of three", () => {
  let stack: Stack;
  let servers: Servers;
  let ports: number[];
  let first: Record<string, string>;

  beforeAll(async () => {
    ports = [await freePort(), await freePort(), await freePort()];
    stack = await Stack.create(program(ports, 'rotation: "1", overlap: "1s"'));
    const { text } = await stack.tryUp();
    expect(text).toMatch(/no nats-server answered/);
    const config = (await stack.state())["ResolverConfig::acme"]?.outputs["text"] as string;
    servers = await Servers.start(config, ports);
    await servers.formed();
    await stack.up();
    first = await stack.outputs();
  });

  afterAll(async () => {
    await servers?.close();
    stack?.close();
  });

  const signers = () =>
    servers.all.map(
      (server) => decodeToken(server.accounts()[first["orders"] as string] ?? "").iss,
    );
  const keysOf = (jwt: string | undefined) => operatorFromWire(decodeToken(jwt ?? "")).signingKeys;
  const everybodyIn = async () => {
    for (const { url } of servers.all) {
      expect(await admission(first["creds"] as string, url)).toBe("admitted");
    }
  };
  const restart = async (index: number, config: string) => {
    const server = servers.all[index] as Servers["all"][number];
    await server.restart((before) => before.slice(0, before.indexOf("# Operator")) + config);
    await servers.formed();
  };

  it("keeps accounts and the system account usable at every step", async () => {
    const old = first["signer"] as string;
    stack.write(program(ports, 'rotation: "2", overlap: "1s"'));
    const rotated = await stack.up();
    expect(rotated.text).toMatch(/servers take it with a restart/);
    const second = await stack.outputs();
    const fresh = second["signer"] as string;
    expect(fresh).not.toBe(old);
    expect(keysOf(second["operator"])?.sort()).toEqual([old, fresh].sort());
    expect(signers()).toEqual([old, old, old]);
    expect(decodeToken(second["system"] as string).iss).toBe(old);
    await everybodyIn();

    // Two of three know the new key: nothing is signed by it yet, and changes still get through.
    await restart(0, second["config"] as string);
    await restart(1, second["config"] as string);
    stack.write(program(ports, 'rotation: "2", overlap: "1s"', 101));
    const half = await stack.up();
    expect(half.text).toMatch(/runs on S3 does not know the signing key/);
    expect(signers()).toEqual([old, old, old]);
    await everybodyIn();

    // All know it. The overlap is over, but accounts are still signed by the old key, so it stays listed once more.
    await restart(2, second["config"] as string);
    await stack.up();
    const third = await stack.outputs();
    expect(signers()).toEqual([fresh, fresh, fresh]);
    expect(decodeToken(third["system"] as string).iss).toBe(fresh);
    expect(keysOf(third["operator"])).toContain(old);
    await everybodyIn();

    await stack.up();
    const fourth = await stack.outputs();
    expect(keysOf(fourth["operator"])).toEqual([fresh]);
    for (const index of [0, 1, 2]) {
      await restart(index, fourth["config"] as string);
      await everybodyIn();
    }
    expect(await stack.preview()).toEqual([]);
    stack.write(program(ports, 'rotation: "2", overlap: "1s"', 102));
    await stack.up();
  });
});
