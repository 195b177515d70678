/** What every server runs and holds of an account, without changing anything. */
import { mergeRevocations, revocationsOf, type TokenClaims } from "../claims/index";
import { now } from "../clock";
import type { AccountAddress } from "./address";
import { believable, lookUp } from "./copies";
import { recentLists } from "./list";
import type { Roster } from "./roster";
import { type Store, withStore } from "./store";

/** An account on one server. */
export interface ServerCopy {
  /** Name of the server. */
  server: string;
  /** The JWT in force; `undefined` where the server runs no such account, or was made to run what cannot be believed. */
  jwt: string | undefined;
  claims: TokenClaims | undefined;
  /** Whether it keeps a copy; one that lost it asks the others when it is needed. `undefined` where that cannot be told: beside caches, and on account servers. */
  kept: boolean | undefined;
  /** Whether nobody gets in because it has expired, by the server's clock, or was deleted there. */
  expired: boolean;
  /** Whether all its imports took effect. */
  complete: boolean;
}

/** An account on all servers. */
export interface Inspection {
  /** The servers that answered, by name. */
  servers: ServerCopy[];
  /** Servers that should be there and did not answer. */
  missing: string[];
  /** Servers whose running operator JWT does not know the signer: a push would be refused. */
  doubting: string[];
  /** The newest copy that any server holds; `undefined` when the account is gone, though servers may still run it locked. */
  newest: { jwt: string; claims: TokenClaims } | undefined;
  /** The union of what all copies revoke. */
  revocations: Record<string, number>;
  /** When that was, in unix seconds. */
  at: number;
}

/** Looks at an account on every server, by name. Needs no seed of the operator's, only its public key and the signer's. */
export function inspectAccount(address: AccountAddress): Promise<Inspection> {
  return withStore(address.target, address.log, async (store) => {
    const roster = await store.survey(address);
    // Before servers are made to load the account: one that lost it then gets it from the others.
    const keeps = await keepersOf(store, address, roster);
    const [running, copies] = await Promise.all([
      store.running(address.publicKey, roster),
      lookUp(store, address.publicKey, roster),
    ]);
    const servers = running.map(({ server, jwt, expired, complete }) => {
      const copy = jwt === undefined ? undefined : believable(jwt, address.publicKey, roster);
      const kept = keeps(server);
      return { server, jwt: copy?.token, claims: copy?.claims, kept, expired, complete };
    });
    const [newest] = copies.believed;
    const inForce = servers.flatMap(({ claims }) => (claims ? [revocationsOf(claims)] : []));
    const silent = roster.present.filter((name) => !running.some(({ server }) => server === name));
    return {
      servers,
      missing: [...silent, ...roster.missing],
      doubting: roster.doubting,
      newest: newest && { jwt: newest.token, claims: newest.claims },
      revocations: mergeRevocations(copies.revocations, ...inForce),
      at: now(),
    };
  });
}

/** Tells whether a server keeps a copy of its own. Caches keep what was used of late, and do not say that they are caches. */
async function keepersOf(
  { connection }: Store,
  { publicKey }: AccountAddress,
  { present, holders }: Roster,
): Promise<(server: string) => boolean | undefined> {
  if (!connection || holders < present.length) return () => undefined;
  const lists = await recentLists(connection, present);
  return (name) => lists.find(({ server }) => server === name)?.accounts.includes(publicKey);
}
