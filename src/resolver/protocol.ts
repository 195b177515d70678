/**
 * The words of the server's account resolver: subjects, and what replies mean. Pure.
 * Source: nats-server `server/accounts.go` (update, delete, lookup) and `server/events.go` (pings).
 */

export const subjects = {
  update: "$SYS.REQ.CLAIMS.UPDATE",
  delete: "$SYS.REQ.CLAIMS.DELETE",
  ping: "$SYS.REQ.SERVER.PING",
  variables: "$SYS.REQ.SERVER.PING.VARZ",
  lookup: (account: string) => `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`,
} as const;

/** Exactly what our system user may publish; everything it reads comes to its own inbox. */
export const publishPermissions: readonly string[] = [
  subjects.update,
  subjects.delete,
  subjects.ping,
  subjects.variables,
  subjects.lookup("*"),
];

/** One server's answer to an update or delete. */
export interface Reply {
  /** Name of the server that answered. */
  server: string;
  ok: boolean;
  /** What the server said, in its own words. */
  text: string;
}

/** What a server says of itself in reply to a VARZ ping. */
export interface ServerVariables {
  name: string;
  id: string;
  /** The operator JWTs that this server started with, first one first; empty where it has none. */
  operators: string[];
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    // Foreign responders may send anything; what is no JSON object is no answer.
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function serverOf(message: Record<string, unknown>): Record<string, unknown> {
  return isObject(message["server"]) ? message["server"] : {};
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

/** Reads a VARZ reply; `undefined` when it is none. */
export function parseVariables(text: string): ServerVariables | undefined {
  const message = parseObject(text);
  if (!message || !isObject(message["data"])) return undefined;
  const server = serverOf(message);
  const operators = message["data"]["trusted_operators_jwt"];
  return {
    name: textOf(server["name"]),
    id: textOf(server["id"]),
    operators: Array.isArray(operators) ? operators.filter((o) => typeof o === "string") : [],
  };
}

/** Reads how many servers the answering one knows of, itself included; 0 when the reply does not say. */
export function parseActiveServers(text: string): number {
  const statistics = parseObject(text)?.["statsz"];
  const active = isObject(statistics) ? statistics["active_servers"] : undefined;
  return typeof active === "number" ? active : 0;
}
