/**
 * What clients of one server may do, seen by what arrives. A server handles the commands of a connection in their
 * order and answers a flush after them, so nothing here waits for a time to pass.
 */
import {
  type Msg,
  type NatsConnection,
  NoRespondersError,
  RequestError,
} from "@nats-io/transport-node";

/** Those of the subjects under which a message of `from` gets to `to`, which may subscribe to everything. */
export async function published(
  from: NatsConnection,
  to: NatsConnection,
  subjects: string[],
): Promise<string[]> {
  const messages = await arriving(to, [">"], from, () => {
    for (const subject of subjects) from.publish(subject);
  });
  return messages.map(({ subject }) => subject).filter((subject) => subjects.includes(subject));
}

/**
 * Those of the subscriptions (`"orders.>"`, or with a queue group `"orders.> workers"`) by which `by` gets what
 * `from` publishes, which may publish everything.
 */
export async function subscribed(
  by: NatsConnection,
  from: NatsConnection,
  filters: string[],
): Promise<string[]> {
  const allowed: string[] = [];
  for (const filter of filters) {
    const subject = (filter.split(" ")[0] as string).replaceAll(/[*>]/g, "some");
    const messages = await arriving(by, [filter], from, () => from.publish(subject));
    if (messages.length > 0) allowed.push(filter);
  }
  return allowed;
}

/** The messages that get to subscriptions of `to` by what `send` makes `from` send. */
export async function arriving(
  to: NatsConnection,
  filters: string[],
  from: NatsConnection,
  send: () => void,
): Promise<Msg[]> {
  const messages: Msg[] = [];
  const subscriptions = filters.map((filter) => {
    const [subject, queue] = filter.split(" ") as [string, string | undefined];
    const callback = (error: Error | null, message: Msg) => {
      if (!error) messages.push(message);
    };
    return to.subscribe(subject, { ...(queue ? { queue } : {}), callback });
  });
  await to.flush();
  send();
  await from.flush();
  await to.flush();
  for (const subscription of subscriptions) subscription.unsubscribe();
  return messages;
}

/** Those of the subjects under which a request of the client gets an answer, where answers are given at once. */
export async function answered(client: NatsConnection, subjects: string[]): Promise<string[]> {
  const all: string[] = [];
  for (const subject of subjects) {
    try {
      await client.request(subject, "", { timeout: 2_000 });
      all.push(subject);
    } catch (error) {
      // Nobody listens, as far as this client may know.
      if (!(error instanceof NoRespondersError) && !(error instanceof RequestError)) throw error;
    }
  }
  return all;
}

/** The messages that get to a subscription from now on: the list grows. */
export async function listen(client: NatsConnection, subject: string): Promise<Msg[]> {
  const messages: Msg[] = [];
  const callback = (_: Error | null, message: Msg) => {
    messages.push(message);
  };
  client.subscribe(subject, { callback });
  await client.flush();
  return messages;
}

/** Answers requests from now on. */
export async function serve(
  client: NatsConnection,
  subject: string,
  answer: (request: Msg) => string,
): Promise<void> {
  const callback = (_: Error | null, request: Msg) => {
    request.respond(answer(request));
  };
  client.subscribe(subject, { callback });
  await client.flush();
}
