import { NatsAuthError } from "../errors";
import type { KeyPairData } from "../keys/index";

/** How to make sure that a server is the right one, and what to show it. PEM text, or the path of a file with it. */
export interface TlsSettings {
  /** Certificates of the authorities that are trusted. Default: those of Node. */
  ca?: string | undefined;
  /** The same as a file, read at each connect. */
  caFile?: string | undefined;
  /** Certificate of this client, for servers with `verify`. Default: none. */
  cert?: string | undefined;
  /** The same as a file, read at each connect. */
  certFile?: string | undefined;
  /** Private key of `cert`; a secret. */
  key?: string | undefined;
  /** The same as a file, read at each connect. */
  keyFile?: string | undefined;
  /** Begins with TLS, before the server says anything; for servers with `handshake_first`. Default: `false`. */
  handshakeFirst?: boolean | undefined;
}

/** The authority to make system users. */
export interface SystemAuthority {
  /** Public key of the system account. */
  publicKey: string;
  /** A key that may sign its users: a signing key of it, or its identity key. */
  signer: KeyPairData;
  /** The key before it: used while servers do not know that one yet. Default: none. */
  former?: KeyPairData | undefined;
  /** Its identity key: used while servers hold only a bootstrap system account, which trusts no other. Default: none. */
  identity?: KeyPairData | undefined;
}

/** Where accounts are pushed to, and as whom. Exactly one of `system`, `creds`, `credsFile` and `user` is given, and none for an HTTP account server. */
export interface ClusterTarget {
  /**
   * Addresses of one server or several of one cluster, as a list or with commas; the others are discovered.
   * `nats://`, `tls://` (refuses a server without TLS), `ws://`, `wss://`; or `http(s)://`, the base address of an account server.
   */
  url: string | string[];
  /** Makes a system user for each connection, which lives for minutes and may do nothing but this. */
  system?: SystemAuthority | undefined;
  /** Text of a creds file of a system user. */
  creds?: string | undefined;
  /** Path of a creds file of a system user, read at each connect. */
  credsFile?: string | undefined;
  /** JWT and seed of a system user. */
  user?: { jwt: string; seed: string } | undefined;
  /** TLS, for `nats://`, `tls://` and `wss://`; refused where it would mean nothing. Default: that of Node, where the server offers or the address asks for it. */
  tls?: TlsSettings | undefined;
  /** Milliseconds to wait for a server that does not answer, at first and after a cut. Default: one minute. */
  waitFor?: number | undefined;
  /** The command with which a person starts a server there, for messages. */
  startCommand?: (() => string) | undefined;
}

/** The addresses of a target as a list. */
export function addressesOf({ url }: Pick<ClusterTarget, "url">): string[] {
  return [url].flat().flatMap((text) => text.split(",").map((address) => address.trim()));
}

/** How a target is spoken to. */
export type Transport = "nats" | "ws" | "http";

const transports: Readonly<Record<string, Transport>> = {
  "nats:": "nats",
  "tls:": "nats",
  "ws:": "ws",
  "wss:": "ws",
  "http:": "http",
  "https:": "http",
};

/** How a target is spoken to. Throws `ERR_INPUT` for addresses that do not belong together, and others than ours. */
export function transportOf(target: Pick<ClusterTarget, "url">): Transport {
  const addresses = addressesOf(target);
  // Not quoted: it holds a password. Every message after this one may name the addresses.
  if (addresses.some((address) => /^(?:[^/]*:\/\/)?[^/]*@/.test(address))) {
    throw new NatsAuthError(
      "ERR_INPUT",
      "an address must not hold a user, password or token: as whom to connect is said by system, creds, credsFile or user",
    );
  }
  const kinds = addresses.map((address) =>
    // "host" and "host:4222" are addresses too, as everywhere in NATS.
    address.includes("://") ? transports[schemeOf(address)] : "nats",
  );
  const [kind] = kinds;
  if (kind === undefined || kinds.some((other) => other !== kind)) {
    throw new NatsAuthError(
      "ERR_INPUT",
      `${addresses.join(", ")}: addresses begin with nats:// or tls://, with ws:// or wss://, or with http:// or https://, all alike`,
    );
  }
  return kind;
}

/** Why TLS settings mean nothing to these addresses, as a phrase; `undefined` when there are none, or they do. */
export function tlsProblem(target: Pick<ClusterTarget, "url" | "tls">): string | undefined {
  if (Object.values(target.tls ?? {}).every((value) => value === undefined)) return undefined;
  const transport = transportOf(target);
  if (transport === "http") {
    return "means nothing to an HTTP account server: Node's `fetch` trusts the authorities of Node, and those that the environment variable NODE_EXTRA_CA_CERTS names; leave it away, or give this account `tls: {}` where it is its operator's";
  }
  if (transport === "ws" && addressesOf(target).every((one) => schemeOf(one) === "ws:")) {
    return "means nothing to ws://, which does without TLS: write wss://, or leave it away, or give this account `tls: {}` where it is its operator's";
  }
  return undefined;
}

/** The scheme of an address with its colon. */
export function schemeOf(address: string): string {
  return `${address.split("://", 1)[0]?.toLowerCase()}:`;
}
