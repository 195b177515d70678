/** Imports that a server holds and that have no effect: it answers 200 all the same. */
import { accountFromWire, decodeToken, type Import } from "../claims/index";
import { type AccountAddress, labelOf } from "./address";
import type { RunningAccount } from "./replies";
import type { Store } from "./store";
import type { Outcome } from "./transaction";

/** A line for each import without effect, with the servers where that is so and the reason. */
export async function withoutEffect(
  store: Store,
  address: AccountAddress,
  { jwt, running, roster }: Pick<Outcome, "jwt" | "running" | "roster">,
): Promise<string[]> {
  const incomplete = running.filter((server) => server.jwt !== undefined && !server.complete);
  if (incomplete.length === 0) return [];
  const { imports = [] } = accountFromWire(decodeToken(jwt));
  const lines = await Promise.all(
    imports.map(async (wanted) => {
      const servers = incomplete.filter((server) => !isApplied(wanted, server));
      if (servers.length === 0) return [];
      const exporter = await store.lookUp(wanted.account, roster);
      const reason =
        exporter.tokens.length === 0
          ? `account ${wanted.account} is on no server yet; it takes effect once that is pushed`
          : `account ${wanted.account} does not export it to this account, or its activation token is missing, expired or revoked, or the import closes a circle`;
      const names = servers.map(({ server }) => server).join(", ");
      return [
        `${labelOf(address)}: the import of ${wanted.stream ?? wanted.service} has no effect on ${names}: ${reason}`,
      ];
    }),
  );
  return lines.flat();
}

function isApplied({ account, stream, service }: Import, { imports }: RunningAccount): boolean {
  return imports.some(
    (applied) =>
      !applied.invalid &&
      applied.account === account &&
      applied.subject === (stream ?? service) &&
      applied.type === (stream === undefined ? "service" : "stream"),
  );
}
