/**
 * Which command starts the servers that a push waits for. The hooks of configurations and servers
 * note it in passing; it serves messages only.
 */

/** Where nats-server listens by itself. */
const defaultPort = "4222";

const byOperator = new Map<string, string>();
const byAddress = new Map<string, string>();

/** Notes the file with which servers of an operator are started. */
export function noteConfigOf(operator: string, path: string): void {
  byOperator.set(operator, path);
}

/** Notes the file with which the server at an address was started. */
export function noteConfigAt(address: string, path: string): void {
  byAddress.set(address, path);
}

/** The command for a server of this operator at one of these addresses. */
export function startCommand(operator: string, addresses: readonly string[]): string {
  const here = addresses
    .map((address) => byAddress.get(address))
    .find((path) => path !== undefined);
  if (here !== undefined) return `nats-server -c ${here}`;
  const path = byOperator.get(operator) ?? "<the text of your ResolverConfig, in a file>";
  // The file does not say where to listen.
  const ports = addresses.map((address) => new URL(address).port || defaultPort);
  return `nats-server -c ${path}${ports.includes(defaultPort) ? "" : ` -p ${ports[0]}`}`;
}
