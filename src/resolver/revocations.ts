/** Whom the servers refuse. */
import type { AccountAddress } from "./address";
import { withConnection } from "./connection";
import { look } from "./copies";

/** What an account revokes on any of its servers: a public key, or `*`, to the unix second up to which its tokens are refused. */
export function heldRevocations(address: AccountAddress): Promise<Record<string, number>> {
  return withConnection(address.target, address.log, async (connection) => {
    const { copies } = await look(connection, address);
    return copies.revocations;
  });
}
