/**
 * What clients of one server may do, seen by what arrives. A server handles the commands of a connection in their
 * order and answers a flush after them, so nothing here waits for a time to pass.
 */
import type { Msg, NatsConnection } from "@nats-io/transport-node";

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
