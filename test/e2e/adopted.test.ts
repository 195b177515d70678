import { accountFromWire, decodeToken, signOperator } from "pulumi-nats-auth/claims";
import { generateKeyPair, parseCreds, signerFromSeed } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, freePort } from "../support/nats";
import { Stack } from "../support/stack";

// These seeds are somewhere else; the program knows the public keys.
const identity = generateKeyPair("operator");
const system = generateKeyPair("account");
const orders = generateKeyPair("account");
const [signing, next] = [generateKeyPair("operator"), generateKeyPair("operator")];

/** What the keeper of the identity key does. */
const signedElsewhere = (keys: string[]) =>
  signOperator({
    publicKey: identity.publicKey,
    claims: {
      name: "acme",
      signingKeys: keys,
      systemAccount: system.publicKey,
      requireSigningKeys: true,
    },
    signer: signerFromSeed(identity.seed),
    issuedAt: Math.floor(Date.now() / 1000),
  });

interface Changes {
  jwt?: string;
  signingKeys?: string;
  operator?: string;
  rotation?: string;
  account?: string;
  leaver?: string;
}

const program = (port: number, changes: Changes = {}) => `
const adopted = (name, seed) => new nats.SigningKey(name, { kind: "operator", seed: pulumi.secret(seed) });
const signing = adopted("signing", "${signing.seed}");
const next = adopted("next", "${next.seed}");
const operator = new nats.Operator("acme", {
  key: { publicKey: "${identity.publicKey}" },
  ${changes.jwt === undefined ? "" : `jwt: "${changes.jwt}",`}
  signingKeys: ${changes.signingKeys ?? "[signing]"},
  requireSigningKeys: true,
  systemAccount: { key: { publicKey: "${system.publicKey}" } },
  accountServerUrl: "nats://127.0.0.1:${port}",
  ${changes.operator ?? ""}
});
const resolver = new nats.ResolverConfig("acme", { operator });
const server = new nats.LocalServer("dev", { config: resolver });
const users = new nats.SigningKey("users", { kind: "account", rotation: "${changes.rotation ?? 1}" });
const orders = new nats.Account("orders", {
  operator, key: { publicKey: "${orders.publicKey}" }, signingKeys: [users], ${changes.account ?? ""}
}, { dependsOn: server });
exports.api = new nats.User("api", { account: orders, expiresIn: "90d" }).creds;
${changes.leaver ?? 'exports.leaver = new nats.User("leaver", { account: orders }).creds;'}
exports.jwt = orders.jwt;
`;

describe("with the identity keys of operator and accounts elsewhere", () => {
  let stack: Stack;
  let port: number;
  let first: Record<string, string>;
  const changes: Changes = {};

  const write = (change: Changes) => stack.write(program(port, Object.assign(changes, change)));
  const admitted = (creds: string | undefined) =>
    admission(creds as string, `nats://127.0.0.1:${port}`);
  const refusalOf = async (change: Changes) => {
    stack.write(program(port, { ...changes, ...change }));
    const { code, text } = await stack.run("preview", "--non-interactive");
    expect(code).not.toBe(0);
    return text;
  };

  beforeAll(async () => {
    port = await freePort();
    stack = await Stack.create("");
    write({ jwt: signedElsewhere([signing.publicKey]) });
    await stack.up();
    first = await stack.outputs();
  });

  afterAll(() => stack?.end());

  it("users are made, revoked and signed anew under a rotated key", async () => {
    const { api, leaver } = first;
    expect(await admitted(api)).toBe("admitted");
    expect(await admitted(leaver)).toBe("admitted");
    write({ leaver: "", rotation: "2", account: "limits: { connections: 9 }," });
    await stack.up();
    const second = await stack.outputs();
    const issuer = (creds: string | undefined) => decodeToken(parseCreds(creds ?? "").jwt).iss;
    expect(issuer(second["api"])).not.toBe(issuer(api));
    const { signingKeys, limits } = accountFromWire(decodeToken(second["jwt"] as string));
    expect(signingKeys).toHaveLength(2);
    expect(limits?.connections).toBe(9);
    for (const creds of [api, second["api"]]) expect(await admitted(creds)).toBe("admitted");
    expect(await admitted(leaver)).toMatch(/^refused/);
    const { outputs = {} } = (await stack.state())["Operator::acme"] ?? {};
    expect(outputs["key"]).toEqual({ publicKey: identity.publicKey });
    expect(await stack.preview()).toEqual([]);
  });

  it("what only the identity key could do is said in the preview", async () => {
    expect(await refusalOf({ jwt: undefined } as unknown as Changes)).toMatch(
      /key\.seed: is needed to sign the operator JWT \(or give the signed JWT itself as `jwt`\)/,
    );
    expect(await refusalOf({ operator: 'tags: ["a"],' })).toMatch(
      /tags: is not signed here: only the identity key could/,
    );
    expect(await refusalOf({ signingKeys: "[next]" })).toMatch(
      /jwt: does not list the key that signs accounts: sign it anew with that key/,
    );
  });

  it("the operator's signing key is rotated with a JWT that is signed elsewhere", async () => {
    write({ jwt: signedElsewhere([next.publicKey, signing.publicKey]), signingKeys: "[next]" });
    await stack.up();
    const { jwt, api } = await stack.outputs();
    expect(decodeToken(jwt as string).iss).toBe(next.publicKey);
    expect(await admitted(api)).toBe("admitted");
    write({ jwt: signedElsewhere([next.publicKey]) });
    await stack.up();
    expect(await admitted(api)).toBe("admitted");
    expect(await admitted(first["leaver"])).toMatch(/^refused/);
  });
});
