/** What the servers hold of an account, compared with what this stack pushed. */
import { isDeepStrictEqual } from "node:util";
import { accountFromWire, claimsEqual, decodeToken, revocationsOf } from "../claims/index";
import { NatsAuthError } from "../errors";
import { type AccountAddress, driftOf, type Inspection, inspectAccount } from "../resolver/index";
import type { Properties } from "./hooks";
import { say, warn } from "./log";

/** A refresh compares; it does not wait for servers that are being started. */
const waitMs = 3_000;

/** What a refresh found: outputs, and inputs where the claims themselves were changed. */
export interface Found {
  outs: Properties;
  inputs?: Properties;
}

/**
 * Looks at every server. What somebody else changed in the claims comes back as inputs, so that the next preview names
 * it by path; what has no input, a server that lost the account or keeps an old copy, comes as the output `drift`.
 */
export async function compareWithServers(
  address: AccountAddress,
  outs: Properties,
  inputs: Properties,
): Promise<Found> {
  const inspection = await inspect(address);
  if (!inspection) return { outs };
  const { drift: _drift, ...rest } = outs;
  const pushed = decodeToken(outs["jwt"] as string);
  const found = driftOf(inspection, pushed);
  for (const { text } of found.filter(({ kind }) => kind === "away")) {
    warn(`account "${address.name}": ${text}, so it was not compared`);
  }
  tellOfRevocations(address, inspection, revocationsOf(pushed));
  const lines = found.filter(({ kind }) => kind !== "away").map(({ text }) => text);
  if (lines.length === 0) return { outs: rest };
  const live = inspection.newest;
  const isChanged =
    live !== undefined &&
    live.claims.iat >= pushed.iat &&
    found.some(({ kind }) => kind === "changed");
  if (!isChanged || claimsEqual(live.claims, pushed)) return { outs: { ...rest, drift: lines } };
  return {
    // The change is known from now on: the next update overwrites it, and that is what its preview says.
    outs: { ...rest, jwt: live.jwt, drift: lines },
    inputs: withChanges(
      inputs,
      accountFromWire(pushed),
      accountFromWire(live.claims),
    ) as Properties,
  };
}

async function inspect(address: AccountAddress): Promise<Inspection | undefined> {
  address.target.waitFor = Math.min(waitMs, address.target.waitFor ?? waitMs);
  try {
    return await inspectAccount(address);
  } catch (error) {
    if (!(error instanceof NatsAuthError)) throw error;
    warn(`account "${address.name}" was not compared with its servers: ${error.message}`);
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

/** The inputs with what changed between two canonical forms; everything else stays as the program wrote it. */
export function withChanges(written: unknown, before: unknown, after: unknown): unknown {
  if (isDeepStrictEqual(before, after)) return written;
  if (!isObject(before) || !isObject(after) || !isObject(written)) return after;
  const merged: Properties = { ...written };
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const value = withChanges(written[name], before[name], after[name]);
    if (value === undefined) delete merged[name];
    else merged[name] = value;
  }
  return merged;
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
