/** A small HTTP account server, as nats-account-server is: `POST` and `GET` of `/jwt/v1/accounts/<public key>`. */
import { createServer, type Server } from "node:http";
import { decodeToken } from "pulumi-nats-auth/claims";
import { freePort } from "./nats";

export class AccountServer {
  readonly accounts = new Map<string, string>();
  /** Answers with these words instead of storing. */
  refusal: string | undefined;
  readonly url: string;
  readonly #server: Server;

  private constructor(port: number) {
    this.url = `http://127.0.0.1:${port}/jwt/v1`;
    this.#server = createServer(async (request, response) => {
      const answer = (status: number, text = "") => {
        response.writeHead(status, { "content-type": "application/jwt" }).end(text);
      };
      const [, account] = /^\/jwt\/v1\/accounts\/?(\w*)/.exec(request.url ?? "") ?? [];
      if (account === undefined) return answer(404);
      // nats-server asks so at its start whether anybody is there.
      if (account === "") return answer(200);
      if (request.method === "GET") {
        const jwt = this.accounts.get(account);
        return jwt === undefined ? answer(404, "no such account") : answer(200, jwt);
      }
      if (this.refusal !== undefined) return answer(400, this.refusal);
      let text = "";
      for await (const chunk of request) text += chunk;
      if (decodeToken(text).sub !== account) return answer(400, "another account");
      this.accounts.set(account, text);
      return answer(200);
    });
  }

  static async start(): Promise<AccountServer> {
    const port = await freePort();
    const one = new AccountServer(port);
    await new Promise<void>((done) => one.#server.listen(port, "127.0.0.1", done));
    return one;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }
}
