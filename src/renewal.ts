/** When something that expires is renewed. Pure. */
import {
  type Duration,
  formatInstant,
  type Instant,
  parseDuration,
  parseInstant,
} from "./claims/index";

/** How long before its end something is renewed, as a part of its lifetime. */
export interface Renewal {
  /** Where `renewBefore` is not given. */
  share: number;
  /** The least that may be given. Default: anything. */
  least?: number;
}

/** A user that is not renewed in time is one that cannot connect. */
export const renewalOfUser: Renewal = { share: 1 / 3 };

/** At its end all sessions of an account are closed and its JetStream stops: one nightly run that is missed must not come to that. */
export const renewalOfAccount: Renewal = { share: 1 / 2, least: 1 / 2 };

/** What an expiry is made of. */
export interface Lifetime {
  expiresIn?: Duration | undefined;
  renewBefore?: Duration | undefined;
  expiresAt?: Instant | undefined;
}

/** The instant from which an `up` renews; `undefined` where nothing is renewed. */
export function renewsAt(
  { expiresIn, renewBefore, expiresAt }: Lifetime,
  { share }: Renewal,
): Instant | undefined {
  if (expiresIn === undefined || expiresAt === undefined) return undefined;
  const seconds = (duration: Duration) => parseDuration(duration) / 1000;
  const before = renewBefore === undefined ? seconds(expiresIn) * share : seconds(renewBefore);
  return formatInstant(Math.ceil(parseInstant(expiresAt) - before));
}
