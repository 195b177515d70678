/** One shared connection per cluster, identity and purpose: opened on first use, closed when idle. */
import { Link } from "./link";
import type { Purpose } from "./protocol";
import { addressesOf, type ClusterTarget } from "./target";

const idleMs = 10_000;

/** An open connection to a cluster. */
export type Connection = Pick<Link, "ask" | "watch" | "serverId">;

type Log = (line: string) => void;

interface Shared {
  link: Link;
  opening: Promise<Link>;
  users: number;
  idle: NodeJS.Timeout | undefined;
}

const sharedConnections = new Map<string, Shared>();

/** Runs `work` on the shared connection of this target. */
export async function withConnection<T>(
  target: ClusterTarget,
  log: Log,
  work: (connection: Connection) => Promise<T>,
  purpose: Purpose = "manage",
): Promise<T> {
  const key = keyOf(target, purpose);
  let shared = sharedConnections.get(key);
  if (!shared) {
    const link = new Link(target, purpose, log);
    shared = { link, opening: link.open(), users: 0, idle: undefined };
    sharedConnections.set(key, shared);
    link.ended.then(() => {
      if (sharedConnections.get(key)?.link === link) sharedConnections.delete(key);
    });
  }
  clearTimeout(shared.idle);
  shared.users += 1;
  try {
    return await work(await shared.opening);
  } finally {
    shared.users -= 1;
    if (shared.users === 0) shared.idle = closeLater(key, shared);
  }
}

/** Given creds are what they are; only a minted user is another one for another purpose. */
function keyOf(target: ClusterTarget, purpose: Purpose): string {
  const { system, creds, credsFile, user, tls } = target;
  const as = system ? [system, purpose] : [creds, credsFile, user];
  return JSON.stringify([addressesOf(target), as, tls]);
}

function closeLater(key: string, shared: Shared): NodeJS.Timeout {
  const timer = setTimeout(() => {
    if (sharedConnections.get(key) === shared) sharedConnections.delete(key);
    shared.link.close();
  }, idleMs);
  return timer.unref();
}

/** Closes the connections to a target that nobody uses at the moment. */
export async function closeUnused(target: ClusterTarget): Promise<void> {
  for (const purpose of ["manage", "delete"] as const) {
    const key = keyOf(target, purpose);
    const shared = sharedConnections.get(key);
    if (!shared || shared.users > 0) continue;
    clearTimeout(shared.idle);
    sharedConnections.delete(key);
    await shared.link.close();
  }
}

/** Closes every shared connection at once; for scripts and tests that want to end. */
export async function closeConnections(): Promise<void> {
  const all = [...sharedConnections.values()];
  sharedConnections.clear();
  await Promise.all(
    all.map(({ link, idle }) => {
      clearTimeout(idle);
      return link.close();
    }),
  );
}
