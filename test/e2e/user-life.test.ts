import { linkSync, statSync, writeFileSync } from "node:fs";
import type { NatsConnection } from "@nats-io/transport-node";
import { accountFromWire, decodeToken } from "pulumi-nats-auth/claims";
import { parseCreds } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrap } from "../support/bootstrap";
import { admission, connectWith, freePort, type Server, type Servers } from "../support/nats";
import { processes } from "../support/processes";
import { operatorFor } from "../support/programs";
import type { Stack } from "../support/stack";
import { connectAsSystem, watchPushes } from "../support/system";

const many = 20;

/** The program before and after the change that most tests look at. */
function program(port: number, { changed = false, closing = true } = {}): string {
  return `
${operatorFor([port])}
const orders = new nats.Account("orders", { operator });
exports.orders = orders.publicKey;
exports.sys = operator.systemAccount.publicKey;
const user = (name, args) => exports[name] = new nats.User(name, { account: orders, ...args }).creds;
user("stays", {});
user("app", { permissions: { publish: ["${changed ? "shop.>" : "orders.>"}"] }, credsPath: "nats/app.creds" });
const crowd = new nats.Account("crowd", { operator });
exports.crowd = crowd.publicKey;
${closing ? 'exports.closing = new nats.Account("closing", { operator }).publicKey;' : ""}
${
  changed
    ? ""
    : `user("leaves", { credsPath: "nats/leaves.creds" });
user("handed", { credsPath: "nats/handed.creds" });
exports.all = [...Array(${many}).keys()].map((i) => new nats.User("crowd" + i, { account: crowd }).creds);`
}
`;
}

/** What a creds file says, without what is secret in it. */
function read(creds: string) {
  const { iat, sub, nats } = decodeToken(parseCreds(creds).jwt);
  return { issuedAt: iat, publicKey: sub, body: nats };
}

describe("the life of users", () => {
  let stack: Stack;
  let servers: Servers;
  let server: Server;
  let port: number;
  let before: Record<string, string>;
  let after: Record<string, string>;
  let sessions: { leaves: NatsConnection; stays: NatsConnection };
  let pushed: string[];

  const file = (name: string) => statSync(stack.path(`nats/${name}.creds`));
  const revokedIn = (account: string | undefined) =>
    Object.keys(
      accountFromWire(decodeToken(server.accounts()[account ?? ""] ?? "")).revocations ?? {},
    );

  beforeAll(async () => {
    port = await freePort();
    ({ stack, servers } = await bootstrap([port]));
    server = servers.all[0] as Server;
    stack.write(program(port));
    await stack.up();
    before = await stack.outputs();
  });

  afterAll(async () => {
    await servers?.close();
    stack?.close();
  });

  it("writes creds for their owner only", () => {
    expect(file("app").mode & 0o777).toBe(0o600);
    expect(stack.file("nats/app.creds")).toBe(before["app"]);
  });

  it("applies removed users and a changed one", async () => {
    sessions = {
      leaves: await connectWith(before["leaves"] as string, server.url),
      stays: await connectWith(before["stays"] as string, server.url),
    };
    linkSync(stack.path("nats/app.creds"), stack.path("nats/old-app.creds"));
    writeFileSync(stack.path("nats/handed.creds"), "somebody else's");
    const system = await connectAsSystem(await stack.openState(), "acme", server.url);
    pushed = await watchPushes(system);
    stack.write(program(port, { changed: true }));
    await stack.up();
    after = await stack.outputs();
    await system.close();
  });

  it("closes a deleted user's session and lets it in no more", async () => {
    expect(String(await sessions.leaves.closed())).toMatch(/revoked|closed/i);
    expect(await admission(before["leaves"] as string, server.url)).toMatch(/^refused/);
    expect(sessions.stays.isClosed()).toBe(false);
    await sessions.stays.flush();
    await sessions.stays.close();
  });

  it(`revokes ${many} users together`, async () => {
    const all = before["all"] as unknown as string[];
    expect(revokedIn(after["crowd"]).sort()).toEqual(all.map((one) => read(one).publicKey).sort());
    for (const one of all) expect(await admission(one, server.url)).toMatch(/^refused/);
    const ofCrowd = pushed.filter((jwt) => decodeToken(jwt).sub === after["crowd"]);
    expect(ofCrowd.length).toBeGreaterThan(0);
    // How many arrive together is up to the engine: it deletes four per processor at once.
    expect(ofCrowd.length).toBeLessThan(many);
  });

  it("re-issues a changed user under the same key", async () => {
    const [old, now] = [read(before["app"] as string), read(after["app"] as string)];
    expect(now.publicKey).toBe(old.publicKey);
    expect(now.issuedAt).toBeGreaterThan(old.issuedAt);
    expect(now.body).toMatchObject({ pub: { allow: ["shop.>"] } });
    expect(await admission(after["app"] as string, server.url)).toBe("admitted");
    expect(revokedIn(after["orders"])).not.toContain(now.publicKey);
  });

  it("replaces a creds file in one step, removes it with the user, and leaves another's alone", () => {
    expect(stack.file("nats/app.creds")).toBe(after["app"]);
    expect(file("app").mode & 0o777).toBe(0o600);
    // Overwritten in place, the old name would show the new text.
    expect(stack.file("nats/old-app.creds")).toBe(before["app"]);
    expect(() => file("leaves")).toThrow(/ENOENT/);
    expect(stack.file("nats/handed.creds")).toBe("somebody else's");
  });

  it("keeps an account locked where servers do not allow deletion, and says so", async () => {
    await server.restart((config) => config.replace("allow_delete: true", "allow_delete: false"));
    stack.write(program(port, { changed: true, closing: false }));
    const { text } = await stack.up();
    expect(text).toMatch(
      /account "closing" .* is locked .* not deleted: locked until \d{4}-\S+; S1 says ".*delete must be enabled.*" \(`allowDelete` of ResolverConfig/,
    );
    const closing = server.accounts()[after["closing"] as string];
    expect(accountFromWire(decodeToken(closing ?? ""))).toMatchObject({
      limits: { connections: 0 },
      expiresAt: expect.any(String),
    });
    await server.restart((config) => config.replace("allow_delete: false", "allow_delete: true"));
  });

  it("leaves no account on the server after `destroy`, no file and no process", async () => {
    await stack.destroy();
    expect(await stack.state()).toEqual({});
    const locked = after["closing"] as string;
    expect(Object.keys(server.accounts()).sort()).toEqual([after["sys"], locked].sort());
    expect(() => file("app")).toThrow(/ENOENT/);
    const left = () => processes().filter(({ folder }) => folder === stack.dir);
    expect(left().filter(({ command }) => command.includes("nats-server"))).toEqual([]);
    // Those of Pulumi itself may be about to end.
    await expect.poll(left).toEqual([]);
    for (const creds of [after["stays"], after["app"]]) {
      expect(await admission(creds as string, server.url)).toMatch(/^refused/);
    }
  });
});
