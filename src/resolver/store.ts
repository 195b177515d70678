/** Where account JWTs are kept: the resolvers of a cluster, or an HTTP account server. */
import type { AccountAddress } from "./address";
import { ClusterStore } from "./cluster-store";
import { type Connection, withConnection } from "./connection";
import { HttpStore } from "./http-store";
import type { Reply, RunningAccount } from "./replies";
import type { Roster } from "./roster";
import { type ClusterTarget, transportOf } from "./target";
import type { Watch } from "./watch";

/** What every keeper of account JWTs can do. */
export interface Store {
  /** Who is there, and who is missed. */
  survey(address: AccountAddress): Promise<Roster>;
  /** The copies of an account, without names; `answers` counts those as well that hold none. */
  lookUp(account: string, roster: Roster): Promise<{ tokens: string[]; answers: number }>;
  /** Hands a JWT over; each server answers by name. */
  send(
    account: string,
    jwt: string,
    roster: Roster,
  ): Promise<{ replies: Reply[]; nobody: boolean }>;
  /** What each server runs, by name. It makes servers load an account that nobody has used yet. */
  running(account: string, roster: Roster): Promise<RunningAccount[]>;
  /** Sees what others push meanwhile. */
  watch(account: string): Watch;
  /** The cluster behind it, for what only servers can be asked. */
  readonly connection?: Connection;
}

/** Runs `work` with the store of a target. */
export function withStore<T>(
  target: ClusterTarget,
  log: (line: string) => void,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  if (transportOf(target) === "http") return work(new HttpStore(target));
  return withConnection(target, log, (connection) => work(new ClusterStore(connection)));
}
