/** A way to a server that can be slow, cut, or deaf in one direction. */
import { createConnection, createServer, type Server, type Socket } from "node:net";

export class Detour {
  /** How long each piece is on its way, in milliseconds. */
  delayMs = 0;
  /** Called with each piece that a client sends, which waits for the answer; `false` cuts the connection there. */
  onRequest: (text: string) => boolean | Promise<boolean> = () => true;
  /** The same with each piece that the server sends. */
  onReply: (text: string) => boolean | Promise<boolean> = () => true;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(to: number) {
    this.#server = createServer((client) => {
      const server = createConnection({ host: "127.0.0.1", port: to });
      this.#carry(client, server, (text) => this.onRequest(text));
      this.#carry(server, client, (text) => this.onReply(text));
    });
  }

  static async to(port: number): Promise<Detour> {
    const detour = new Detour(port);
    await new Promise<void>((done) => detour.#server.listen(0, "127.0.0.1", done));
    return detour;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address ? address.port : 0;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  #carry(from: Socket, onto: Socket, passes: (text: string) => boolean | Promise<boolean>): void {
    this.#sockets.add(from);
    let before: Promise<unknown> = Promise.resolve();
    from.on("data", (chunk) => {
      const { delayMs } = this;
      before = before.then(async () => {
        if (!(await passes(chunk.toString("latin1")))) {
          from.destroy();
          onto.destroy();
        } else if (delayMs > 0) {
          setTimeout(() => onto.write(chunk), delayMs);
        } else {
          onto.write(chunk);
        }
      });
    });
    from.on("error", () => onto.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      onto.destroy();
    });
  }
}
