/** What servers answer, read without trust: whoever may subscribe in the system account can answer. Pure. */

type Message = Record<string, unknown>;

function parseObject(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Foreign responders may send anything; what is no JSON object is no answer.
    return undefined;
  }
}

function isObject(value: unknown): value is Message {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectOf(value: unknown): Message {
  return isObject(value) ? value : {};
}

function objectsOf(value: unknown): Message[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function serverOf(message: Message): Message {
  return objectOf(message["server"]);
}

/** The name of the server that answered; empty when the answer does not say. */
export function serverNameOf(text: string): string {
  const message = parseObject(text);
  return message ? textOf(serverOf(message)["name"]) : "";
}

/** One server's answer to an update or delete. */
export interface Reply {
  /** Name of the server that answered. */
  server: string;
  ok: boolean;
  /** What the server said, in its own words. */
  text: string;
}

/** Reads the answer to an update or delete request; `undefined` when it is none. */
export function parseReply(text: string): Reply | undefined {
  const message = parseObject(text);
  if (!message) return undefined;
  const server = textOf(serverOf(message)["name"]);
  if (!server) return undefined;
  if (isObject(message["error"])) {
    return { server, ok: false, text: textOf(message["error"]["description"]) };
  }
  if (!isObject(message["data"])) return undefined;
  return { server, ok: message["data"]["code"] === 200, text: textOf(message["data"]["message"]) };
}

/** What a server says of itself in reply to a ping. */
export interface Ping {
  name: string;
  id: string;
  /** How many servers it knows of, itself included; 0 when it does not say. */
  activeServers: number;
  /** Names of servers of its cluster that it is connected to. */
  routes: string[];
  /** Its clock, in milliseconds since 1970; `undefined` when it does not say. */
  time: number | undefined;
}

/** Reads the answer to a ping; `undefined` when it is none. */
export function parsePing(text: string): Ping | undefined {
  const message = parseObject(text);
  if (!message) return undefined;
  const server = serverOf(message);
  const statistics = objectOf(message["statsz"]);
  const active = statistics["active_servers"];
  const time = Date.parse(textOf(server["time"]));
  return {
    name: textOf(server["name"]),
    id: textOf(server["id"]),
    activeServers: typeof active === "number" ? active : 0,
    routes: objectsOf(statistics["routes"]).map((route) => textOf(route["name"])),
    time: Number.isNaN(time) ? undefined : time,
  };
}

/** What a server says of its configuration in reply to a VARZ ping. */
export interface ServerVariables {
  name: string;
  id: string;
  /** The operator JWTs that this server started with, first one first; empty where it has none. */
  operators: string[];
  /** Public key of its system account. */
  systemAccount: string;
}

/** Reads a VARZ reply; `undefined` when it is none. */
export function parseVariables(text: string): ServerVariables | undefined {
  const message = parseObject(text);
  if (!message || !isObject(message["data"])) return undefined;
  const server = serverOf(message);
  return {
    name: textOf(server["name"]),
    id: textOf(server["id"]),
    operators: textsOf(message["data"]["trusted_operators_jwt"]),
    systemAccount: textOf(message["data"]["system_account"]),
  };
}

/** An import as a server applied it. */
export interface AppliedImport {
  account: string;
  subject: string;
  type: string;
  invalid: boolean;
}

/** An account as one server runs it. */
export interface RunningAccount {
  server: string;
  /** The JWT in force; `undefined` where the server runs no such account. */
  jwt: string | undefined;
  expired: boolean;
  /** Whether all imports took effect. */
  complete: boolean;
  imports: AppliedImport[];
}

/** Reads an ACCOUNTZ reply; `undefined` when it is none. */
export function parseAccount(text: string): RunningAccount | undefined {
  const message = parseObject(text);
  const server = message ? textOf(serverOf(message)["name"]) : "";
  if (!message || !server) return undefined;
  const detail = objectOf(objectOf(message["data"])["account_detail"]);
  return {
    server,
    jwt: textOf(detail["jwt"]) || undefined,
    expired: detail["expired"] === true,
    complete: detail["complete"] === true,
    imports: objectsOf(detail["imports"]).map((one) => ({
      account: textOf(one["account"]),
      subject: textOf(one["subject"]),
      type: textOf(one["type"]),
      invalid: one["invalid"] === true,
    })),
  };
}

/** Reads from a JSZ reply the names of members of the JetStream cluster that are offline. */
export function parseOffline(text: string): string[] {
  const data = objectOf(parseObject(text)?.["data"]);
  return objectsOf(objectOf(data["meta_cluster"])["replicas"])
    .filter((peer) => peer["offline"] === true)
    .map((peer) => textOf(peer["name"]));
}

/** Reads the names of an account's streams from a JSZ reply. */
export function parseStreams(text: string, account: string): string[] {
  const data = objectOf(parseObject(text)?.["data"]);
  return objectsOf(data["account_details"])
    .filter((detail) => detail["id"] === account)
    .flatMap((detail) => objectsOf(detail["stream_detail"]))
    .map((stream) => textOf(stream["name"]));
}

/** Reads the public keys of a LIST reply, and who sent it; `undefined` when it is none. */
export function parseList(text: string): { server: string; accounts: string[] } | undefined {
  const message = parseObject(text);
  const server = message ? textOf(serverOf(message)["name"]) : "";
  return message && server ? { server, accounts: textsOf(message["data"]) } : undefined;
}

/** Reads one message of a PACK; `undefined` for the empty one at its end. */
export function parsePacked(text: string): { account: string; jwt: string } | undefined {
  const [account, jwt] = text.split("|");
  return account && jwt ? { account, jwt } : undefined;
}
