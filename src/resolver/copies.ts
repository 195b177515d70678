/** What the servers hold of an account at the moment. */
import { decodeToken, mergeRevocations, revocationsOf, type TokenClaims } from "../claims/index";
import { type Signer, signerFromSeed } from "../keys/index";
import type { AccountAddress } from "./address";
import { assertTrusted, type Roster } from "./roster";
import type { Store } from "./store";

/** A copy whose signature counts. */
export interface Copy {
  token: string;
  claims: TokenClaims;
}

/** The copies of an account on all servers. */
export interface Copies {
  /** The different ones that can be believed, newest first. */
  believed: Copy[];
  /** Every copy as it came, doubles and strange ones included. */
  tokens: string[];
  /** How many servers answered, also with "none". */
  answers: number;
  /** The union of what they revoke. */
  revocations: Record<string, number>;
}

/** Who must confirm a change, who signs it, and what is there before it. */
export interface Situation {
  roster: Roster;
  signer: Signer;
  copies: Copies;
}

/** Looks before a change is made. Throws when a server would not trust the signer. */
export async function look(store: Store, address: AccountAddress): Promise<Situation> {
  const { roster, signer } = await trusted(store, address);
  return { roster, signer, copies: await lookUp(store, address.publicKey, roster) };
}

/** Who signs: the key in use, or the one before it as long as there is, or may come back, a server that knows only that one. */
async function trusted(
  store: Store,
  address: AccountAddress,
): Promise<Pick<Situation, "roster" | "signer">> {
  const { signer, former } = address.operator;
  const roster = await store.survey(address);
  if (roster.doubting.length + roster.missing.length > 0 && former !== undefined) {
    const operator = { ...address.operator, signer: former };
    const before = await store.survey({ ...address, operator });
    if (before.doubting.length === 0) {
      tellOnce(notYet(roster, signer.publicKey), address.log);
      return { roster: before, signer: signerFromSeed(former.seed) };
    }
  }
  assertTrusted(roster, signer.publicKey);
  return { roster, signer: signerFromSeed(signer.seed) };
}

function notYet({ doubting, missing }: Roster, signer: string): string {
  const who =
    doubting.length > 0
      ? `the operator JWT that runs on ${doubting.join(", ")} does not know the signing key ${signer} yet`
      : `nobody knows whether ${missing.join(", ")}, away at the moment, knows the signing key ${signer}`;
  return (
    `${who}, so the key before it goes on signing. ` +
    "Give the server(s) the current ResolverConfig, restart them (a reload does not suffice), and run the command again"
  );
}

const told = new Set<string>();

/** It is so for every account of the operator. */
function tellOnce(line: string, log: (line: string) => void): void {
  if (told.has(line)) return;
  told.add(line);
  log(line);
}

/** Asks every server for its copy. */
export async function lookUp(store: Store, account: string, roster: Roster): Promise<Copies> {
  const { tokens, answers } = await store.lookUp(account, roster);
  const believed = [...new Set(tokens)]
    .flatMap((token) => believable(token, account, roster) ?? [])
    .sort((a, b) => b.claims.iat - a.claims.iat);
  const revocations = mergeRevocations(...believed.map(({ claims }) => revocationsOf(claims)));
  return { believed, tokens, answers, revocations };
}

/**
 * Whoever may subscribe in the system account can answer; only what our operator signed about this account is
 * believed, or we would sign a stranger's claims with the operator's key. A copy that cannot be read (a damaged file
 * on a server) says nothing, and is replaced by the next push.
 */
export function believable(token: string, account: string, roster: Roster): Copy | undefined {
  try {
    const claims = decodeToken(token);
    return claims.sub === account && roster.believes(claims.iss) ? { token, claims } : undefined;
  } catch {
    return undefined;
  }
}
