import type { KeyPairData } from "../keys/index";

/** Where accounts are pushed to, and as whom. */
export interface ClusterTarget {
  /** Addresses of one server or several of one cluster, as a list or with commas; the others are discovered. */
  url: string | string[];
  /** The system account, and a key that may sign its users. */
  system: { publicKey: string; signer: KeyPairData };
  /** Milliseconds to wait for a server that does not answer. Default: one minute. */
  waitFor?: number | undefined;
  /** The command with which a person starts a server there, for messages. */
  startCommand?: (() => string) | undefined;
}

/** The addresses of a target as a list. */
export function addressesOf({ url }: Pick<ClusterTarget, "url">): string[] {
  return [url].flat().flatMap((text) => text.split(",").map((address) => address.trim()));
}
