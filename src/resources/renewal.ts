import * as pulumi from "@pulumi/pulumi";
import type { Duration, Instant } from "../claims/index";
import { type Lifetime, type Renewal, renewsAt } from "../renewal";

/** The arguments that say it. */
export interface LifetimeArgs {
  expiresIn?: pulumi.Input<Duration> | undefined;
  renewBefore?: pulumi.Input<Duration> | undefined;
}

/** When a resource is renewed next: read from what it is made of, so that no state keeps it. */
export function renewalOf(
  { expiresIn, renewBefore }: LifetimeArgs,
  expiresAt: pulumi.Output<Instant | undefined>,
  renewal: Renewal,
): pulumi.Output<Instant | undefined> {
  if (expiresIn === undefined) return pulumi.output(undefined);
  return pulumi
    .all({ expiresIn, renewBefore, expiresAt })
    .apply((lifetime) => renewsAt(lifetime as Lifetime, renewal));
}
