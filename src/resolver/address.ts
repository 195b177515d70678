import type { KeyPairData } from "../keys/index";
import { addressesOf, type ClusterTarget } from "./target";

/** Everything that is needed to change an account on its servers. */
export interface AccountAddress {
  /** Public key of the account. */
  publicKey: string;
  /** Name of the account, for messages. */
  name: string;
  /** The operator, and the key that signs its accounts; `former` signs while a server that runs does not know that one yet. */
  operator: { publicKey: string; signer: KeyPairData; former?: KeyPairData | undefined };
  target: ClusterTarget;
  /** Names of servers that held this account before: each must confirm. */
  remembered: readonly string[];
  /** Names of the servers that must confirm, whatever is remembered or counted. Default: those remembered, and those that others count. */
  expected?: readonly string[] | undefined;
  /** The revocations that need to be kept: not those of tokens that have expired, nor those that the program takes back. Default: all of them. */
  prune?: ((revocations: Record<string, number>) => Record<string, number>) | undefined;
  /** Gets a line for the person who waits. */
  log: (line: string) => void;
}

/** An account as messages call it. */
export function labelOf({ name, publicKey }: Pick<AccountAddress, "name" | "publicKey">): string {
  return `account "${name}" (${publicKey})`;
}

/** Tells accounts apart in one process: one key can be an account of two clusters. */
export function identityOf({ publicKey, target }: AccountAddress): string {
  return JSON.stringify([addressesOf(target), publicKey]);
}
