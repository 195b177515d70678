import type * as pulumi from "@pulumi/pulumi";
import type { Duration } from "../claims/index";
import { NatsResource } from "./resource";

interface RetiredKeysArgs {
  current: pulumi.Input<string>;
  rotation: pulumi.Input<string> | undefined;
  overlap: pulumi.Input<Duration> | undefined;
  emergency: pulumi.Input<boolean> | undefined;
}

/** The keys that a rotated {@link SigningKey} had before, which makes this beside itself. */
export class RetiredKeys extends NatsResource {
  /** Those whose overlap is not over. */
  declare readonly retired: pulumi.Output<{ publicKey: string; until: string }[]>;

  constructor(name: string, args: RetiredKeysArgs, opts: pulumi.CustomResourceOptions) {
    super("RetiredKeys", name, { ...args }, { plain: ["retired"] }, opts);
  }
}
