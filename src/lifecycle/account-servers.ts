/**
 * Which servers hold an account, as its own hooks last heard. The hooks of its users ask here: were it an
 * input of theirs, each change of an account would show all its users as changed.
 */

const known = new Map<string, readonly string[]>();

/** Notes the servers of an account. */
export function noteServers(account: string, servers: unknown): void {
  if (Array.isArray(servers)) known.set(account, servers as string[]);
}

/** The servers of an account, where they were noted in this process. */
export function notedServers(account: string): readonly string[] {
  return known.get(account) ?? [];
}
