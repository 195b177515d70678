/** WebSockets of the package `ws`: Node's own take no certificates, and do not say why they failed. */
import { readFile } from "node:fs/promises";
import type { WsSocketFactory } from "@nats-io/transport-node";
import type { TlsSettings } from "./target";

const handshakeTimeout = 5_000;

/** Opens WebSockets with these TLS settings, where the address asks for TLS; `failed` hears why one came to nothing. */
export function webSockets(tls: TlsSettings, failed: (error: Error) => void): WsSocketFactory {
  return async (url) => {
    const encrypted = /^wss:/i.test(url);
    // Loaded by those who need it: a provider starts for every `pulumi up`.
    const { WebSocket } = await import("ws");
    const certificates = encrypted ? await certificatesOf(tls) : {};
    const socket = new WebSocket(url, { ...certificates, handshakeTimeout });
    // Stays when the client has lost interest: an error that nobody listens to would end the process.
    socket.on("error", failed);
    return {
      socket: socket as unknown as Awaited<ReturnType<WsSocketFactory>>["socket"],
      encrypted,
    };
  };
}

async function certificatesOf({ ca, caFile, cert, certFile, key, keyFile }: TlsSettings) {
  const text = async (file: string | undefined) =>
    file === undefined ? undefined : await readFile(file, "utf8");
  return {
    ca: ca ?? (await text(caFile)),
    cert: cert ?? (await text(certFile)),
    key: key ?? (await text(keyFile)),
  };
}
