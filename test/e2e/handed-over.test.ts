import { decodeToken, type TokenClaims } from "pulumi-nats-auth/claims";
import { parseCreds } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, freePort } from "../support/nats";
import { Stack } from "../support/stack";

/** A strict operator, and what another stack makes of its plain data: a `StackReference` hands out such outputs. */
function program(url: string, { system = "SYS", people = true } = {}): string {
  return `
const operator = new nats.Operator("strict", {
  accountServerUrl: "${url}", waitForServer: "10s", requireSigningKeys: true, systemAccount: { name: "${system}" },
});
const resolver = new nats.ResolverConfig("strict", { operator });
const server = new nats.LocalServer("dev", { config: resolver });
const handed = pulumi.secret(pulumi.output(operator.handle));

const signing = new nats.SigningKey("orders-signing", { kind: "account" });
const orders = new nats.Account("orders", { operator: handed, signingKeys: [signing] }, { dependsOn: server });
exports.signing = signing.publicKey;
exports.orders = orders.publicKey;
exports.stays = new nats.User("stays", { account: orders }).creds;
const plain = pulumi.all([orders.handle, operator.handle]);
const account = pulumi.secret(plain.apply(([handle, operator]) => ({ ...handle, operator })));
exports.handedStays = new nats.User("handed-stays", { account }).creds;
${
  people
    ? `
exports.handedLeaves = new nats.User("handed-leaves", { account }).creds;
exports.admin = new nats.User("admin", { account: operator.systemAccount }).creds;`
    : ""
}
`;
}

describe("an operator that is handed over as an output", () => {
  let stack: Stack;
  let url: string;
  let creds: Record<string, string>;

  const admit = (name: string) => admission(creds[name] as string, url);
  const claims = (name: string): TokenClaims => decodeToken(parseCreds(creds[name] as string).jwt);

  beforeAll(async () => {
    url = `nats://127.0.0.1:${await freePort()}`;
    stack = await Stack.create(program(url));
    await stack.up();
    creds = await stack.outputs();
  });

  afterAll(() => stack?.end());

  it("is as strict as it is: signing keys sign the users, not identities", async () => {
    for (const name of ["stays", "handedStays", "handedLeaves"]) {
      expect(claims(name).iss).toBe(creds["signing"]);
      expect(claims(name).nats).toMatchObject({ issuer_account: creds["orders"] });
      expect(await admit(name)).toBe("admitted");
    }
    expect(await admit("admin")).toBe("admitted");
  });

  it("revokes deleted users of an account that is handed over with it", async () => {
    stack.write(program(url, { people: false }));
    await stack.up();
    expect(await admit("handedLeaves")).toMatch(/^refused/);
    expect(await admit("admin")).toMatch(/^refused/);
    expect(await admit("handedStays")).toBe("admitted");
  });

  it("keeps deleted users of the system account out when that is signed anew", async () => {
    const pid = (await stack.state())["LocalServer::dev"]?.outputs["pid"];
    stack.write(program(url, { people: false, system: "SYSTEM" }));
    await stack.up();
    const state = await stack.openState();
    expect(state["LocalServer::dev"]?.outputs["pid"]).not.toBe(pid);
    expect(decodeToken(state["Account::strict-sys"]?.outputs["jwt"] as string).name).toBe("SYSTEM");
    expect(await admit("admin")).toMatch(/^refused/);
    expect(await admit("handedLeaves")).toMatch(/^refused/);
    expect(await admit("stays")).toBe("admitted");
  });
});
