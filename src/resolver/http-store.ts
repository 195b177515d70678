/**
 * An HTTP account server: `POST <url>/accounts/<public key>` takes a JWT, `GET` gives it (nsc pushes to it so, servers
 * with a `URL` resolver read it so). It tells nobody that an account has changed: servers ask again when they need it.
 */
import { NatsAuthError } from "../errors";
import type { AccountAddress } from "./address";
import type { Reply, RunningAccount } from "./replies";
import type { Roster } from "./roster";
import type { Store } from "./store";
import { addressesOf, type ClusterTarget, tlsProblem } from "./target";
import type { Watch } from "./watch";

const requestMs = 10_000;
const retryMs = 250;
const defaultWaitMs = 60_000;
const contentType = "application/jwt";

export class HttpStore implements Store {
  readonly #target: ClusterTarget;
  readonly #bases: string[];

  constructor(target: ClusterTarget) {
    const problem = tlsProblem(target);
    if (problem !== undefined) throw new NatsAuthError("ERR_INPUT", `tls ${problem}`);
    this.#target = target;
    this.#bases = addressesOf(target).map((address) => address.replace(/\/+$/, ""));
  }

  async survey(_address: AccountAddress): Promise<Roster> {
    return {
      present: [...this.#bases].sort(),
      lasting: [],
      missing: [],
      // The account server itself checks who signed; which keys its operator has, it does not say.
      believes: () => true,
      doubting: [],
      holders: this.#bases.length,
      systemAccount: "",
    };
  }

  async lookUp(account: string): Promise<{ tokens: string[]; answers: number }> {
    const held = await Promise.all(this.#bases.map((base) => this.#get(base, account)));
    return { tokens: held.filter((jwt) => jwt !== undefined), answers: held.length };
  }

  async send(account: string, jwt: string): Promise<{ replies: Reply[]; nobody: boolean }> {
    const replies = await Promise.all(
      this.#bases.map(async (server) => {
        const headers = { "content-type": contentType };
        const response = await this.#request(server, account, {
          method: "POST",
          body: jwt,
          headers,
        });
        const said = (await response.text()).trim().slice(0, 200);
        return { server, ok: response.ok, text: response.ok ? said : `${response.status} ${said}` };
      }),
    );
    return { replies, nobody: false };
  }

  async running(account: string): Promise<RunningAccount[]> {
    return Promise.all(
      this.#bases.map(async (server) => {
        const jwt = await this.#get(server, account);
        return { server, jwt, expired: false, complete: true, imports: [] };
      }),
    );
  }

  watch(): Watch {
    return { take: () => ({ jwts: [], blind: false }), stop: () => undefined };
  }

  async #get(base: string, account: string): Promise<string | undefined> {
    const response = await this.#request(base, account, { headers: { accept: contentType } });
    const text = (await response.text()).trim();
    if (response.status === 404) return undefined;
    if (response.ok) return text === "" ? undefined : text;
    throw new NatsAuthError(
      "ERR_REJECTED",
      `the account server ${base} answered ${response.status} when it was asked for account ${account}; look at its log`,
    );
  }

  /** Waits for an account server that is not up yet. */
  async #request(base: string, account: string, init: RequestInit): Promise<Response> {
    const waitMs = this.#target.waitFor ?? defaultWaitMs;
    const deadline = Date.now() + waitMs;
    for (;;) {
      try {
        const signal = AbortSignal.timeout(requestMs);
        return await fetch(`${base}/accounts/${account}`, { ...init, signal, redirect: "follow" });
      } catch (cause) {
        if (Date.now() >= deadline) {
          throw new NatsAuthError(
            "ERR_UNREACHABLE",
            `no account server answered at ${base} for ${Math.ceil(waitMs / 1000)} s. Start it or correct the address, then run the command again: it goes on where this one stopped.`,
            { cause },
          );
        }
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
  }
}
