/** A connection that comes back: signs in anew after each cut, and asks again what was under way. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Msg, type NatsConnection, PermissionViolationError } from "@nats-io/transport-node";
import { NatsAuthError } from "../errors";
import { type Identity, identitiesOf } from "./credentials";
import { dial, isRefusal, isTlsFailure } from "./dial";
import { type Answers, Exchange, type Question } from "./exchange";
import {
  notPermitted,
  refused,
  tooLarge,
  unreachable,
  untrustedServer,
  waiting,
} from "./link-errors";
import { type Purpose, permits } from "./protocol";
import { serverNameOf } from "./replies";
import { addressesOf, type ClusterTarget, schemeOf, transportOf } from "./target";
import { type Watch, Watches } from "./watch";

const defaultWaitMs = 60_000;
const retryMs = 250;
/** A server that is just starting needs no words. */
const announceMs = 1_000;

/** An open connection to a cluster. */
export class Link {
  readonly #target: ClusterTarget;
  readonly #purpose: Purpose;
  readonly #log: (line: string) => void;
  readonly #exchange = new Exchange(serverNameOf);
  readonly #watches = new Watches();
  readonly #privateInbox = `_INBOX_${randomUUID().replaceAll("-", "")}`;
  #nc: NatsConnection | undefined;
  #discovered: string[] = [];
  #reconnecting = false;
  #closed = false;
  #failure: unknown;
  #ended: () => void = () => undefined;
  /** Settles when it is closed for good. */
  readonly ended = new Promise<void>((resolve) => {
    this.#ended = resolve;
  });

  constructor(target: ClusterTarget, purpose: Purpose, log: (line: string) => void) {
    this.#target = target;
    this.#purpose = purpose;
    this.#log = log;
  }

  /** Connects, waiting for a server that is not up yet. */
  async open(): Promise<this> {
    try {
      await this.#connect();
      return this;
    } catch (error) {
      this.#end(error);
      throw error;
    }
  }

  /** Asks every server. Rejects when the connection is lost and does not come back. */
  ask(question: Question): Promise<Answers> {
    if (this.#closed) return Promise.reject(this.#failure);
    const answers = this.#exchange.ask(question);
    if (!this.#nc) this.#reconnect();
    return answers;
  }

  /** Sees what others push of an account, from now until it is stopped. */
  watch(account: string): Watch {
    return this.#watches.start(account);
  }

  /** Id of the server that this connection goes to. */
  get serverId(): string {
    return this.#nc?.info?.server_id ?? "";
  }

  async close(): Promise<void> {
    const nc = this.#nc;
    this.#end(new NatsAuthError("ERR_UNREACHABLE", "the connection was closed"));
    await nc?.close();
  }

  #end(error: unknown): void {
    this.#closed = true;
    this.#failure = error;
    this.#nc = undefined;
    this.#exchange.fail(error);
    this.#watches.disconnected();
    this.#ended();
  }

  async #connect(): Promise<void> {
    const addresses = addressesOf(this.#target);
    const waitMs = this.#target.waitFor ?? defaultWaitMs;
    const start = Date.now();
    for (let announced = false; ; ) {
      try {
        const { nc, identity } = await this.#dialAs();
        if (this.#closed) return await nc.close();
        return this.#attach(nc, identity);
      } catch (error) {
        if (error instanceof NatsAuthError) throw error;
        if (isRefusal(error)) throw refused(this.#target, error);
        if (isTlsFailure(error)) throw untrustedServer(addresses, error);
        if (Date.now() - start >= waitMs) throw unreachable(this.#target, waitMs, error);
        if (!announced && Date.now() - start >= Math.min(announceMs, waitMs / 2)) {
          announced = true;
          this.#log(waiting(this.#target, waitMs));
        }
        await sleep(Math.min(retryMs, Math.max(1, start + waitMs - Date.now())));
      }
    }
  }

  async #dialAs(): Promise<{ nc: NatsConnection; identity: Identity }> {
    const rights = permits[this.#purpose];
    const identities = await identitiesOf(this.#target, rights, this.#privateInbox);
    for (const [index, identity] of identities.entries()) {
      try {
        return { nc: await dial(this.#target, identity, this.#discovered), identity };
      } catch (error) {
        if (!isRefusal(error) || index === identities.length - 1) throw error;
      }
    }
    throw new Error("no identity");
  }

  #attach(nc: NatsConnection, { inboxPrefix }: Identity): void {
    this.#nc = nc;
    this.#discovered = discoveredBy(nc, this.#target);
    const inbox = `${inboxPrefix}.${randomUUID().slice(0, 8)}`;
    nc.subscribe(`${inbox}.>`, {
      callback: (error: Error | null, message: Msg) => {
        if (error) return this.#end(notPermitted(error, this.#purpose));
        const nobody = message.data.length === 0 && message.headers?.code === 503;
        const token = message.subject.slice(inbox.length + 1);
        this.#exchange.receive(token, { text: message.string(), nobody });
      },
    });
    this.#readStatus(nc);
    nc.closed().then(() => this.#lost(nc));
    this.#watches.connected(nc, (error) => notPermitted(error, this.#purpose));
    this.#exchange.connected((subject, payload, token) => {
      const limit = nc.info?.max_payload ?? Number.POSITIVE_INFINITY;
      const size = Buffer.byteLength(payload);
      if (size > limit) throw tooLarge(size, limit);
      nc.publish(subject, payload, { reply: `${inbox}.${token}` });
    });
  }

  async #readStatus(nc: NatsConnection): Promise<void> {
    for await (const status of nc.status()) {
      if (status.type !== "error") continue;
      const { error } = status;
      if (error instanceof PermissionViolationError && error.operation === "publish") {
        this.#exchange.refuse(error.subject, notPermitted(error, this.#purpose));
      }
    }
  }

  /** The connection was cut. Where nobody waits, the next question brings it back. */
  #lost(nc: NatsConnection): void {
    if (this.#nc !== nc) return;
    this.#nc = undefined;
    this.#exchange.disconnected();
    this.#watches.disconnected();
    if (this.#exchange.busy) this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    if (this.#reconnecting || this.#closed) return;
    this.#reconnecting = true;
    try {
      await this.#connect();
    } catch (error) {
      this.#end(error);
    } finally {
      this.#reconnecting = false;
    }
  }
}

/** The other servers of the cluster, as the server says; by TLS only those with a name, which a certificate can hold. */
function discoveredBy({ info }: NatsConnection, target: ClusterTarget): string[] {
  const [address] = addressesOf(target) as [string];
  const scheme = address.includes("://") ? schemeOf(address) : "nats:";
  const plain = transportOf(target) === "nats" && !info?.tls_required && scheme !== "tls:";
  return (info?.connect_urls ?? [])
    .filter((url) => plain || /^[^:]*[a-z]/i.test(url))
    .map((url) => `${scheme}//${url}`);
}
