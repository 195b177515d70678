/** What the servers hold of an account at the moment. */
import { decodeToken, mergeRevocations, revocationsOf, type TokenClaims } from "../claims/index";
import { type Signer, signerFromSeed } from "../keys/index";
import type { AccountAddress } from "./address";
import type { Connection } from "./connection";
import { subjects } from "./protocol";
import { callRoster, type Roster } from "./roster";

const lookupQuietMs = 2_000;

/** The copies of an account on all servers. */
export interface Copies {
  /** The newest copy on any server. */
  newest: TokenClaims | undefined;
  newestToken: string | undefined;
  tokens: string[];
  /** How many servers answered, also with "none". */
  answers: number;
  revocations: Record<string, number>;
}

/** Who must confirm a change, who signs it, and what is there before it. */
export interface Situation {
  roster: Roster;
  signer: Signer;
  copies: Copies;
}

/** Looks before a change is made. Throws when a server would not trust the signer. */
export async function look(connection: Connection, address: AccountAddress): Promise<Situation> {
  const signer = signerFromSeed(address.operator.signer.seed);
  const operator = { publicKey: address.operator.publicKey, signer: signer.publicKey };
  const roster = await callRoster(connection, operator, address);
  return { roster, signer, copies: await lookUp(connection, address.publicKey, roster) };
}

/** Asks every server for its copy. */
export async function lookUp(
  connection: Connection,
  account: string,
  roster: Roster,
): Promise<Copies> {
  const { texts } = await connection.gather(subjects.lookup(account), "", {
    quietMs: lookupQuietMs,
    done: (replies) => replies.length >= roster.present.length,
  });
  const tokens = texts.map((text) => text.trim()).filter((text) => text !== "");
  const copies: Copies = {
    newest: undefined,
    newestToken: undefined,
    tokens,
    answers: texts.length,
    revocations: {},
  };
  for (const token of tokens) {
    const claims = readable(token);
    // Whoever may subscribe in the system account can answer; only what our operator signed about this
    // account is believed, or we would sign a stranger's claims with the operator's key.
    if (claims?.sub !== account || !roster.issuers.has(claims.iss)) continue;
    copies.revocations = mergeRevocations(copies.revocations, revocationsOf(claims));
    if (!copies.newest || claims.iat > copies.newest.iat) {
      copies.newest = claims;
      copies.newestToken = token;
    }
  }
  return copies;
}

/** A copy that cannot be read (a damaged file on a server) says nothing, and is replaced by the next push. */
function readable(token: string): TokenClaims | undefined {
  try {
    return decodeToken(token);
  } catch {
    return undefined;
  }
}
