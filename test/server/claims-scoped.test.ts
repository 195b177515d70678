/** Scoped signing keys: the template says what their users may do. */
import { templateProblems } from "pulumi-nats-auth/claims";
import { generateKeyPair } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admission, connectWith } from "../support/nats";
import { Tenants } from "../support/tenants";
import { arriving, published, subscribed } from "../support/traffic";

describe("users of a scoped key", () => {
  let tenants: Tenants;

  beforeAll(async () => {
    tenants = await Tenants.start();
  });

  afterAll(async () => {
    await tenants?.close();
  });

  /** An account with one scoped key. */
  async function scoped(name: string, permissions: object, more: object = {}) {
    const signer = generateKeyPair("account");
    const signingKeys = [{ key: signer.publicKey, role: "worker", template: { permissions } }];
    const account = await tenants.account(name, { signingKeys, ...more });
    return { account, signer, everybody: await account.connect() };
  }

  it("have the subjects that the template makes for each of them", async () => {
    const subjects = [
      "names.{{name()}}.>",
      "keys.{{subject()}}",
      "accounts.{{account-name()}}.{{account-subject()}}",
      "regions.{{tag(region)}}.>",
      "tiers.{{account-tag(tier)}}",
    ];
    const { account, signer, everybody } = await scoped(
      "shop",
      { publish: subjects, subscribe: subjects },
      { tags: ["tier:gold"] },
    );
    const claims = { scoped: true, name: "ann", tags: ["region:eu", "region:us"] };
    const user = account.user(claims, { signer });
    const ann = await connectWith(user.creds, tenants.url);
    const own = [
      "names.ann.x",
      `keys.${user.publicKey}`,
      `accounts.shop.${account.publicKey}`,
      "regions.eu.x",
      "regions.us.x",
      "tiers.gold",
    ];
    const others = [
      "names.bob.x",
      `keys.${generateKeyPair("user").publicKey}`,
      `accounts.bank.${account.publicKey}`,
      "regions.asia.x",
      "tiers.silver",
      "names.{{name()}}.x",
    ];
    expect(await published(ann, everybody, [...own, ...others])).toEqual(own);
    expect(await subscribed(ann, everybody, [...own, ...others])).toEqual(own);
    expect(await subscribed(ann, everybody, ["names.ann.>", "names.>", "names.*.x"])).toEqual([
      "names.ann.>",
    ]);
  });

  it("lose an allowed subject whose tag they do not have, and everything when none is left", async () => {
    const { account, signer, everybody } = await scoped("regions", {
      publish: ["hello", "regions.{{tag(region)}}"],
      subscribe: ["regions.{{tag(region)}}"],
    });
    const user = await account.connect({ scoped: true }, { signer });
    const subjects = ["hello", "regions", "regions.eu", "regions.{{tag(region)}}"];
    expect(await published(user, everybody, subjects)).toEqual(["hello"]);
    expect(await subscribed(user, everybody, [...subjects, "elsewhere"])).toEqual([]);
  });

  it("are refused when a denied subject has a tag that they do not have", async () => {
    const { account, signer } = await scoped("denied", {
      publish: { deny: ["secrets.{{tag(region)}}"] },
    });
    const without = account.user({ scoped: true }, { signer });
    const withTag = account.user({ scoped: true, tags: ["region:eu"] }, { signer });
    expect(await admission(without.creds, tenants.url)).toMatch(/^refused/);
    expect(await admission(withTag.creds, tenants.url)).toBe("admitted");
  });

  it.each<[string, string[], string[]]>([
    ["ann", ["team:red", "team:blue"], []],
    ["ann", ["team:red.left"], []],
    ["ann", [], ["publish.allow[1]"]],
    ["ann", ["team:"], ["publish.allow[1]"]],
    ["ann", ["Team:Red"], []],
    ["ann", ["team:dark red"], ["publish.allow[1]"]],
    ["ann lee", ["team:red"], ["publish.allow[0]"]],
    ["ann.lee", ["team:red"], []],
    ["ann.", ["team:red"], ["publish.allow[0]"]],
    [">", ["team:red"], ["publish.allow[0]"]],
  ])("called %o with tags %o lose the subjects that validation names", async (name, tags, lost) => {
    const publish = { allow: ["names.{{name()}}.x", "teams.{{tag(team)}}.x"] };
    const { account, signer, everybody } = await scoped("names", { publish });
    const problems = templateProblems({ permissions: { publish } }, { name, tags });
    const entries = problems.map(({ path }) => path.replace(/^permissions\./, ""));
    expect(entries).toEqual(lost);
    const teams = tags.map((tag) => tag.toLowerCase().slice("team:".length));
    const subjects = [`names.${name}.x`, ...teams.map((team) => `teams.${team}.x`)];
    const user = await account.connect({ scoped: true, name, tags }, { signer });
    const left = subjects.filter(
      (subject) => !lost.includes(`publish.allow[${subject.startsWith("names") ? 0 : 1}]`),
    );
    expect(await published(user, everybody, subjects.filter(isSubject))).toEqual(left);
  });

  it("are refused when they say themselves what they may do", async () => {
    const { account, signer } = await scoped("plain", { publish: ["hello"] });
    const { publicKey: issuerAccount } = account;
    const permissions = { publish: ["hello"] };
    expect(() => account.user({ scoped: true, permissions }, { signer, unchecked: true })).toThrow(
      /gets what it is allowed from its signing key; permissions/,
    );
    const own = account.user({ permissions, issuerAccount }, { signer });
    const unlimited = account.user({ issuerAccount }, { signer });
    const silent = account.user({ scoped: true, issuerAccount }, { signer });
    expect(await admission(own.creds, tenants.url)).toMatch(/^refused/);
    expect(await admission(unlimited.creds, tenants.url)).toMatch(/^refused/);
    expect(await admission(silent.creds, tenants.url)).toBe("admitted");
  });

  it("are closed by a change of the role, and come back to what it says now", async () => {
    const { account, signer, everybody } = await scoped("changing", { publish: ["first"] });
    const { creds } = account.user({ scoped: true }, { signer });
    const before = await connectWith(creds, tenants.url);
    expect(await published(before, everybody, ["first", "second"])).toEqual(["first"]);
    const template = { permissions: { publish: ["second"] } };
    await account.publish({ signingKeys: [{ key: signer.publicKey, role: "worker", template }] });
    await before.closed();
    const after = await connectWith(creds, tenants.url);
    expect(await published(after, everybody, ["first", "second"])).toEqual(["second"]);

    await account.publish({});
    await after.closed();
    expect(await admission(creds, tenants.url)).toMatch(/^refused/);
  });

  it("have the limits and networks of the template", async () => {
    const signer = generateKeyPair("account");
    const role = (template: object) => ({ key: signer.publicKey, role: "worker", template });
    const account = await tenants.account("limited", {
      signingKeys: [role({ limits: { subscriptions: 1 }, sourceNetworks: ["127.0.0.0/8"] })],
    });
    const { creds } = account.user({ scoped: true }, { signer });
    const [user, everybody] = [await connectWith(creds, tenants.url), await account.connect()];
    const messages = await arriving(user, ["one", "two"], everybody, () => {
      everybody.publish("one");
      everybody.publish("two");
    });
    expect(messages.map(({ subject }) => subject)).toEqual(["one"]);
    await account.publish({ signingKeys: [role({ sourceNetworks: ["10.0.0.0/8"] })] });
    expect(await admission(creds, tenants.url)).toMatch(/^refused/);
  });

  it("lose what names a queue group beside a placeholder, which is why that is refused before", async () => {
    const asWorker = async (name: string, subscribe: string[]): Promise<string> => {
      const signer = generateKeyPair("account");
      const template = { permissions: { subscribe } };
      const account = await tenants.account(name);
      await account.publishUnchecked({
        signingKeys: [{ key: signer.publicKey, role: "worker", template }],
      });
      const user = await account.connect({ scoped: true, name: "ann" }, { signer });
      let refusal = "";
      user.subscribe("jobs", {
        queue: "workers",
        callback: (error) => {
          refusal = error?.message ?? "";
        },
      });
      await user.flush();
      return refusal;
    };
    expect(await asWorker("queues", ["own", "jobs workers"])).toBe("");
    expect(await asWorker("lost-queues", ["own.{{name()}}", "jobs workers"])).toContain(
      "Permissions Violation",
    );
  });
});

/** Whether clients would publish to it at all. */
function isSubject(text: string): boolean {
  return text.split(".").every((token) => token !== "" && !/[\s*>]/.test(token));
}
