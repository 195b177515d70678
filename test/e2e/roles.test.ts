import { accountFromWire, decodeToken, userFromWire } from "pulumi-nats-auth/claims";
import { parseCreds } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectWith, freePort, until } from "../support/nats";
import { Stack } from "../support/stack";

const service = `{ name: "service", permissions: { publish: ["orders.{{name()}}.>"], subscribe: ["_INBOX.>", "team.{{tag(team)}}"] } }`;

const program = (
  port: number,
  changes: Partial<Record<"role" | "user" | "operator" | "more", string>> = {},
) => `
const operator = new nats.Operator("acme", { accountServerUrl: "nats://127.0.0.1:${port}", ${changes.operator ?? ""} });
const resolver = new nats.ResolverConfig("acme", { operator });
const server = new nats.LocalServer("dev", { config: resolver });
const service = new nats.SigningKey("service", { kind: "account", role: ${changes.role ?? service} });
const orders = new nats.Account("orders", { operator, signingKeys: [service] }, { dependsOn: server });
const api = new nats.User("api", { account: orders, signingKey: service, ${changes.user ?? 'tags: ["team:blue"],'} });
exports.creds = api.creds;
exports.account = orders.jwt;
exports.handle = orders.handle;
${changes.more ?? ""}
`;

describe("a signing key with a role", () => {
  let stack: Stack;
  let port: number;
  let creds: string;

  beforeAll(async () => {
    port = await freePort();
    stack = await Stack.create(program(port));
    await stack.up();
    creds = (await stack.outputs())["creds"] as string;
  });

  afterAll(() => stack?.end());

  const url = () => `nats://127.0.0.1:${port}`;

  /** What the server says of publishing to these subjects. */
  async function refusals(...subjects: string[]): Promise<string[]> {
    const nc = await connectWith(creds, url());
    const heard: string[] = [];
    void (async () => {
      for await (const status of nc.status()) {
        if (status.type === "error") heard.push(String(status.error.message));
      }
    })();
    for (const subject of subjects) nc.publish(subject);
    await nc.flush();
    await nc.close();
    return heard;
  }

  it("says what its users may do, each under its own name", async () => {
    const said = await refusals("orders.api.new", "orders.other.new", "else");
    expect(said).toHaveLength(2);
    expect(said.join()).toMatch(/publish to "orders\.other\.new"|"orders\.other\.new"/i);
    expect(userFromWire(decodeToken(parseCreds(creds).jwt))).toMatchObject({ scoped: true });
  });

  it("changes what they may do at once: the account is signed anew, no user is", async () => {
    const nc = await connectWith(creds, url());
    const changed = service.replace("orders.{{name()}}.>", "shop.{{name()}}.>");
    stack.write(program(port, { role: changed }));
    const steps = await stack.preview();
    expect(steps).toEqual([
      {
        op: "update",
        resource: "Account::orders",
        paths: { "signingKeys[0].template.permissions.publish[0]": "update" },
      },
    ]);
    await stack.up();
    await until(() => nc.isClosed());
    expect((await stack.outputs())["creds"]).toBe(creds);
    expect(await refusals("shop.api.new")).toEqual([]);
    expect(await refusals("orders.api.new")).toHaveLength(1);
  });

  it("is the only place for what its users may do", async () => {
    stack.write(
      program(port, { user: 'tags: ["team:blue"], permissions: { publish: ["x"] }, bearer: true' }),
    );
    const { code, text } = await stack.run("preview", "--non-interactive");
    expect(code).not.toBe(0);
    expect(text).toMatch(/permissions: must be left out: a scoped key signs, whose template says/);
    expect(text).toMatch(/bearer: must be left out/);
  });

  it("warns of a user that its placeholders do not fit, and refuses it where warnings are errors", async () => {
    stack.write(program(port, { role: service, user: "" }));
    const warned = await stack.run("preview", "--non-interactive");
    const problem =
      /account\.signer\.role: "service" does not fit this user: its permissions\.subscribe\[1\] .*team/;
    expect(warned.code).toBe(0);
    expect(warned.text).toMatch(problem);

    stack.write(program(port, { role: service, user: "", operator: "strict: true" }));
    const refused = await stack.run("preview", "--non-interactive");
    expect(refused.code).not.toBe(0);
    expect(refused.text).toMatch(problem);
  });

  it("keeps its template out of the state of its users, and out of their secrets", async () => {
    const state = await stack.openState();
    const inputs = state["User::api"]?.inputs as { account: { signer: Record<string, string> } };
    const { signer } = inputs.account;
    expect(Object.keys(signer).sort()).toEqual(["publicKey", "role", "seed"]);
    expect(signer["role"]).toBe("service");
  });

  it("gives its role also to users of another stack, which has the account's plain data", async () => {
    const { account } = await stack.outputs();
    const listed = accountFromWire(decodeToken(account as string)).signingKeys;
    expect(listed).toEqual([
      expect.objectContaining({
        role: "service",
        template: expect.objectContaining({ permissions: expect.anything() }),
      }),
    ]);
    const { outputs = {} } = (await stack.openState())["SigningKey::service"] ?? {};
    const { publicKey, seed } = outputs;
    const handle = {
      publicKey: decodeToken(account as string).sub,
      signer: { publicKey, seed, role: { name: "service" } },
    };
    const other = await Stack.create(
      `exports.creds = new nats.User("app", { account: ${JSON.stringify(handle)} }).creds;`,
    );
    try {
      await other.up();
      const app = (await other.outputs())["creds"] as string;
      expect(userFromWire(decodeToken(parseCreds(app).jwt))).toMatchObject({ scoped: true });
    } finally {
      other.close();
    }
  });
});
