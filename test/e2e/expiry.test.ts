import { statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { decodeToken, formatInstant } from "pulumi-nats-auth/claims";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrap } from "../support/bootstrap";
import { admission, freePort, type Server, type Servers } from "../support/nats";
import { operatorFor } from "../support/programs";
import { Sessions } from "../support/sessions";
import type { Stack } from "../support/stack";

const program = (port: number) => `
${operatorFor([port])}
const orders = new nats.Account("orders", { operator, expiresIn: "300s" });
const user = (name, args) => new nats.User(name, { account: orders, ...args });
const short = user("short", { expiresIn: "150s", renewBefore: "90s", credsPath: "short.creds" });
const long = user("long", { expiresIn: "90d" });
exports.account = orders.jwt;
exports.short = short.creds;
exports.long = long.creds;
exports.due = { account: orders.renewsAt, short: short.renewsAt, long: long.renewsAt };
`;

// Seconds in which several commands must start: there is room for a slow machine.
describe("what expires", { timeout: 10 * 60_000 }, () => {
  let stack: Stack;
  let servers: Servers;
  let server: Server;
  let port: number;
  let first: Record<string, string>;
  let sessions: Sessions;

  const due = (name: string) =>
    Date.parse((first["due"] as unknown as Record<string, string>)[name] as string);
  const untilDue = (name: string) => sleep(Math.max(0, due(name) - Date.now()) + 1_000);
  const expectNoChanges = () =>
    stack.run("preview", "--expect-no-changes", "--non-interactive").then(({ code }) => code);

  beforeAll(async () => {
    port = await freePort();
    ({ stack, servers } = await bootstrap([port]));
    server = servers.all[0] as Server;
    stack.write(program(port));
    await stack.up();
    first = await stack.outputs();
    sessions = await Sessions.open({ long: first["long"] as string }, [server]);
  });

  afterAll(async () => {
    await sessions?.close();
    await servers?.close();
    stack?.close();
  });

  it("changes nothing until it is due, then is renewed and nothing else; its file is replaced in one step", async () => {
    expect(Date.now()).toBeLessThan(due("short"));
    expect(await expectNoChanges()).toBe(0);
    await untilDue("short");
    expect(await expectNoChanges()).not.toBe(0);
    const { text } = await stack.must("preview", "--non-interactive");
    const end = formatInstant(decodeToken(jwtIn(first["short"])).exp as number);
    expect(text).toMatch(
      new RegExp(
        `user "short": its token ends ${end}; the new one ends \\S+, and is renewed by an \`up\` from \\S+ on`,
      ),
    );
    expect((await stack.preview()).map(({ resource }) => resource)).toEqual(["User::short"]);
    const before = statSync(stack.path("short.creds"));
    await stack.up();
    const after = await stack.outputs();
    expect(after).toMatchObject({ account: first["account"], long: first["long"] });
    expect(after["short"]).not.toBe(first["short"]);
    expect(stack.file("short.creds")).toBe(after["short"]);
    expect(statSync(stack.path("short.creds")).ino).not.toBe(before.ino);
    expect(await admission(after["short"] as string, server.url)).toBe("admitted");
  });

  it("is said and renewed for an account without closing a session", async () => {
    await untilDue("account");
    const { text } = await stack.must("preview", "--non-interactive");
    expect(text).toMatch(
      /account "orders": its token ends \S+; the new one ends \S+, and is renewed by an `up` from \S+ on; no session is closed by that/,
    );
    const changed = (await stack.preview()).map(({ resource }) => resource);
    // The short user may be due again by now.
    expect(changed.filter((name) => name !== "User::short")).toEqual(["Account::orders"]);
    expect(await sessions.during(() => stack.up())).toEqual({ long: "kept" });
    const { account, long } = await stack.outputs();
    expect(long).toBe(first["long"]);
    const [old, renewed] = [first["account"], account].map(
      (jwt) => decodeToken(jwt ?? "").exp ?? 0,
    );
    expect(renewed).toBeGreaterThan(old as number);
  });
});

function jwtIn(creds: string | undefined): string {
  return /eyJ[\w.-]+/.exec(creds ?? "")?.[0] ?? "";
}
