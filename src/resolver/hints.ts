/** What NATS says, or does not say, and what must be changed because of it. Pure. Source of the words: nats-server `server/accounts.go`, `server/dirstore.go`. */

/** Words of a server's refusal, and advice for people. */
const refusals: readonly (readonly [said: string, advice: string])[] = [
  [
    "delete must be enabled",
    "`allowDelete` of ResolverConfig, `allow_delete` in the server's resolver",
  ],
  ["jwt store is full", "raise `limit` in the resolver of the server configuration"],
  [
    "operator requires issuer to be a signing key",
    "the operator requires signing keys: sign with one of them",
  ],
  [
    "not trusted",
    "the running operator JWT does not know the key that signed: give the server the current ResolverConfig and restart it (a reload does not suffice)",
  ],
  [
    "not self signed",
    "the running operator JWT does not know the key that signed: give the server the current ResolverConfig and restart it (a reload does not suffice)",
  ],
  [
    "not allowed to delete system account",
    "the system account goes with the server's configuration",
  ],
  [
    "no space left on device",
    "the disk of the resolver's `dir` is full: make room, then run the command again",
  ],
  [
    "permission denied",
    "nats-server may not write the resolver's `dir`: give its user the folder, then run the command again",
  ],
  [
    "read-only file system",
    "nats-server cannot write the resolver's `dir`: mount it writable, then run the command again",
  ],
  ["maximum payload", "raise `max_payload` in the server configuration"],
  ["subject does not match", "the JWT is about another account than its address"],
  ["expected 3 chunks", "what was sent is no JWT"],
];

/** What to do about a server's refusal; empty when its words say it all. */
export function adviceOn(refusal: string): string {
  return refusals.find(([said]) => refusal.includes(said))?.[1] ?? "";
}

/** A refusal with the advice behind it. */
export function refusalOf({ server, text }: { server: string; text: string }): string {
  const advice = adviceOn(text);
  return `${server} says "${text}"${advice ? ` (${advice})` : ""}`;
}

/** Nobody serves pushes. */
export const noResolverHint =
  "the servers run no resolver that takes pushes. With a memory resolver leave `accountServerUrl` away and give the account to " +
  "`ResolverConfig.preload`; with a url resolver give the address of its account server; else use a resolver of type full";

/** A server took a JWT and does not run it. */
export const notInForceHint =
  "a server that stores a JWT and does not run it does not trust its signer, or the JWT is not valid at the server's time: " +
  "look for the account's public key in its log, restart it with the current ResolverConfig, and run the command again";

/** Nobody keeps what was pushed. */
export const cacheHint =
  "its resolver is a cache, which keeps only what its clients have used and else asks servers with a full resolver; " +
  "none of those answered. Use a resolver of type full on at least one server of the cluster";

/** A difference of clocks below this many milliseconds is not worth a word. */
const clockToleranceMs = 5_000;

/** What a wrong clock means; `undefined` when it is right. */
export function clockHint(server: string, aheadMs: number): string | undefined {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  if (Math.abs(aheadMs) <= clockToleranceMs) return undefined;
  return (
    `the clock of ${server} is ${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} the one of this machine: ` +
    "tokens begin and end by the servers' clocks, revocations are cut by ours; set both by the same time server"
  );
}
