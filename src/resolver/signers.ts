/** Who signed the accounts that servers hold. */
import { decodeToken, type TokenClaims } from "../claims/index";
import { withConnection } from "./connection";
import { isLock } from "./lock";
import { recentPack } from "./pack";
import { parsePacked } from "./replies";
import type { ClusterTarget } from "./target";

/** An account that a key signed. */
export interface SignedAccount {
  publicKey: string;
  name: string;
  signer: string;
}

/** The accounts on the servers that one of these keys signed; locks are none that anybody needs. */
export function accountsSignedBy(
  target: ClusterTarget,
  keys: readonly string[],
  log: (line: string) => void,
): Promise<SignedAccount[]> {
  return withConnection(target, log, async (connection) => {
    const packed = (await recentPack(connection)).flatMap((text) => parsePacked(text) ?? []);
    return packed.flatMap(({ account, jwt }) => {
      const claims = readable(jwt);
      if (!claims || !keys.includes(claims.iss) || isLock(claims)) return [];
      return [{ publicKey: account, name: claims.name ?? "", signer: claims.iss }];
    });
  });
}

function readable(jwt: string): TokenClaims | undefined {
  try {
    return decodeToken(jwt);
  } catch {
    return undefined; // a damaged file on the server, which nobody can use
  }
}
