/** Auth callout: what servers ask an authorization service, and what it answers. */

import type { GeneralClaims } from "./common";

/** The server that asks. */
export interface AskingServer {
  /** Name of the server. */
  name: string;
  /** Its host. */
  host: string;
  /** Its public key (N…): the audience of the answer. */
  id: string;
  /** Its version. */
  version?: string | undefined;
  /** Name of its cluster. */
  cluster?: string | undefined;
  /** Tags of its configuration. */
  tags?: string[] | undefined;
  /** Its public curve key (X…), when the request was encrypted: an answer may be encrypted for it. */
  xkey?: string | undefined;
}

/** The client that wants to connect, as the server sees it. */
export interface AskingClient {
  /** Address it comes from. */
  host?: string | undefined;
  /** Number of its connection. */
  id?: number | undefined;
  /** User that it named. */
  user?: string | undefined;
  /** Name of the connection. */
  name?: string | undefined;
  /** Tags of the user. */
  tags?: string[] | undefined;
  /** Name in the user's JWT. */
  nameTag?: string | undefined;
  /** Kind of the connection, such as `"Client"`. */
  kind?: string | undefined;
  /** Its protocol, such as `"nats"`. */
  type?: string | undefined;
  /** MQTT client id. */
  mqttId?: string | undefined;
  /** The nonce that it had to sign. */
  nonce?: string | undefined;
}

/** What the client sent when it connected. Holds passwords and tokens in clear: keep it out of logs. */
export interface AskingConnection {
  /** The user JWT. */
  jwt?: string | undefined;
  /** The public nkey. */
  nkey?: string | undefined;
  /** Its signature of the nonce. */
  signature?: string | undefined;
  /** A token; secret. */
  token?: string | undefined;
  /** User name. */
  user?: string | undefined;
  /** Password; secret. */
  password?: string | undefined;
  /** Name of the connection. */
  name?: string | undefined;
  /** Language of the client library. */
  language?: string | undefined;
  /** Version of the client library. */
  version?: string | undefined;
  /** Version of the protocol. */
  protocol: number;
}

/** The client's side of TLS. */
export interface AskingTls {
  /** Version of TLS. */
  version?: string | undefined;
  /** Name of the cipher suite. */
  cipher?: string | undefined;
  /** Certificates of the client that were not verified, as PEM. */
  certificates?: string[] | undefined;
  /** Verified chains, the client's own certificate first in each, as PEM. */
  verifiedChains?: string[][] | undefined;
}

/** A server's question to an authorization service: may this client connect, and as whom? Servers sign it. */
export interface AuthorizationRequest extends GeneralClaims {
  /** Name for people; servers set none. */
  name?: string | undefined;
  /** The server that asks. */
  server: AskingServer;
  /** Public key (U…), made for this attempt: what the answer is about, and the user JWT in it too. */
  userKey: string;
  /** The client that wants to connect. */
  client: AskingClient;
  /** What it sent when it connected. */
  connection: AskingConnection;
  /** Its side of TLS. Absent without TLS. */
  tls?: AskingTls | undefined;
  /** A nonce of the request; servers set none today. */
  nonce?: string | undefined;
}

/** The answer of an authorization service. Exactly one of `jwt` and `error` is given. */
export interface AuthorizationResponse extends GeneralClaims {
  /** Name for people. Default: none. */
  name?: string | undefined;
  /** Public key (N…) of the server that asked: `server.id` of the request. */
  audience: string;
  /** JWT of the user as whom the client is let in: about the request's `userKey`, signed by a key of the account it shall be in. */
  jwt?: string | undefined;
  /** Why the client is refused; servers log it, the client does not see it. */
  error?: string | undefined;
  /** Public key (A…) of the service's account when a signing key of it signs. */
  issuerAccount?: string | undefined;
}
