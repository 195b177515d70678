/** Whom the servers refuse. */
import type { AccountAddress } from "./address";
import { look } from "./copies";
import { withStore } from "./store";

/** What an account revokes on any of its servers: a public key, or `*`, to the unix second up to which its tokens are refused. */
export function heldRevocations(address: AccountAddress): Promise<Record<string, number>> {
  return withStore(address.target, address.log, async (store) => {
    const { copies } = await look(store, address);
    return copies.revocations;
  });
}
