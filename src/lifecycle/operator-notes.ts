/**
 * The keys of operators, as their own hooks last said in this process. What an older state describes is deleted with
 * these: its own may have been dropped since, in this very `up`.
 */
import { decodeToken, operatorFromWire } from "../claims/index";
import type { OperatorAuthority, RotatingKey, ServerAuthority } from "./authority";
import type { Properties } from "./hooks";
import { hasUnknown } from "./unknown";

interface Noted {
  signer: RotatingKey;
  system: ServerAuthority["system"];
  /** Signing keys in the operator JWT. */
  listed: readonly string[];
}

const noted = new Map<string, Noted>();

/** Notes the keys of an operator: its outputs. */
export function noteOperator(outs: Properties): void {
  const { jwt, signer, system } = outs;
  if (jwt === undefined || signer === undefined || hasUnknown([jwt, signer, system])) return;
  const token = decodeToken(jwt as string);
  noted.set(token.sub, {
    signer: signer as RotatingKey,
    system: system as ServerAuthority["system"],
    listed: operatorFromWire(token).signingKeys ?? [],
  });
}

/** The keys of an operator, where they were noted in this process. */
export function notedOperator(publicKey: string): Noted | undefined {
  return noted.get(publicKey);
}

/** The authority over an account, with the newest keys of its operator. */
export function withNewestKeys({ operator, server }: { operator?: unknown; server?: unknown }): {
  operator?: unknown;
  server?: unknown;
} {
  const newest = notedOperator((operator as OperatorAuthority | undefined)?.publicKey ?? "");
  if (!newest) return { operator, server };
  const { system } = (server ?? {}) as ServerAuthority;
  const signsIn = system !== undefined && system.publicKey === newest.system?.publicKey;
  return {
    operator: { ...(operator as OperatorAuthority), signer: newest.signer },
    server: signsIn ? { ...(server as ServerAuthority), system: newest.system } : server,
  };
}
