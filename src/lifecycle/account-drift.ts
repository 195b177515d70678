/** What the servers hold of an account, compared with what this stack pushed. */
import { isDeepStrictEqual } from "node:util";
import {
  accountFromWire,
  claimsEqual,
  decodeToken,
  mergeRevocations,
  revocationsOf,
  type TokenClaims,
} from "../claims/index";
import { NatsAuthError } from "../errors";
import { type AccountAddress, driftOf, type Inspection, inspectAccount } from "../resolver/index";
import { addressesOf } from "../resolver/target";
import { claimsOf } from "./account-inputs";
import type { Properties } from "./hooks";
import { say, warn } from "./log";
import { withChanges } from "./with-changes";

/** A refresh compares; it does not wait for servers that are being started. */
const waitMs = 3_000;

/** What a refresh comes to: outputs, and inputs where the claims themselves were changed. */
export interface Compared {
  outs: Properties;
  inputs?: Properties;
}

/**
 * Looks at every server. What somebody else changed in the claims comes back as inputs, so that the next preview names
 * it by path, and as the output `found`; what has no input, a server that lost the account or keeps an old copy, as `drift`.
 */
export async function compareWithServers(
  address: AccountAddress,
  outs: Properties,
): Promise<Compared> {
  const inspection = await inspect(address);
  if (!inspection) return { outs };
  const { drift: _drift, found, ...rest } = outs;
  const { jwt, servers: _servers, pending: _pending, ...inputs } = rest;
  const pushed = decodeToken(jwt as string);
  const differences = driftOf(inspection, pushed);
  for (const { text } of differences.filter(({ kind }) => kind === "away")) {
    warn(`account "${address.name}": ${text}, so it was not compared`);
  }
  tellOfRevocations(address, inspection, revocationsOf(pushed));
  const lines = differences.filter(({ kind }) => kind !== "away").map(({ text }) => text);
  const drift = lines.length === 0 ? {} : { drift: lines };
  const { newest } = inspection;
  const isChanged = differences.some(({ kind }) => kind === "changed");
  if (isChanged && newest && newest.claims.iat >= pushed.iat) {
    const changed = withChanges(inputs, claimsIn(pushed), claimsIn(newest.claims)) as Properties;
    return { outs: { ...rest, ...drift, found: newest.jwt }, inputs: changed };
  }
  return {
    outs: { ...rest, ...drift, jwt: says(newest?.claims, pushed) ? newest?.jwt : jwt },
    ...(found === undefined ? {} : { inputs }),
  };
}

function claimsIn(token: TokenClaims): Properties {
  // Whom servers revoke beyond what is declared is kept, and no change of an input.
  const { revocations: _revocations, ...claims } = accountFromWire(token);
  return claimsOf({ ...claims }) as unknown as Properties;
}

/**
 * Whether a copy says what was pushed and revokes at least as much: users were deleted since. It is remembered in its
 * place, so that these revocations outlive the servers.
 */
function says(claims: TokenClaims | undefined, pushed: TokenClaims): boolean {
  if (!claims || claims.iss !== pushed.iss || !claimsEqual(claims, pushed)) return false;
  const held = revocationsOf(claims);
  return isDeepStrictEqual(mergeRevocations(held, revocationsOf(pushed)), held);
}

/** Clusters of which no server answered this command: the next account need not wait for them again. */
const silent = new Set<string>();

async function inspect(address: AccountAddress): Promise<Inspection | undefined> {
  const { name, target } = address;
  const cluster = addressesOf(target).join(", ");
  try {
    if (silent.has(cluster)) throw new NatsAuthError("ERR_UNREACHABLE", `${cluster} is away`);
    target.waitFor = Math.min(waitMs, target.waitFor ?? waitMs);
    return await inspectAccount(address);
  } catch (error) {
    if (!(error instanceof NatsAuthError)) throw error;
    const isKnown = silent.has(cluster);
    if (error.code === "ERR_UNREACHABLE") silent.add(cluster);
    const why = isKnown ? `${cluster} is away` : error.message;
    warn(`account "${name}" was not compared with its servers: ${why}`);
    return undefined;
  }
}

/** Anybody may revoke; what others revoked stays, and people should know. */
function tellOfRevocations(
  { name }: AccountAddress,
  { revocations }: Inspection,
  known: Record<string, number>,
): void {
  const others = Object.keys(revocations).filter(
    (key) => (known[key] ?? -1) < (revocations[key] ?? 0),
  );
  if (others.length === 0) return;
  const shown = others.slice(0, 3).join(", ");
  const more = others.length > 3 ? ` and ${others.length - 3} more` : "";
  say(`account "${name}": the servers also revoke ${shown}${more}; that is kept`);
}
