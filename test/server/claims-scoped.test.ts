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

  // Problems by entry, with a `!` those that block, and what the user may publish of everything below.
  const tried = [
    "names.ann.x",
    "names.ann.lee.x",
    "names.bob.x",
    "teams.red.x",
    "teams.red.left.x",
    "teams.blue.x",
    "teams.green.x",
  ];
  it.each<[string, string[], string[], string[]]>([
    ["ann", ["team:red", "team:blue"], [], ["names.ann.x", "teams.red.x", "teams.blue.x"]],
    ["ann", ["Team:Red"], [], ["names.ann.x", "teams.red.x"]],
    ["ann", [], ["allow[1]"], ["names.ann.x"]],
    ["ann", ["team:"], ["allow[1]"], ["names.ann.x"]],
    ["ann", ["team:dark red"], ["allow[1]"], ["names.ann.x"]],
    ["ann", ["team:red", "team:dark red"], ["allow[1]"], ["names.ann.x", "teams.red.x"]],
    ["ann lee", ["team:red"], ["allow[0]"], ["teams.red.x"]],
    ["ann.", ["team:red"], ["allow[0]"], ["teams.red.x"]],
    [">", ["team:red"], ["allow[0]"], ["teams.red.x"]],
    // More tokens than the template has.
    ["ann.lee", ["team:red"], ["allow[0]"], ["names.ann.lee.x", "teams.red.x"]],
    ["ann", ["team:red.left"], ["allow[1]"], ["names.ann.x", "teams.red.left.x"]],
    // Everybody's subjects.
    ["*", ["team:red"], ["allow[0]!"], ["names.ann.x", "names.bob.x", "teams.red.x"]],
    ["ann.*", ["team:red"], ["allow[0]!"], ["names.ann.lee.x", "teams.red.x"]],
    [
      "ann",
      ["team:*"],
      ["allow[1]!"],
      ["names.ann.x", "teams.red.x", "teams.blue.x", "teams.green.x"],
    ],
  ])(
    "called %o with tags %j have problems %j, and may publish %j",
    async (name, tags, problems, left) => {
      const publish = { allow: ["names.{{name()}}.x", "teams.{{tag(team)}}.x"] };
      const { account, signer, everybody } = await scoped("names", { publish });
      const found = templateProblems({ permissions: { publish } }, { name, tags });
      const entries = found.map(
        ({ path, severity }) =>
          path.replace("permissions.publish.", "") + (severity === "error" ? "!" : ""),
      );
      expect(entries).toEqual(problems);
      const user = await account.connect({ scoped: true, name, tags }, { signer });
      expect(await published(user, everybody, tried)).toEqual(left);
    },
  );

  it("with a > at the end of a tag have everything below", async () => {
    const publish = ["teams.{{tag(team)}}"];
    const { account, signer, everybody } = await scoped("open", { publish });
    const tags = ["team:>"];
    expect(templateProblems({ permissions: { publish } }, { name: "ann", tags })).toMatchObject([
      { path: "permissions.publish[0]", severity: "error" },
    ]);
    const user = await account.connect({ scoped: true, name: "ann", tags }, { signer });
    const subjects = ["teams.red", "teams.red.x", "names.ann"];
    expect(await published(user, everybody, subjects)).toEqual(["teams.red", "teams.red.x"]);
  });

  it("take wildcards from the name and the tags of the account", async () => {
    const publish = ["by.{{account-name()}}", "tiers.{{account-tag(tier)}}"];
    const tags = ["tier:*"];
    const { account, signer, everybody } = await scoped("*", { publish }, { tags });
    const problems = templateProblems(
      { permissions: { publish } },
      { name: "ann" },
      { name: "*", tags },
    );
    expect(problems).toMatchObject([
      { path: "permissions.publish[0]", severity: "error" },
      { path: "permissions.publish[1]", severity: "error" },
    ]);
    const user = await account.connect({ scoped: true, name: "ann" }, { signer });
    const subjects = ["by.bank", "tiers.gold", "other"];
    expect(await published(user, everybody, subjects)).toEqual(["by.bank", "tiers.gold"]);
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
