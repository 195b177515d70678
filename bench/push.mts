/**
 * Pushing accounts: the library's client against a bare pipelined publish of the same tokens, which counts replies and
 * reads none. Each push has servers of its own that hold nothing yet, and the order alternates: rewriting costs
 * servers more than writing, and each round on one server is slower than the one before.
 *
 * Run it by `node bench/push.mts` after a build (it measures `dist`).
 */

import { connectResolver } from "pulumi-nats-auth/resolver";
import { connectSystem, creds, makeAccounts, withServers } from "./servers.mts";

const ACCOUNTS = 1_000;
const ROUNDS = 5;
const WINDOW = 64;

/** Milliseconds, medians. */
export interface PushTimes {
  accounts: number;
  servers: number;
  bare: number;
  /** Every server confirmed each account by name; older copies and lost revocations were looked for before. */
  ours: number;
  /** And then said by name that it runs the very JWT. */
  verified: number;
}

/** Measures with so many servers. */
export async function benchPush(servers: number): Promise<PushTimes> {
  const times = { bare: [] as number[], ours: [] as number[], verified: [] as number[] };
  const ways = [
    async (url: string, jwts: string[]) => times.bare.push(await bare(url, jwts, servers)),
    async (url: string, jwts: string[]) => times.ours.push(await ours(url, jwts, false)),
    async (url: string, jwts: string[]) => times.verified.push(await ours(url, jwts, true)),
  ];
  for (let round = 0; round < ROUNDS; round++) {
    const jwts = makeAccounts(ACCOUNTS);
    const order = round % 2 === 0 ? ways : [...ways].reverse();
    for (const way of order) await withServers(servers, (url) => way(url, jwts));
  }
  return {
    accounts: ACCOUNTS,
    servers,
    bare: median(times.bare),
    ours: median(times.ours),
    verified: median(times.verified),
  };
}

async function ours(url: string, jwts: string[], verify: boolean): Promise<number> {
  const resolver = await connectResolver({ url, creds });
  try {
    const start = performance.now();
    const pushed = await resolver.push(jwts, { verify });
    const took = performance.now() - start;
    if (pushed.length !== jwts.length) throw new Error("not all were pushed");
    return took;
  } finally {
    await resolver.close();
  }
}

async function bare(url: string, jwts: string[], servers: number): Promise<number> {
  const nc = await connectSystem(url);
  try {
    await nc.flush();
    const start = performance.now();
    await new Promise<void>((done) => {
      const replies = new Map<string, number>();
      let [sent, confirmed] = [0, 0];
      const send = () => {
        const jwt = jwts[sent];
        if (jwt !== undefined)
          nc.publish("$SYS.REQ.CLAIMS.UPDATE", jwt, { reply: `_INBOX.b.${sent++}` });
      };
      nc.subscribe("_INBOX.b.*", {
        callback: (_error, { subject }) => {
          const count = (replies.get(subject) ?? 0) + 1;
          replies.set(subject, count);
          if (count < servers) return;
          if (++confirmed === jwts.length) done();
          else send();
        },
      });
      for (let i = 0; i < WINDOW; i++) send();
    });
    return performance.now() - start;
  } finally {
    await nc.close();
  }
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

if (import.meta.filename === process.argv[1]) {
  for (const servers of [1, 3]) console.log(await benchPush(servers));
}
