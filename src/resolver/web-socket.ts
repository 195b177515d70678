/** WebSockets of the package `ws`: Node's own take no certificates, and do not say why they failed. */
import { readFile } from "node:fs/promises";
import type { WsSocketFactory } from "@nats-io/transport-node";
import type { ClientOptions } from "ws";
import { NatsAuthError } from "../errors";
import { addressesOf, type ClusterTarget, schemeOf, type TlsSettings } from "./target";

// The type does not know `closeTimeout` yet. A server that is gone answers no closing handshake.
const times = { handshakeTimeout: 5_000, closeTimeout: 1_000 } as ClientOptions;

/**
 * Makes ready all that can fail: the client waits for ever for a factory that does. What is returned opens the socket
 * of one attempt; `failed` hears why it came to nothing.
 */
export async function webSockets(
  target: ClusterTarget,
): Promise<(failed: (error: Error) => void) => WsSocketFactory> {
  // Loaded by those who need it: a provider starts for every `pulumi up`.
  const { WebSocket } = await import("ws");
  const secure = addressesOf(target).some((address) => schemeOf(address) === "wss:");
  const certificates = secure ? await certificatesOf(target.tls ?? {}) : {};
  return (failed) => async (url) => {
    const encrypted = schemeOf(url) === "wss:";
    const tls = encrypted ? { ...certificates, rejectUnauthorized: true } : {};
    const socket = new WebSocket(url, { ...tls, ...times });
    // Stays when the client has lost interest: an error that nobody listens to would end the process.
    socket.on("error", failed);
    return {
      socket: socket as unknown as Awaited<ReturnType<WsSocketFactory>>["socket"],
      encrypted,
    };
  };
}

/** Whether a WebSocket can be opened to an address without an exception. */
export function isWebSocketAddress(address: string): boolean {
  return URL.canParse(address) && new URL(address).hash === "";
}

async function certificatesOf({ ca, caFile, cert, certFile, key, keyFile }: TlsSettings) {
  // As the client does it by TCP: a file counts before a text.
  const read = async (name: string, file: string | undefined, text: string | undefined) => {
    if (!file) return text || undefined;
    try {
      return await readFile(file, "utf8");
    } catch (cause) {
      const message = `tls.${name} cannot be read: ${(cause as Error).message}`;
      throw new NatsAuthError("ERR_INPUT", message, { cause });
    }
  };
  return {
    ca: await read("caFile", caFile, ca),
    cert: await read("certFile", certFile, cert),
    key: await read("keyFile", keyFile, key),
  };
}
