/** A stack after its first `up`: it has an operator, and servers that trust it run. */
import { Servers } from "./nats";
import { operatorFor } from "./programs";
import { Stack } from "./stack";

/** Makes the operator, and starts a server on each port with its resolver configuration. Both are the caller's to close. */
export async function bootstrap(
  ports: number[],
  options: { jetstream?: boolean } = {},
): Promise<{ stack: Stack; servers: Servers }> {
  const stack = await Stack.create(operatorFor(ports));
  try {
    await stack.up();
    const { config } = await stack.outputs();
    return { stack, servers: await Servers.start(config as string, ports, options) };
  } catch (error) {
    stack.close();
    throw error;
  }
}
