/** Whether a token is still what the inputs ask for. */
import {
  accountBody,
  accountFromWire,
  activationBody,
  activationFromWire,
  decodeToken,
  operatorBody,
  operatorFromWire,
  parseInstant,
  userBody,
  userFromWire,
  type WireClaims,
} from "../claims/index";
import { sameValue } from "./common";

const kinds = {
  operator: { read: operatorFromWire, body: operatorBody },
  account: { read: accountFromWire, body: accountBody },
  user: { read: userFromWire, body: userBody },
  activation: { read: activationFromWire, body: activationBody },
};

interface Timed {
  name?: string | undefined;
  notBefore?: string | undefined;
  expiresAt?: string | undefined;
}

/**
 * Whether a token says what these claims say, and is signed by this key. Both are compared in the form that is signed
 * today, so a token of an earlier version stays. Whom an account revokes is compared by those who merge it.
 */
export function saysTheSame<Kind extends keyof typeof kinds>(
  kind: Kind,
  jwt: unknown,
  signer: string,
  claims: Parameters<(typeof kinds)[Kind]["body"]>[0],
): boolean {
  const token = decodeToken(jwt as string);
  const { read, body } = kinds[kind] as {
    read: (token: WireClaims) => Timed;
    body: (claims: Timed) => Record<string, unknown>;
  };
  const meaning = (timed: Timed) => {
    const { revocations: _revocations, ...said } = body(timed);
    const times = [timed.notBefore, timed.expiresAt].map((at) => (at ? parseInstant(at) : 0));
    return [timed.name, times, said];
  };
  return token.iss === signer && sameValue(meaning(read(token)), meaning(claims));
}
