import { accountFromWire, decodeToken, formatInstant, signUser } from "pulumi-nats-auth/claims";
import { formatCreds, generateKeyPair, parseCreds, signerFromSeed } from "pulumi-nats-auth/keys";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bootstrap } from "../support/bootstrap";
import { freePort, type Servers, until } from "../support/nats";
import { operatorFor } from "../support/programs";
import { admittedBy, Reconnecting, Sessions } from "../support/sessions";
import type { Stack, StateResource } from "../support/stack";

interface Changes {
  narrowed?: boolean;
  retained?: boolean;
  role?: string[];
  revocations?: Record<string, string | number>;
  rotation?: string;
  scopedRotation?: string;
}

const firstRotation = 'rotation: "1", overlap: "30s"';

const program = (ports: number[], changes: Changes = {}) => {
  const { narrowed = false, retained = true, role = ["a", "b"], revocations = {} } = changes;
  const may = JSON.stringify(narrowed ? ["orders.created"] : ["orders.>"]);
  return `
${operatorFor(ports)}
const signing = new nats.SigningKey("signing", { kind: "account", ${changes.rotation ?? firstRotation} });
const scoped = new nats.SigningKey("scoped", { kind: "account", role: { name: "reader", permissions: { subscribe: ${JSON.stringify(role)} } }, ${changes.scopedRotation ?? firstRotation} });
const orders = new nats.Account("orders", { operator, signingKeys: [signing, scoped], revocations: ${JSON.stringify(revocations)} });
exports.account = orders.publicKey;
exports.jwt = orders.jwt;
exports.seed = signing.seed;
const user = (name, args) => exports[name] = new nats.User(name, { account: orders, signingKey: signing, ...args }).creds;
user("plain", {});
user("keeps", { permissions: { publish: ${may} }, expiresIn: "90d" });
user("revokes", { permissions: { publish: ${may} }, onReissue: "revoke" });
${retained ? 'user("retained", { onDelete: "retain" });' : ""}
user("reader", { signingKey: scoped });
`;
};

const everywhere = ["admitted", "admitted", "admitted"];
const nowhere = ["refused", "refused", "refused"];

describe("credentials on a cluster of three", { timeout: 5 * 60_000 }, () => {
  let stack: Stack;
  let servers: Servers;
  let ports: number[];
  let first: Record<string, string>;
  /** A user that no stack knows, and its creds. */
  let foreign: { publicKey: string; creds: string };
  /** A unix second after the first tokens and before all others. */
  let firstTokens: number;
  const changes: Changes = {};
  const open: Sessions[] = [];

  const tokenOf = (creds: string | undefined) => decodeToken(parseCreds(creds ?? "").jwt);
  const admitted = (creds: string | undefined) => admittedBy(creds as string, servers.all);
  const sessionsOf = async (creds: Record<string, string | undefined>) => {
    const sessions = await Sessions.open(creds as Record<string, string>, servers.all);
    open.push(sessions);
    return sessions;
  };

  /** Changes the program, shows it, applies it, and says what became of clients meanwhile. */
  async function apply(change: Changes, creds: Record<string, string | undefined>) {
    stack.write(program(ports, Object.assign(changes, change)));
    const { text: preview } = await stack.must("preview", "--non-interactive");
    const sessions = await sessionsOf(creds);
    let text = "";
    const fates = await sessions.during(async () => {
      ({ text } = await stack.up());
    });
    return { preview, text, fates, after: await stack.outputs() };
  }

  beforeAll(async () => {
    ports = [await freePort(), await freePort(), await freePort()];
    ({ stack, servers } = await bootstrap(ports));
    await servers.formed();
    stack.write(program(ports));
    await stack.up();
    first = await stack.outputs();
    const { publicKey, seed } = generateKeyPair("user");
    const issuedAt = tokenOf(first["plain"]).iat;
    const jwt = signUser({
      publicKey,
      claims: { name: "from elsewhere", issuerAccount: first["account"] as string },
      signer: signerFromSeed(first["seed"] as string),
      issuedAt,
    });
    foreign = { publicKey, creds: formatCreds(jwt, seed) };
    const names = ["plain", "keeps", "revokes", "retained", "reader"];
    firstTokens = Math.max(...names.map((name) => tokenOf(first[name]).iat));
  });

  afterAll(async () => {
    await Promise.all(open.map((sessions) => sessions.close()));
    await servers?.close();
    stack?.close();
  });

  it("leaves the tokens before a change valid or revokes them, and keeps a retained user, as asked", async () => {
    await until(() => Date.now() / 1000 > firstTokens + 2); // the tokens of this `up` are later ones
    const { plain, keeps, revokes, retained, reader } = first;
    const { preview, text, fates, after } = await apply(
      { narrowed: true, retained: false },
      { plain, keeps, revokes, retained, reader, foreign: foreign.creds },
    );
    const end = formatInstant(tokenOf(keeps).exp as number);
    expect(preview).toContain(
      `user "keeps" gets a new token; the old one stays valid until ${end}. `,
    );
    expect(preview).toMatch(
      /user "revokes" gets a new token; the old one is revoked and its sessions are closed/,
    );
    expect(text).toMatch(/user "retained" .* its creds stay valid: onDelete is "retain"/);
    expect(fates).toEqual({
      plain: "kept",
      keeps: "kept",
      revokes: "lost",
      retained: "kept",
      reader: "kept",
      foreign: "kept",
    });
    expect(await admitted(keeps)).toEqual(everywhere);
    expect(await admitted(retained)).toEqual(everywhere);
    expect(await admitted(revokes)).toEqual(nowhere);
    for (const name of ["keeps", "revokes"])
      expect(await admitted(after[name])).toEqual(everywhere);
  });

  it("revokes a key from elsewhere, and closes the sessions of a role that changes, and no others", async () => {
    const { plain, keeps, reader } = first;
    const { preview, fates } = await apply(
      { role: ["a"], revocations: { [foreign.publicKey]: firstTokens } },
      { plain, keeps, reader, foreign: foreign.creds },
    );
    expect(preview).toMatch(
      new RegExp(`account "orders" revokes ${foreign.publicKey}: sessions .* are closed`),
    );
    expect(preview).toMatch(
      /the role of signing key A\w+ \(reader\) changes: sessions of role "reader" are closed, and come back/,
    );
    expect(fates).toEqual({ plain: "kept", keeps: "kept", reader: "lost", foreign: "lost" });
    expect(await admitted(foreign.creds)).toEqual(nowhere);
    expect(await admitted(reader)).toEqual(everywhere);
  });

  it("revokes everybody up to a time, and lets them in again with a warning, but nobody else", async () => {
    const { plain, reader, retained } = first;
    const { keeps, revokes } = await stack.outputs();
    const only = { [foreign.publicKey]: firstTokens };
    const closed = await apply(
      { revocations: { ...only, "*": formatInstant(firstTokens) } },
      { plain, reader, retained, keeps, revokes },
    );
    expect(closed.preview).toMatch(/account "orders" revokes everybody.*: sessions with tokens/);
    expect(closed.fates).toEqual({
      plain: "lost",
      reader: "lost",
      retained: "lost",
      keeps: "kept",
      revokes: "kept",
    });
    expect(await admitted(plain)).toEqual(nowhere);

    const lifted = await apply({ revocations: only }, { keeps, revokes });
    expect(lifted.preview).toMatch(
      /warning: account "orders": the revocation of everybody.* is taken back: tokens issued up to \S+ .* are let in again/,
    );
    expect(lifted.fates).toEqual({ keeps: "kept", revokes: "kept" });
    for (const creds of [plain, reader, retained])
      expect(await admitted(creds)).toEqual(everywhere);
    // Both were revoked one by one: that does not end with the revocation of everybody.
    for (const creds of [foreign.creds, first["revokes"]]) {
      expect(await admitted(creds)).toEqual(nowhere);
    }
  });

  it("rotates a signing key without refusing anybody who reconnects until the overlap is over", async () => {
    const before = await stack.outputs();
    const old = { plain: before["plain"], keeps: before["keeps"], reader: before["reader"] };
    const loops = ["plain", "reader"].map(
      (name) => new Reconnecting(before[name] as string, servers.all),
    );
    const rotation = 'rotation: "2", overlap: "30s"';
    const { preview, fates, after } = await apply({ rotation, scopedRotation: rotation }, old);
    for (const creds of [old.plain, old.reader]) {
      expect(preview).toMatch(
        new RegExp(
          `signing key ${tokenOf(creds).iss} makes way for a new one, .* work until the first \`up\` after \\S+$`,
          "m",
        ),
      );
    }
    expect(fates).toEqual({ plain: "kept", keeps: "kept", reader: "kept" });
    for (const name of ["plain", "keeps", "reader"]) {
      expect(tokenOf(after[name]).iss).not.toBe(tokenOf(before[name]).iss);
    }
    const keys = accountFromWire(decodeToken(after["jwt"] as string)).signingKeys ?? [];
    const templates = keys.flatMap((key) => (typeof key === "string" ? [] : [key.template]));
    expect(templates).toEqual([1, 2].map(() => ({ permissions: { subscribe: ["a"] } })));
    for (const name of ["plain", "reader"]) {
      loops.push(new Reconnecting(after[name] as string, servers.all));
    }
    const [oldSession, newSession] = [
      await sessionsOf(old),
      await sessionsOf({ plain: after["plain"], reader: after["reader"] }),
    ];
    const state = await stack.state();
    const ends = ["signing", "scoped"].map((name) => {
      const { outputs } = state[`RetiredKeys::${name}-retired`] as StateResource;
      const [retired] = outputs["retired"] as { until: string }[];
      return Date.parse(retired?.until ?? "");
    });
    await until(() => Date.now() > Math.max(...ends), 60_000);
    for (const loop of loops) {
      await loop.stop();
      expect(loop.attempts).toBeGreaterThanOrEqual(3 * servers.all.length);
      expect(loop.refusals).toEqual([]);
    }

    const steps = (await stack.preview()).map(({ resource, paths }) => [resource, paths]);
    expect(Object.fromEntries(steps)).toEqual({
      "Account::orders": { "signingKeys[2]": "delete", "signingKeys[3]": "delete" },
      "RetiredKeys::scoped-retired": { "retired[0]": "delete" },
      "RetiredKeys::signing-retired": { "retired[0]": "delete" },
    });
    const { text } = await stack.must("preview", "--non-interactive");
    expect(text).toContain(
      `signing key ${tokenOf(old.plain).iss} is dropped: sessions that it signed are closed`,
    );
    const up = () => stack.up();
    let newFates: unknown;
    const oldFates = await oldSession.during(async () => {
      newFates = await newSession.during(up);
    });
    expect(oldFates).toEqual({ plain: "lost", keeps: "lost", reader: "lost" });
    expect(newFates).toEqual({ plain: "kept", reader: "kept" });
    expect(await admitted(old.plain)).toEqual(nowhere);
    expect(await admitted(after["plain"])).toEqual(everywhere);
    expect(await stack.preview()).toEqual([]);
  });

  it("drops a leaked key at once, with everything that it signed and nothing else", async () => {
    const { plain, keeps, reader } = await stack.outputs();
    const { preview, fates, after } = await apply(
      { rotation: 'rotation: "leaked", overlap: "30s", emergency: true' },
      { plain, keeps, reader },
    );
    expect(preview).toContain(
      `warning: signing key ${tokenOf(plain).iss} is dropped at once: sessions that it signed are closed`,
    );
    expect(fates).toEqual({ plain: "lost", keeps: "lost", reader: "kept" });
    expect(await admitted(plain)).toEqual(nowhere);
    expect(await admitted(after["plain"])).toEqual(everywhere);
  });
});
