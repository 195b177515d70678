/**
 * Turns `expiresIn` into the input `expiresAt`. It is decided in `check`, which gets back what it
 * returned last time: so the instant stays until renewal is due, and preview shows it by path.
 */
import {
  formatDuration,
  formatInstant,
  type Issue,
  parseDuration,
  parseInstant,
} from "../claims/index";
import { type Lifetime, type Renewal, renewalOfUser, renewsAt } from "../renewal";
import type { Properties } from "./hooks";
import { hasUnknown } from "./unknown";

const hour = 3600;
const day = 24 * hour;

/** Adds `expiresAt` where the inputs ask for it, and says what is wrong with them. */
export function withExpiry(
  olds: Properties,
  news: Properties,
  now: number,
  { share, least = 0 }: Renewal = renewalOfUser,
): { inputs: Properties; issues: Issue[] } {
  const issues: Issue[] = [];
  const lifetime = secondsOf(news, "expiresIn", issues);
  const renewBefore = secondsOf(news, "renewBefore", issues);
  if (news["expiresIn"] !== undefined && news["expiresAt"] !== undefined) {
    issues.push({
      path: "expiresAt",
      message: "cannot be given together with expiresIn",
      severity: "error",
    });
  }
  if (news["renewBefore"] !== undefined && news["expiresIn"] === undefined) {
    issues.push({
      path: "renewBefore",
      message: "needs expiresIn: a fixed instant cannot be renewed",
      severity: "error",
    });
  }
  if (lifetime !== undefined && renewBefore !== undefined && renewBefore >= lifetime) {
    issues.push({
      path: "renewBefore",
      message: "must be shorter than expiresIn",
      severity: "error",
    });
  }
  if (lifetime !== undefined && renewBefore !== undefined && renewBefore < lifetime * least) {
    issues.push({
      path: "renewBefore",
      message: `must be at least ${formatDuration(lifetime * least * 1000)}, ${least} of expiresIn: one run that is missed must not end all sessions`,
      severity: "error",
    });
  }
  if (issues.length > 0 || lifetime === undefined) return { inputs: news, issues };
  const due = renewBefore ?? lifetime * share;
  const kept =
    olds["expiresIn"] === news["expiresIn"] ? (olds["expiresAt"] as string | undefined) : undefined;
  const stays = kept !== undefined && now < parseInstant(kept) - due;
  const expiresAt = stays ? kept : formatInstant(roundUp(now + lifetime, lifetime));
  return { inputs: { ...news, expiresAt }, issues };
}

/** What a preview says of a renewal, and when the next one is due. */
export function renewalText(before: string, inputs: Properties, renewal: Renewal): string {
  const { expiresAt = "never" } = inputs as Lifetime;
  const next = renewsAt(inputs as Lifetime, renewal);
  return (
    `its token ends ${before}; the new one ends ${expiresAt}` +
    (next === undefined ? "" : `, and is renewed by an \`up\` from ${next} on`)
  );
}

/** The seconds of a duration among the inputs; `undefined` where it is not given, not known yet, or wrong. */
export function secondsOf(inputs: Properties, name: string, issues: Issue[]): number | undefined {
  const value = inputs[name];
  if (value === undefined || hasUnknown(value)) return undefined;
  try {
    const seconds = parseDuration(value as string) / 1000;
    if (seconds >= 1) return seconds;
    issues.push({ path: name, message: "must be a second or longer", severity: "error" });
  } catch (error) {
    issues.push({ path: name, message: (error as Error).message, severity: "error" });
  }
  return undefined;
}

/** A preview and the `up` after it run at different moments; both should name the same instant. */
export function roundUp(time: number, lifetime: number): number {
  const step = lifetime >= day ? hour : lifetime >= hour ? 60 : 1;
  return Math.ceil(time / step) * step;
}
