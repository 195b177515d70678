import * as pulumi from "@pulumi/pulumi";
import type { Duration } from "../claims/index";
import type { Account } from "./account";
import type { Operator } from "./operator";
import { NatsResource } from "./resource";

/** Arguments of {@link ResolverConfig}. */
export interface ResolverConfigArgs {
  /** The operator that the servers shall trust. */
  operator: Operator;
  /**
   * Where servers keep accounts. `"full"`: each holds all, in a folder, and takes pushes. `"cache"`: each
   * holds some, and asks the others. `"memory"`: only those in `preload`. `"url"`: an HTTP account
   * server. Default: `"full"`.
   */
  type?: pulumi.Input<"full" | "cache" | "memory" | "url"> | undefined;
  /** `full`, `cache`: folder of the account JWTs on the server. Default: `"./jwt"`. */
  dir?: pulumi.Input<string> | undefined;
  /** `full`: whether accounts can be deleted over NATS. Default: `true`; otherwise a destroyed account stays on the servers, locked. */
  allowDelete?: pulumi.Input<boolean> | undefined;
  /** `full`: whether deleted JWTs are removed rather than renamed. Default: `false`. */
  hardDelete?: pulumi.Input<boolean> | undefined;
  /** `full`: how often servers compare their accounts; bounds how long a server that was away serves old claims. Default: `"10s"`. */
  interval?: pulumi.Input<Duration> | undefined;
  /** `full`, `cache`: greatest number of accounts; a count. Default: the server's. */
  limit?: pulumi.Input<number> | undefined;
  /** `full`, `cache`: how long a server asks others for an account. Default: the server's, 1.9 s. */
  timeout?: pulumi.Input<Duration> | undefined;
  /** `cache`: how long an account is kept. Default: the server's. */
  ttl?: pulumi.Input<Duration> | undefined;
  /** `url`: base address of the account server; the servers ask `<url><public key>`. */
  url?: pulumi.Input<string> | undefined;
  /** Accounts that servers hold from their start, besides the system account. With `memory` these are all there are. */
  preload?: Account[] | undefined;
  /** File for the text, relative to the program's folder. Default: none is written. Removed with the resource. */
  path?: pulumi.Input<string> | undefined;
}

/**
 * The server configuration that makes nats-servers trust an operator and keep its accounts: as text,
 * as values of the NATS Helm chart, and as a file. It holds no secret. The first start of a server
 * needs no push: the system account is in it.
 */
export class ResolverConfig extends NatsResource {
  /** Text of a nats-server configuration: include it in yours, or start a server with it alone. */
  declare readonly text: pulumi.Output<string>;
  /** Values of the NATS Helm chart (chart 1.x or newer). */
  declare readonly helmValues: pulumi.Output<Record<string, unknown>>;
  /** The file, where one was asked for. */
  declare readonly path: pulumi.Output<string | undefined>;
  /** @internal Where the operator says that servers are. */
  readonly __accountServerUrl: pulumi.Input<string> | undefined;

  constructor(name: string, args: ResolverConfigArgs, opts: pulumi.CustomResourceOptions = {}) {
    const { operator, preload, ...settings } = args;
    super(
      "ResolverConfig",
      name,
      {
        ...settings,
        operatorJwt: operator.jwt,
        systemAccount: {
          publicKey: operator.systemAccount.publicKey,
          jwt: operator.systemAccount.jwt,
        },
        preload: preload?.map(({ publicKey, jwt }) => ({ publicKey, jwt })),
      },
      { plain: ["text", "helmValues", "path"] },
      // The text stays the same, so a delete after the create would remove the file that was just written.
      pulumi.mergeOptions(opts, { deleteBeforeReplace: true }),
    );
    this.__accountServerUrl = (
      operator.handle as { accountServerUrl?: pulumi.Input<string> }
    ).accountServerUrl;
  }
}
