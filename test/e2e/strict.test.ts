import { decodeToken, signUser } from "pulumi-nats-auth/claims";
import { formatCreds, generateKeyPair, parseCreds, signerFromSeed } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, freePort, Servers } from "../support/nats";
import { Stack, type StateResource } from "../support/stack";

/** A strict operator, and beside it one that leaves the choice of key to each user. */
function program(urls: string[], more = ""): string {
  return `
const strict = new nats.Operator("strict", { accountServerUrl: "${urls[0]}", requireSigningKeys: true });
const free = new nats.Operator("free", { accountServerUrl: "${urls[1]}" });
exports.configs = [strict, free].map((operator, i) => new nats.ResolverConfig("config" + i, { operator }).text);
${more}
`;
}

const accounts = `
const identity = new nats.KeyPair("orders-identity", { kind: "account" });
const orders = new nats.Account("orders", { operator: strict, key: identity });
const billing = new nats.Account("billing", { operator: strict });
exports.api = new nats.User("api", { account: orders }).creds;

const signing = new nats.SigningKey("shop-signing", { kind: "account" });
const shop = new nats.Account("shop", { operator: free, signingKeys: [signing] });
exports.byKey = new nats.User("by-key", { account: shop, signingKey: signing }).creds;
exports.byIdentity = new nats.User("by-identity", { account: shop }).creds;
`;

describe("signing keys", () => {
  let stack: Stack;
  let urls: string[];
  let state: Record<string, StateResource>;
  const running: Servers[] = [];

  const keyOf = (resource: string) =>
    state[resource]?.outputs as unknown as { publicKey: string; seed: string };

  /** What the library would never sign by itself: creds of a user of one account, signed with any key. */
  const signedByHand = (account: string, signer: string) => {
    const user = generateKeyPair("user");
    const jwt = signUser({
      publicKey: user.publicKey,
      claims: { name: "by-hand", issuerAccount: keyOf(account).publicKey },
      signer: signerFromSeed(keyOf(signer).seed),
      issuedAt: Math.floor(Date.now() / 1000),
    });
    return formatCreds(jwt, user.seed);
  };

  beforeAll(async () => {
    const ports = [await freePort(), await freePort()];
    urls = ports.map((port) => `nats://127.0.0.1:${port}`);
    stack = await Stack.create(program(urls));
    await stack.up();
    const configs = (await stack.outputs())["configs"] as unknown as string[];
    for (const [index, config] of configs.entries()) {
      running.push(await Servers.start(config, [ports[index] as number]));
    }
    stack.write(program(urls, accounts));
    await stack.up();
    state = await stack.openState();
  });

  afterAll(async () => {
    await Promise.all(running.map((servers) => servers.close()));
    stack?.close();
  });

  it("of a strict operator's account are made for it, and sign its users", async () => {
    const { api } = await stack.outputs();
    const { iss, nats } = decodeToken(parseCreds(api as string).jwt);
    expect(iss).toBe(keyOf("SigningKey::orders-signing").publicKey);
    expect(nats).toMatchObject({ issuer_account: keyOf("KeyPair::orders-identity").publicKey });
    expect(await admission(api as string, urls[0] as string)).toBe("admitted");
    const operatorJwt = state["Operator::strict"]?.outputs["jwt"] as string;
    expect(decodeToken(operatorJwt).nats).toMatchObject({ strict_signing_key_usage: true });
  });

  it("are what a strict server insists on", async () => {
    const admit = (signer: string) =>
      admission(signedByHand("Account::orders", signer), urls[0] as string);
    expect(await admit("SigningKey::orders-signing")).toBe("admitted");
    expect(await admit("KeyPair::orders-identity")).toMatch(/^refused/);
    expect(await admit("SigningKey::billing-signing")).toMatch(/^refused/);
  });

  it.each([
    [
      "an identity key of a strict operator's account",
      "{ account: orders, signingKey: identity }",
      "account.signer: is the account's identity key, but the operator requires signing keys",
    ],
    [
      "another account's signing key",
      "{ account: shop, signingKey: billing.handle.signer }",
      "account.signer: is not among the `signingKeys` of the account",
    ],
  ])("a preview refuses %s as the signer of a user", async (_what, user, reason) => {
    stack.write(program(urls, `${accounts}\nnew nats.User("refused", ${user});`));
    const { code, text } = await stack.run("preview", "--non-interactive");
    expect(code).not.toBe(0);
    expect(text).toContain(`User resource 'refused' has a problem: ${reason}`);
    for (const { outputs } of Object.values(state)) {
      if (typeof outputs?.["seed"] === "string") expect(text).not.toContain(outputs["seed"]);
    }
  });

  it("may sign users of other operators as well, beside the identity key", async () => {
    const { byKey, byIdentity } = await stack.outputs();
    const [one, two] = [byKey, byIdentity].map((creds) =>
      decodeToken(parseCreds(creds as string).jwt),
    );
    expect(one?.iss).toBe(keyOf("SigningKey::shop-signing").publicKey);
    expect(one?.nats).toMatchObject({ issuer_account: keyOf("Account::shop").publicKey });
    expect(two?.iss).toBe(keyOf("Account::shop").publicKey);
    for (const creds of [byKey, byIdentity]) {
      expect(await admission(creds as string, urls[1] as string)).toBe("admitted");
    }
    const foreign = signedByHand("Account::shop", "SigningKey::billing-signing");
    expect(await admission(foreign, urls[1] as string)).toMatch(/^refused/);
  });
});
