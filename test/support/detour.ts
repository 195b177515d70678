/** A way to a server that can be slow, cut, or deaf in one direction. */
import { createConnection, createServer, type Server, type Socket } from "node:net";

export class Detour {
  /** How long each piece is on its way, in milliseconds. */
  delayMs = 0;
  /** Called with each piece that a client sends; `false` cuts the connection there, before it arrives. */
  onRequest: (text: string) => boolean = () => true;
  /** Called with each piece that the server sends; `false` cuts the connection there, before it arrives. */
  onReply: (text: string) => boolean = () => true;
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

  #carry(from: Socket, onto: Socket, passes: (text: string) => boolean): void {
    this.#sockets.add(from);
    from.on("data", (chunk) => {
      if (!passes(chunk.toString("latin1"))) {
        from.destroy();
        onto.destroy();
      } else if (this.delayMs > 0) {
        setTimeout(() => onto.write(chunk), this.delayMs);
      } else {
        onto.write(chunk);
      }
    });
    from.on("error", () => onto.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      onto.destroy();
    });
  }
}
