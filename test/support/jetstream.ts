/** Requests to JetStream, and what came of them. */
import { headers, type NatsConnection, RequestError, TimeoutError } from "@nats-io/transport-node";
import { until } from "./nats";

/** A stream as JetStream wants it; what is left out has the server's default. */
export interface StreamConfig {
  name: string;
  subjects?: string[];
  storage?: "file" | "memory";
  num_replicas?: number;
  max_bytes?: number;
}

/** Waits until the servers of a cluster have chosen who leads JetStream: before that nobody answers. */
export function jetstreamReady(client: NatsConnection): Promise<void> {
  return until(async () => {
    try {
      const reply = await client.request("$JS.API.INFO", "", { timeout: 500 });
      return reply.json<{ error?: object }>().error === undefined;
    } catch (error) {
      if (error instanceof TimeoutError || error instanceof RequestError) return false;
      throw error;
    }
  }, 60_000);
}

/** Makes a stream: `"made"`, or why not in the server's words. */
export function makeStream(client: NatsConnection, config: StreamConfig): Promise<string> {
  const { name, storage = "file" } = config;
  const subjects = config.subjects ?? [name];
  return ask(client, `STREAM.CREATE.${name}`, { ...config, subjects, storage });
}

/** Stores a message once, however often it has to be sent until a stream takes it. */
export function store(client: NatsConnection, subject: string, data: string): Promise<void> {
  const once = headers();
  once.set("Nats-Msg-Id", subject);
  const stored = async () => {
    const reply = await client.request(subject, data, { headers: once, timeout: 5_000 });
    return reply.json<{ error?: object }>().error === undefined;
  };
  return until(() => stored().catch(() => false), 60_000);
}

/** Makes a durable consumer of a stream. */
export function makeConsumer(
  client: NatsConnection,
  stream: string,
  config: { durable_name: string; max_ack_pending?: number },
): Promise<string> {
  const body = { stream_name: stream, config: { ack_policy: "explicit", ...config } };
  return ask(client, `CONSUMER.DURABLE.CREATE.${stream}.${config.durable_name}`, body);
}

async function ask(client: NatsConnection, request: string, body: object): Promise<string> {
  const reply = await client.request(`$JS.API.${request}`, JSON.stringify(body), {
    timeout: 5_000,
  });
  const { error } = reply.json<{ error?: { description: string } }>();
  return error === undefined ? "made" : error.description;
}
