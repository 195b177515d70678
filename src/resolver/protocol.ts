/**
 * The words of the server's account resolver: subjects, and who may use them. Pure.
 * Source: nats-server `server/accounts.go` (update, delete, lookup, list, pack) and `server/events.go` (pings).
 */

export const subjects = {
  update: "$SYS.REQ.CLAIMS.UPDATE",
  /** The older form, which nsc and other tools use as well. */
  updateOf: (account: string) => `$SYS.REQ.ACCOUNT.${account}.CLAIMS.UPDATE`,
  delete: "$SYS.REQ.CLAIMS.DELETE",
  list: "$SYS.REQ.CLAIMS.LIST",
  pack: "$SYS.REQ.CLAIMS.PACK",
  ping: "$SYS.REQ.SERVER.PING",
  variables: "$SYS.REQ.SERVER.PING.VARZ",
  connections: "$SYS.REQ.SERVER.PING.CONNZ",
  account: "$SYS.REQ.SERVER.PING.ACCOUNTZ",
  jetstream: "$SYS.REQ.SERVER.PING.JSZ",
  lookup: (account: string) => `$SYS.REQ.ACCOUNT.${account}.CLAIMS.LOOKUP`,
} as const;

/** The subjects on which anybody changes accounts; watched while we do. */
export const updateSubjects: readonly string[] = [subjects.update, subjects.updateOf("*")];

/** What a minted system user may do, besides reading its own inbox. */
export interface Permits {
  publish: readonly string[];
  subscribe: readonly string[];
}

/** What a connection is for. Deleting is a right of its own: a request to delete never expires. */
export type Purpose = "manage" | "delete";

/** Exactly what each purpose needs. */
export const permits: Readonly<Record<Purpose, Permits>> = {
  manage: {
    publish: [
      subjects.update,
      subjects.list,
      subjects.pack,
      subjects.ping,
      subjects.variables,
      subjects.connections,
      subjects.account,
      subjects.jetstream,
      subjects.lookup("*"),
    ],
    subscribe: updateSubjects,
  },
  delete: { publish: [subjects.delete], subscribe: [] },
};
