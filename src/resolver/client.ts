/** A resolver in a few lines, for scripts that hold account JWTs and a system user, and need no Pulumi. */
import { decodeToken, type TokenClaims } from "../claims/index";
import { now } from "../clock";
import { NatsAuthError } from "../errors";
import { publicKeyOf } from "../keys/index";
import { type AccountAddress, labelOf } from "./address";
import { ClusterStore } from "./cluster-store";
import { closeUnused, withConnection } from "./connection";
import { lookUp } from "./copies";
import { notInForceHint } from "./hints";
import { withoutEffect } from "./imports";
import { type Inspection, inspectAccount } from "./inspect";
import { listAccounts } from "./list";
import { exportersFirst } from "./order";
import { revokes } from "./publish";
import { assertComplete, IncompletePush, incomplete, type Published, silentAfter } from "./push";
import { type Removal, type Removed, removeAccount } from "./remove";
import { type Revoked, revokeUser } from "./revoke";
import { assertTrusted, connectedOperator, type Roster } from "./roster";
import { type Store, withStore } from "./store";
import { type ClusterTarget, transportOf } from "./target";

/** Where the servers are, and as whom to speak to them. */
export interface ResolverOptions extends ClusterTarget {
  /** Names of the servers that must confirm. Default: those that answer, and those that these miss. */
  expect?: readonly string[] | undefined;
  /** Gets lines for the person who waits. Default: nobody does. */
  log?: ((line: string) => void) | undefined;
}

/** How JWTs are pushed. */
export interface PushOptions {
  /** Whether each server is asked afterwards whether it runs the JWT. Default: `true`; without, a server may have stored what it does not trust. */
  verify?: boolean | undefined;
  /** Pushes also what is older than a server's copy, or revokes less. Default: `false`, then it fails with `ERR_CONFLICT`. */
  overwrite?: boolean | undefined;
}

/** What became of one JWT. */
export interface Pushed extends Published {
  /** Public key of the account. */
  account: string;
}

/** Some of several pushes failed; the others went through. */
export class PushFailed extends NatsAuthError {
  /** What went through. */
  readonly pushed: Pushed[];
  /** What did not, by the account's public key. */
  readonly failed: Map<string, unknown>;

  constructor(pushed: Pushed[], failed: Map<string, unknown>) {
    const messages = [...failed.values()].map((error) => (error as Error).message);
    super(
      "ERR_INCOMPLETE",
      `${failed.size} of ${failed.size + pushed.length} accounts failed: ${messages.join(" ")}`,
    );
    this.pushed = pushed;
    this.failed = failed;
  }
}

/** A key of the operator, for what has to be signed. */
export interface Signing {
  /** Seed of the operator, or of a signing key of it. */
  operatorSeed: string;
}

/** The account resolvers of a cluster, or an HTTP account server. */
export interface Resolver {
  /**
   * Pushes account JWTs as they are, exporters first, many at a time. Resolves when every server has confirmed each by
   * name and runs it; else rejects, after everything that could be done: with the error of the one, or `PushFailed`.
   */
  push(jwts: string | readonly string[], options?: PushOptions): Promise<Pushed[]>;
  /** The newest copy of an account on any server; `undefined` when none holds it. */
  lookup(account: string): Promise<string | undefined>;
  /** What every server runs of an account, by name. */
  inspect(account: string): Promise<Inspection>;
  /** Public keys of all accounts that any server holds, sorted. Not possible with an HTTP account server. */
  list(): Promise<string[]>;
  /** Revokes the tokens of a user that were issued up to `issuedAt`, in unix seconds. Default: now. */
  revoke(account: string, user: string, options: Signing & { issuedAt?: number }): Promise<Revoked>;
  /** Removes an account so that it does not come back. */
  remove(account: string, options: Signing & Removal): Promise<Removed>;
  /** Closes the connection. */
  close(): Promise<void>;
}

/**
 * Connects to the account resolvers of a cluster as a system user, or to an HTTP account server.
 *
 *     const resolver = await connectResolver({ url: "nats://127.0.0.1:4222", credsFile: "sys.creds" });
 *     await resolver.push(jwt);
 *     await resolver.close();
 *
 * Errors: `ERR_UNREACHABLE`, `ERR_UNAUTHORIZED`, `ERR_TLS`, `ERR_INPUT`.
 */
export async function connectResolver(options: ResolverOptions): Promise<Resolver> {
  const { expect, log = () => undefined, ...target } = options;
  const client = new Client(target, expect, log);
  await client.operator();
  return client;
}

class Client implements Resolver {
  readonly #target: ClusterTarget;
  readonly #expected: readonly string[] | undefined;
  readonly #log: (line: string) => void;

  constructor(
    target: ClusterTarget,
    expected: readonly string[] | undefined,
    log: (line: string) => void,
  ) {
    this.#target = target;
    this.#expected = expected;
    this.#log = log;
  }

  /** Public key of the operator that the servers run; an account server does not say. */
  async operator(): Promise<string> {
    if (transportOf(this.#target) === "http") return "";
    return withConnection(this.#target, this.#log, async (connection) => {
      return (await connectedOperator(connection)).sub;
    });
  }

  async push(jwts: string | readonly string[], options: PushOptions = {}): Promise<Pushed[]> {
    const tokens = exportersFirst([jwts].flat().map(accountToken));
    const operator = await this.operator();
    const results = await withStore(this.#target, this.#log, (store) =>
      Promise.allSettled(
        tokens.map(({ token, claims }) => {
          const address = this.#address(claims.sub, claims.iss, operator, claims.name);
          return pushOne(store, address, token, claims, options);
        }),
      ),
    );
    const failed = new Map<string, unknown>();
    const pushed: Pushed[] = [];
    for (const [index, result] of results.entries()) {
      if (result.status === "fulfilled") pushed.push(result.value);
      else failed.set(tokens[index]?.claims.sub ?? "", result.reason);
    }
    if (failed.size === 0) return pushed;
    if (results.length === 1) throw failed.values().next().value;
    throw new PushFailed(pushed, failed);
  }

  async lookup(account: string): Promise<string | undefined> {
    return (await this.inspect(account)).newest?.jwt;
  }

  async inspect(account: string): Promise<Inspection> {
    const operator = await this.operator();
    return inspectAccount(this.#address(account, operator, operator));
  }

  list(): Promise<string[]> {
    if (transportOf(this.#target) === "http") {
      throw new NatsAuthError("ERR_INPUT", "an HTTP account server does not list its accounts");
    }
    return withConnection(this.#target, this.#log, async (connection) => {
      const operator = await this.operator();
      const { present } = await new ClusterStore(connection).survey(
        this.#address("", operator, operator),
      );
      const lists = await listAccounts(connection, present);
      const silent = present.filter((name) => !lists.some((list) => list.server === name));
      if (silent.length > 0) {
        throw new NatsAuthError("ERR_INCOMPLETE", `${silent.join(", ")} did not list its accounts`);
      }
      return [...new Set(lists.flatMap(({ accounts }) => accounts))].sort();
    });
  }

  async revoke(
    account: string,
    user: string,
    { operatorSeed, issuedAt = now() }: Signing & { issuedAt?: number },
  ) {
    return revokeUser(await this.#signedAddress(account, operatorSeed), user, issuedAt);
  }

  async remove(account: string, { operatorSeed, ...removal }: Signing & Removal) {
    return removeAccount(await this.#signedAddress(account, operatorSeed), removal);
  }

  close(): Promise<void> {
    return closeUnused(this.#target);
  }

  async #signedAddress(account: string, seed: string): Promise<AccountAddress> {
    const publicKey = publicKeyOf(seed);
    const operator = (await this.operator()) || publicKey;
    const address = this.#address(account, publicKey, operator);
    const { newest } = await inspectAccount(address);
    return {
      ...address,
      name: newest?.claims.name ?? account,
      operator: { publicKey: operator, signer: { publicKey, seed } },
    };
  }

  #address(account: string, signer: string, operator: string, name = account): AccountAddress {
    return {
      publicKey: account,
      name,
      operator: { publicKey: operator, signer: { publicKey: signer, seed: "" } },
      target: this.#target,
      remembered: [],
      expected: this.#expected,
      log: this.#log,
    };
  }
}

function accountToken(token: string): { token: string; claims: TokenClaims } {
  const claims = decodeToken(token);
  if (claims.nats["type"] !== "account") {
    throw new NatsAuthError("ERR_TOKEN", `a JWT about ${claims.sub} is no account JWT`);
  }
  return { token: token.trim(), claims };
}

async function pushOne(
  store: Store,
  address: AccountAddress,
  token: string,
  claims: TokenClaims,
  { verify = true, overwrite = false }: PushOptions,
): Promise<Pushed> {
  const roster = await store.survey(address);
  assertTrusted(roster, claims.iss);
  if (!overwrite) await assertNewer(store, address, roster, token, claims);
  const silent = silentAfter(
    address,
    roster,
    token,
    await store.send(address.publicKey, token, roster),
  );
  const absent = [...silent, ...roster.missing];
  let warnings: string[] = [];
  if (verify) {
    const present = roster.present.filter((name) => !silent.includes(name));
    const running = await store.running(address.publicKey, { ...roster, present });
    const idle = running.filter(({ jwt }) => jwt !== token).map(({ server }) => server);
    if (idle.length > 0) {
      throw new IncompletePush(
        "ERR_REJECTED",
        `${labelOf(address)}: ${idle.join(", ")} took the JWT without running it: ${notInForceHint}.`,
        incomplete(address, roster, token),
      );
    }
    absent.push(...present.filter((name) => !running.some(({ server }) => server === name)));
    warnings = await withoutEffect(store, address, { jwt: token, running, roster });
  }
  assertComplete(address, roster, token, absent);
  return { account: address.publicKey, jwt: token, servers: roster.present, warnings };
}

/** Servers take an older JWT for a newer one; what was revoked meanwhile would be let in again. */
async function assertNewer(
  store: Store,
  address: AccountAddress,
  roster: Roster,
  token: string,
  claims: TokenClaims,
): Promise<void> {
  const { believed, revocations } = await lookUp(store, address.publicKey, roster);
  const newer = believed.some((copy) => copy.token !== token && copy.claims.iat >= claims.iat);
  const why = newer
    ? "a server holds a copy that is not older"
    : revokes(claims, revocations)
      ? undefined
      : "a server's copy revokes what this one does not";
  if (!why) return;
  throw new NatsAuthError(
    "ERR_CONFLICT",
    `${labelOf(address)}: ${why}; nothing was sent. Look at it (\`lookup\`, \`inspect\`), sign a newer one, or push with \`overwrite\`.`,
  );
}
