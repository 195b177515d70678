import { setTimeout as sleep } from "node:timers/promises";
import {
  accountFromWire,
  decodeToken,
  operatorFromWire,
  signOperator,
} from "pulumi-nats-auth/claims";
import { formatCreds, signerFromSeed } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Detour } from "../support/detour";
import {
  endLeftovers,
  identitiesIn,
  kill,
  recover,
  removeHalfWrittenAttributes,
  silenced,
  upArgs,
} from "../support/killing";
import { admission, freePort, Servers } from "../support/nats";
import { Stack, type StateResource } from "../support/stack";

const kills = 20; // as the name of the test says
const accounts = ["a", "b", "c", "d"];

describe("a `pulumi up` on a cluster of three, when something breaks", () => {
  let stack: Stack;
  let tenant: Stack | undefined;
  let servers: Servers;
  /** The way to S1, where the stack connects. */
  let detour: Detour;
  /** Public keys of users that left the program, by account. */
  const revoked: Record<string, Set<string>> = {};

  const declared = { connections: 100, odd: 1, users: ["first"], handle: false };
  const change = (changes: Partial<typeof declared>) => {
    const { connections, odd, users, handle } = Object.assign(declared, changes);
    stack.write(`
const keys = ["one", "two"].map((name) => new nats.SigningKey(name, { kind: "operator" }));
const operator = new nats.Operator("acme", {
  accountServerUrl: "${detour.url}", waitForServer: "10s", signingKeys: keys,
});
exports.config = new nats.ResolverConfig("acme", { operator, interval: "1s" }).text;
exports.accounts = {};
exports.users = {};
const account = (name, operator, connections) => {
  const made = new nats.Account(name, { operator, limits: { connections } });
  exports.accounts[name] = made.publicKey;
  return made;
};
if (${servers !== undefined}) {
  const [a] = ${JSON.stringify(accounts)}.map((name) => {
    const made = account(name, operator, ${connections});
    for (const user of ${JSON.stringify(users)}) {
      exports.users[name + "-" + user] = new nats.User(name + "-" + user, { account: made }).publicKey;
    }
    return made;
  });
  const [, two] = keys;
  account("odd", { ...operator.handle, signer: { publicKey: two.publicKey, seed: two.seed } }, ${odd});
  if (${handle}) exports.handle = pulumi.secret(pulumi.all([a.handle, operator.handle]).apply(([handle, operator]) => ({ ...handle, operator })));
}
`);
  };

  type State = Record<string, StateResource>;
  type Outputs = { accounts: Record<string, string>; users: Record<string, string> };
  const outputsIn = (state: State) => state["Stack::test-dev"]?.outputs as unknown as Outputs;
  const copies = (account: string) => servers.copiesOf(account);
  const connectionsIn = (jwt: string | undefined) =>
    accountFromWire(decodeToken(jwt ?? "")).limits?.connections;
  const revokedIn = (jwt: string | undefined) =>
    Object.keys(accountFromWire(decodeToken(jwt ?? "")).revocations ?? {});

  /** Every server runs what the program says, and refuses everybody who ever left it. */
  const expectAsDeclared = async (moment?: string, state?: State) => {
    const { accounts } = outputsIn(state ?? (await stack.state()));
    for (const [name, account] of Object.entries(accounts)) {
      const [copy, ...others] = copies(account);
      expect(copy, moment).toBeDefined();
      expect(others, moment).toEqual([copy, copy]);
      const { connections, odd } = declared;
      expect(connectionsIn(copy), moment).toBe(name === "odd" ? odd : connections);
      const missed = [...(revoked[name] ?? [])].filter((key) => !revokedIn(copy).includes(key));
      expect(missed, moment).toEqual([]);
    }
  };

  /** Notes who leaves with the next change. */
  const leave = (users: string[], state: State) => {
    const keys = outputsIn(state).users;
    for (const name of accounts) {
      revoked[name] ??= new Set();
      for (const user of users) revoked[name].add(keys[`${name}-${user}`] as string);
    }
  };

  beforeAll(async () => {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    detour = await Detour.to(ports[0] as number);
    stack = await Stack.create("");
    change({});
    await stack.up();
    const { config = "" } = await stack.outputs();
    servers = await Servers.start(config, ports);
    await servers.formed();
    change({});
    await stack.up();
    await expectAsDeclared();
  });

  afterAll(async () => {
    await servers?.close();
    await detour?.close();
    tenant?.close();
    if (stack) endLeftovers(stack);
  });

  it("names the server that was killed in the middle of a push, and the next `up` completes it", async () => {
    const victim = servers.named("S3");
    let killed: Promise<void> | undefined;
    detour.onRequest = async (text) => {
      if (!text.includes("PUB $SYS.REQ.CLAIMS.UPDATE")) return true;
      killed ??= victim.stop("SIGKILL");
      await killed;
      return true;
    };
    change({ connections: 101 });
    const { code, text } = await stack.tryUp("--continue-on-error");
    detour.onRequest = () => true;
    expect(code).not.toBe(0);
    for (const name of accounts) {
      expect(text).toMatch(
        new RegExp(
          `account "${name}" \\(A\\w+\\) is not on every server: no confirmation from S3; confirmed by S1, S2\\. .*\\[ERR_INCOMPLETE\\]`,
        ),
      );
    }
    await victim.start();
    await servers.formed();
    await stack.up();
    await expectAsDeclared();
  });

  it("goes on when the connection is cut and a reply is lost", async () => {
    let cuts = 0;
    detour.onReply = (text) => !(text.includes("jwt updated") && cuts++ < 2);
    change({ connections: 102 });
    await stack.up();
    detour.onReply = () => true;
    expect(cuts).toBeGreaterThan(0);
    await expectAsDeclared();
  });

  it("sends nothing that one server would not trust, and names the key and that server", async () => {
    const state = await stack.openState();
    const identity = state["Operator::acme"]?.outputs["key"] as { publicKey: string; seed: string };
    const [one, two] = ["one", "two"].map(
      (name) => state[`SigningKey::${name}`]?.outputs["publicKey"],
    );
    const older = (config: string) =>
      config.replace(/operator: (ey\S+)/, (_, jwt) => {
        const token = decodeToken(jwt);
        const claims = { ...operatorFromWire(token), signingKeys: [one as string] };
        const signer = signerFromSeed(identity.seed);
        return `operator: ${signOperator({ publicKey: token.sub, claims, signer, issuedAt: token.iat - 60 })}`;
      });
    let current = "";
    const doubting = servers.named("S2");
    await doubting.restart((config) => {
      current = config;
      return older(config);
    });
    await servers.formed();
    const { odd = "" } = outputsIn(state).accounts;
    const before = copies(odd);
    change({ odd: 2 });
    const { code, text } = await stack.tryUp();
    expect(code).not.toBe(0);
    expect(text).toMatch(
      new RegExp(
        `the operator JWT that runs on S2 does not know the signing key ${two}; nothing was sent\\. .*restart.*\\[ERR_UNTRUSTED\\]`,
      ),
    );
    expect(copies(odd)).toEqual(before);
    await doubting.restart(() => current);
    await servers.formed();
    await stack.up();
    await expectAsDeclared();
  });

  it("and another one of another stack at the same time lose nothing of each other", async () => {
    const crowd = Array.from({ length: 15 }, (_, index) => `x${index}`);
    change({ users: ["first", ...crowd], handle: true });
    await stack.up();
    tenant = await Stack.create("");
    const { handle } = await stack.outputs();
    await tenant.must("config", "set", "--secret", "handle", JSON.stringify(handle));
    const users = (count: number) => `
const account = new pulumi.Config().requireSecretObject("handle");
exports.users = [...Array(${count}).keys()].map((i) => new nats.User("y" + i, { account }).publicKey);
`;
    tenant.write(users(15));
    await tenant.up();
    const theirs = (await tenant.outputs())["users"] as unknown as string[];
    leave(crowd, await stack.state());
    for (const key of theirs) revoked["a"]?.add(key);
    expect(revoked["a"]?.size).toBe(30);

    change({ users: ["first"], connections: 103 });
    tenant.write(users(0));
    await Promise.all([stack.up(), tenant.up()]);
    await expectAsDeclared();
  });

  it("says by how much the clock of a machine is wrong, works all the same, and stops where no server would let it in", async () => {
    const names = ["S1", "S2", "S3"];
    const isInForce = async (user: string) => {
      const { outputs } = (await stack.openState())[`User::a-${user}`] as StateResource;
      const creds = formatCreds(outputs["jwt"] as string, outputs["seed"] as string);
      const answers = servers.all.map(({ url }) => admission(creds, url));
      return (await Promise.all(answers)).every((answer) => answer === "admitted");
    };
    for (const [minutes, direction] of [
      [-5, "ahead of"],
      [5, "behind"],
    ] as const) {
      const user = `by${minutes}`;
      leave(declared.users, await stack.state());
      change({ users: [user], connections: 110 + minutes });
      const { code, text } = await stack.upAt(minutes);
      expect(code).toBe(0);
      for (const name of names) {
        expect(text).toMatch(
          new RegExp(`the clock of ${name} is (29|30)\\d s ${direction} the one of this machine`),
        );
      }
      await expectAsDeclared();
      expect(await isInForce(user)).toBe(true);
    }

    change({ connections: 120 });
    const { code, text } = await stack.upAt(-15);
    expect(code).not.toBe(0);
    expect(text).toMatch(
      /refused our system user .* the clock of this machine is more than ten minutes behind the server's\. \[ERR_UNAUTHORIZED\]/,
    );
    await stack.up();
    await expectAsDeclared();
    expect(await stack.preview()).toEqual([]);
  });

  // Which processes an engine started is read from /proc.
  it.skipIf(process.platform !== "linux")(
    "killed at twenty random moments, leaves what three commands bring to where the program says",
    async () => {
      let replies = 0;
      let reached: (() => void) | undefined;
      let at = 0;
      detour.onReply = (text) => {
        replies += text.split("jwt updated").length - 1;
        if (replies >= at) reached?.();
        return true;
      };
      let state = await stack.state();
      for (let [round, done] = [0, 0]; done < kills; round += 1) {
        leave([declared.users[0] as string], state);
        change({ users: [`r${round}`], connections: 200 + round });
        // Four accounts and four revocations, each confirmed by three servers.
        [replies, at] = [0, Math.floor(Math.random() * 24)];
        const pause = Math.floor(Math.random() * 60);
        const moment = `round ${round}, killed ${pause} ms after reply ${at}`;
        const up = stack.spawn(...upArgs);
        const ended = new Promise<void>((resolve) => up.on("exit", () => resolve()));
        await Promise.race([ended, new Promise<void>((resolve) => (reached = resolve))]);
        await sleep(pause);
        const started = await kill(up);
        if (started.length > 0) done += 1;
        await silenced(started);
        removeHalfWrittenAttributes(stack);
        const before = identitiesIn(await stack.state());
        await recover(stack);
        state = await stack.state();
        expect(identitiesIn(state), moment).toMatchObject(keysOf(before));
        await expectAsDeclared(moment, state);
      }
    },
    30 * 60_000,
  );
});

/** Without users, which come and go. */
function keysOf(all: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith("User::")));
}
