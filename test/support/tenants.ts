/** Accounts and users on real servers, made with the library alone. */
import type { NatsConnection } from "@nats-io/transport-node";
import {
  type AccountClaims,
  type Issue,
  signUser,
  type UserClaims,
  validateAccount,
  validateUser,
} from "pulumi-nats-auth/claims";
import {
  formatCreds,
  generateKeyPair,
  type KeyPairData,
  signerFromSeed,
} from "pulumi-nats-auth/keys";
import { type AccountAddress, closeConnections, publishAccount } from "pulumi-nats-auth/resolver";
import { connectWith, freePort, type Server, Servers } from "./nats";
import { makeOperator, type TestOperator } from "./operator";

export const now = () => Math.floor(Date.now() / 1000);

/** An instant so many seconds from now. */
export const inSeconds = (seconds: number) => new Date((now() + seconds) * 1000).toISOString();

/** A user: its public key, its token, and the creds text with its seed. */
export interface TestUser {
  publicKey: string;
  seed: string;
  jwt: string;
  creds: string;
}

/** Who signs a user, and which; all have defaults. */
export interface UserOptions {
  /** A signing key of the account. Default: the account itself. */
  signer?: KeyPairData;
  /** Default: a new one. */
  key?: KeyPairData;
  /** Signs what our validation refuses, to see what the server says. */
  unchecked?: boolean;
}

/** One operator and its servers. */
export class Tenants {
  readonly operator: TestOperator;
  readonly servers: Servers;

  private constructor(operator: TestOperator, servers: Servers) {
    this.operator = operator;
    this.servers = servers;
  }

  /** Starts one server, or a cluster. `config` is more of its configuration. */
  static async start({
    operator = makeOperator("acme"),
    count = 1,
    jetstream = false,
    config = "",
  } = {}): Promise<Tenants> {
    const ports = await Promise.all(Array.from({ length: count }, freePort));
    const text = `${config}\n${operator.text}`;
    return new Tenants(operator, await Servers.start(text, ports, { jetstream }));
  }

  get server(): Server {
    return this.servers.all[0] as Server;
  }

  get url(): string {
    return this.server.url;
  }

  /** A new account with these claims, on every server. */
  async account(name: string, claims: Partial<AccountClaims> = {}): Promise<Tenant> {
    const tenant = new Tenant(this, name);
    await tenant.publish(claims);
    return tenant;
  }

  async close(): Promise<void> {
    await closeConnections();
    await this.servers.close();
  }
}

/** One account. */
export class Tenant {
  readonly name: string;
  readonly key: KeyPairData = generateKeyPair("account");
  /** What was published last. */
  claims: AccountClaims;
  readonly #tenants: Tenants;
  #jwt: string | undefined;

  constructor(tenants: Tenants, name: string) {
    this.#tenants = tenants;
    this.name = name;
    this.claims = { name };
  }

  get publicKey(): string {
    return this.key.publicKey;
  }

  /** Publishes these claims, after our validation found no error in them. */
  async publish(claims: Partial<AccountClaims>): Promise<void> {
    refuse(validateAccount({ name: this.name, ...claims }, { publicKey: this.publicKey }));
    await this.publishUnchecked(claims);
  }

  /** Publishes whatever they say. */
  async publishUnchecked(claims: Partial<AccountClaims>): Promise<void> {
    const { operator, url } = this.#tenants;
    const { identity, signing, system, systemSigning } = operator;
    const address: AccountAddress = {
      name: this.name,
      publicKey: this.publicKey,
      operator: { publicKey: identity.publicKey, signer: signing },
      target: {
        url,
        system: { publicKey: system.publicKey, signer: systemSigning },
        waitFor: 5_000,
      },
      remembered: [],
      log: () => {},
    };
    const all = { name: this.name, ...claims };
    const { jwt } = await publishAccount(address, all, { jwt: this.#jwt });
    this.#jwt = jwt;
    this.claims = all;
  }

  /** A user of this account; with nothing said it may do everything. */
  user(
    claims: Partial<UserClaims> = {},
    { signer = this.key, key = generateKeyPair("user"), unchecked }: UserOptions = {},
  ): TestUser {
    const all = { name: "someone", issuerAccount: this.publicKey, ...claims };
    if (!unchecked) refuse(validateUser(all));
    const jwt = signUser({
      publicKey: key.publicKey,
      claims: all,
      signer: signerFromSeed(signer.seed),
      issuedAt: now(),
    });
    return { ...key, jwt, creds: formatCreds(jwt, key.seed) };
  }

  /** Connects a new user. */
  connect(claims?: Partial<UserClaims>, options?: UserOptions): Promise<NatsConnection> {
    return connectWith(this.user(claims, options).creds, this.#tenants.url);
  }
}

function refuse(issues: Issue[]): void {
  const errors = issues.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  throw new Error(errors.map(({ path, message }) => `${path} ${message}`).join("; "));
}
