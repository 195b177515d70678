import { setTimeout as sleep } from "node:timers/promises";
import { decodeToken, operatorFromWire, signUser } from "pulumi-nats-auth/claims";
import { formatCreds, generateKeyPair, signerFromSeed } from "pulumi-nats-auth/keys";
import { closeConnections, publishAccount } from "pulumi-nats-auth/resolver";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kill, printed, recover, removeHalfWrittenAttributes, upArgs } from "../support/killing";
import { admission, freePort, type Server, Servers } from "../support/nats";
import { Stack, type StateResource } from "../support/stack";

interface Program {
  /** Of the operator's signing key. */
  key?: string;
  /** Of the system account's. */
  systemKey?: string;
  limit?: number;
  user?: boolean;
}

const program = (ports: number[], { key, systemKey, limit = 100, user = true }: Program) => `
const signing = new nats.SigningKey("signing", { kind: "operator", ${key} });
const systemSigning = new nats.SigningKey("system-signing", { kind: "account", ${systemKey} });
const operator = new nats.Operator("acme", {
  accountServerUrl: "${ports.map((port) => `nats://127.0.0.1:${port}`).join()}", waitForServer: "5s",
  signingKeys: [signing], systemAccount: { signingKey: systemSigning },
});
const resolver = new nats.ResolverConfig("acme", { operator, interval: "1s" });
exports.config = resolver.text;
const orders = new nats.Account("orders", { operator, limits: { connections: ${limit} } });
exports.orders = orders.publicKey;
${user ? 'exports.creds = new nats.User("api", { account: orders }).creds;' : ""}
exports.operator = operator.jwt;
exports.system = operator.systemAccount.jwt;
exports.signer = signing.publicKey;
`;

const rotated = (name: string) => `rotation: "${name}", overlap: "1s"`;

interface SigningKeyOuts {
  publicKey: string;
  seed: string;
}

interface SystemOuts {
  publicKey: string;
  signer: SigningKeyOuts & { former?: SigningKeyOuts };
}

/** The system account, and the key that signs its users. */
function systemIn(state: Record<string, StateResource>): SystemOuts {
  return state["Operator::acme"]?.outputs["system"] as SystemOuts;
}

/** Creds of a system user that this key of the system account signed. */
function systemCredsBy({ seed }: SigningKeyOuts, systemAccount: string): string {
  const user = generateKeyPair("user");
  const jwt = signUser({
    publicKey: user.publicKey,
    claims: { name: "test", issuerAccount: systemAccount },
    signer: signerFromSeed(seed),
    issuedAt: Math.floor(Date.now() / 1000),
  });
  return formatCreds(jwt, user.seed);
}

const patience = { timeout: 10 * 60_000 };

describe.skipIf(process.platform !== "linux")(
  "keys of an operator on a cluster of three",
  patience,
  () => {
    let stack: Stack;
    let servers: Servers;
    let ports: number[];
    let first: Record<string, string>;
    let old: SigningKeyOuts;
    let fresh: string;
    const now: Program = { key: rotated("1"), systemKey: rotated("1") };
    /** Servers that are stopped on purpose. */
    const away = new Set<Server>();

    const running = () => servers.all.filter((server) => !away.has(server));
    const signersOf = (account: string) =>
      running().map((server) => decodeToken(server.accounts()[account] ?? "").iss);
    const signers = () => signersOf(first["orders"] as string);
    const keysOf = (jwt: string | undefined) =>
      operatorFromWire(decodeToken(jwt ?? "")).signingKeys;
    const keyIn = (state: Record<string, StateResource>, name: string) =>
      state[`SigningKey::${name}`]?.outputs as unknown as SigningKeyOuts;

    /** Nobody is locked out: old and new creds are let in everywhere, and so is a system user. */
    async function everybodyIn(moment: string): Promise<void> {
      const { creds } = await stack.outputs();
      const state = await stack.openState();
      for (const { name, url } of running()) {
        for (const one of new Set([first["creds"], creds])) {
          expect(await admission(one as string, url), `${moment}, ${name}`).toBe("admitted");
        }
        expect(await systemUsers(state, url), `${moment}, ${name}`).toContain("admitted");
      }
    }

    /** What becomes of a user of each key that this state would sign in with. */
    async function systemUsers(
      state: Record<string, StateResource>,
      url: string,
    ): Promise<string[]> {
      const { publicKey, signer } = systemIn(state);
      const keys = [signer, signer.former].filter((key) => key !== undefined);
      return Promise.all(keys.map((key) => admission(systemCredsBy(key, publicKey), url)));
    }

    const write = (change: Program = {}) => stack.write(program(ports, Object.assign(now, change)));

    /** Kills an `up` at any moment; nobody is locked out by that, and the next one goes on. */
    async function interrupted(moment: string): Promise<void> {
      const up = stack.spawn(...upArgs);
      await printed(up, /updating|updated/, 1 + Math.floor(Math.random() * 4));
      await sleep(Math.random() * 300);
      await kill(up);
      removeHalfWrittenAttributes(stack);
      await everybodyIn(`${moment}, killed`);
      await recover(stack);
      await everybodyIn(`${moment}, gone on`);
    }

    const configured = (config: string) => (before: string) =>
      before.slice(0, before.indexOf("# Operator")) + config;
    const restart = async (index: number, config: string) => {
      await (servers.all[index] as Server).restart(configured(config));
      if (away.size === 0) await servers.formed();
    };

    beforeAll(async () => {
      ports = [await freePort(), await freePort(), await freePort()];
      stack = await Stack.create("");
      write();
      const { text } = await stack.tryUp();
      expect(text).toMatch(/no nats-server answered/);
      const state = await stack.openState();
      servers = await Servers.start(
        state["ResolverConfig::acme"]?.outputs["text"] as string,
        ports,
      );
      await servers.formed();
      await stack.up();
      first = await stack.outputs();
      old = keyIn(state, "signing");
    });

    afterAll(async () => {
      await closeConnections();
      await servers?.close();
      stack?.close();
    });

    it("are both in the operator JWT first; nothing is signed by the new one before every server knows it", async () => {
      write({ key: rotated("2") });
      await interrupted("rotated");
      const { operator, system, signer, config } = await stack.outputs();
      fresh = signer as string;
      expect(keysOf(operator)?.sort()).toEqual([old.publicKey, fresh].sort());
      expect(signers()).toEqual([old.publicKey, old.publicKey, old.publicKey]);
      expect(decodeToken(system ?? "").iss).toBe(old.publicKey);

      await restart(0, config as string);
      write({ limit: 101 });
      await interrupted("one of three restarted");
      expect((await stack.up()).text).toMatch(/runs on S2, S3 does not know the signing key/);
      expect(signers()).toEqual([old.publicKey, old.publicKey, old.publicKey]);
    });

    it("wait for a server that is away, and may come back with the old operator JWT", async () => {
      const { config } = await stack.outputs();
      await restart(1, config as string);
      const third = servers.all[2] as Server;
      await third.stop();
      away.add(third);
      write({ limit: 102 });
      const { code, text } = await stack.tryUp();
      expect(code).not.toBe(0);
      expect(text).toMatch(/no confirmation from S3; confirmed by S1, S2/);
      expect(signers()).toEqual([old.publicKey, old.publicKey]);
      await everybodyIn("one away");
      away.clear();
      await third.start();
      await servers.formed();
      await everybodyIn("back with the old operator JWT");
      await third.restart((before) => before);
      await servers.formed();
      await everybodyIn("restarted with the old operator JWT");
      expect(signers()).toEqual([old.publicKey, old.publicKey, old.publicKey]);
    });

    it("sign everything anew once all know the new one; an account of somebody else stops the last step by name", async () => {
      const { config } = await stack.outputs();
      await restart(2, config as string);
      const foreign = generateKeyPair("account");
      const state = await stack.openState();
      const system = systemIn(state);
      const push = (signer: SigningKeyOuts) =>
        publishAccount(
          {
            publicKey: foreign.publicKey,
            name: "theirs",
            operator: {
              publicKey: state["Operator::acme"]?.id as string,
              signer,
            },
            target: { url: (servers.all[0] as Server).url, system },
            remembered: [],
            log: () => {},
          },
          { name: "theirs" },
        );
      await push(old);

      await interrupted("all restarted");
      await stack.up();
      expect(signers()).toEqual([fresh, fresh, fresh]);
      const { operator, system: systemJwt } = await stack.outputs();
      expect(decodeToken(systemJwt ?? "").iss).toBe(fresh);
      const { text } = await stack.up();
      expect(text).toContain(
        `keeps its former signing key(s) ${old.publicKey} listed: account(s) "theirs" (${foreign.publicKey}) are still signed by it`,
      );
      expect(keysOf(operator)).toContain(old.publicKey);

      await push(keyIn(state, "signing"));
      await interrupted("all signed anew");
      await stack.up();
      const last = await stack.outputs();
      expect(keysOf(last["operator"])).toEqual([fresh]);
      for (const index of [0, 1, 2]) {
        await restart(index, last["config"] as string);
        await everybodyIn(`server ${index + 1} without the old key`);
      }
      expect(await stack.preview()).toEqual([]);
      write({ limit: 103 });
      await stack.up();
      expect(signers()).toEqual([fresh, fresh, fresh]);
    });

    it("of the system account rotate without a moment in which nobody could push", async () => {
      const before = await stack.openState();
      const system = systemIn(before);
      /** Whether a user of this key of the system account is let in. */
      const admittedAs = async (key: SigningKeyOuts) => {
        const creds = systemCredsBy(key, system.publicKey);
        const said = await Promise.all(running().map(({ url }) => admission(creds, url)));
        return said.map((one) => one === "admitted");
      };
      const keys = [keyIn(before, "system-signing")];

      write({ systemKey: 'rotation: "2", overlap: "1h"', limit: 104 });
      await interrupted("the system account's key rotated");
      keys.push(keyIn(await stack.openState(), "system-signing"));
      for (const key of keys) expect(await admittedAs(key)).toEqual([true, true, true]);

      write({ systemKey: 'rotation: "2", overlap: "1h", emergency: true', limit: 105 });
      await stack.up();
      expect(await admittedAs(keys[0] as SigningKeyOuts)).toEqual([false, false, false]);
      expect(await admittedAs(keys[1] as SigningKeyOuts)).toEqual([true, true, true]);

      // Rotated and dropped in one `up`, together with the deletion of a user that knows only the key before.
      write({ systemKey: 'rotation: "3", emergency: true', limit: 106, user: false });
      await stack.up();
      keys.push(keyIn(await stack.openState(), "system-signing"));
      expect(await admittedAs(keys[1] as SigningKeyOuts)).toEqual([false, false, false]);
      expect(await admittedAs(keys[2] as SigningKeyOuts)).toEqual([true, true, true]);
      for (const { url } of running()) {
        expect(await admission(first["creds"] as string, url)).toMatch(/^refused/);
      }
      write({ limit: 107 });
      await stack.up();
      expect(await stack.preview()).toEqual([]);
    });
  },
);
