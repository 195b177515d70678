import * as pulumi from "@pulumi/pulumi";
import type { ResolverConfig } from "./resolver-config";
import { isKind, NatsResource } from "./resource";

/** Arguments of {@link LocalServer}. A change restarts the server. */
export interface LocalServerArgs {
  /** What it is configured with: a `ResolverConfig`, or text of a nats-server configuration. */
  config: ResolverConfig | pulumi.Input<string>;
  /** Address it listens on; this machine only. Default: as the operator's `accountServerUrl` says, else `127.0.0.1`. */
  host?: pulumi.Input<string> | undefined;
  /** Port it listens on. Default: as the operator's `accountServerUrl` says, else 4222. */
  port?: pulumi.Input<number> | undefined;
  /** Folder for its accounts, streams and log. Default: one in the system's temporary folder, removed with the resource; a named one is kept. A change replaces the server. */
  dir?: pulumi.Input<string> | undefined;
  /** Whether JetStream is on. Default: `true`. */
  jetstream?: pulumi.Input<boolean> | undefined;
  /** The program to run. Default: `nats-server` from PATH. */
  binary?: pulumi.Input<string> | undefined;
}

/**
 * A nats-server on this machine, for development, tests and first steps. It is started by `up`, runs on
 * after it, and is stopped by `destroy`.
 */
export class LocalServer extends NatsResource {
  /** Where clients connect, such as `nats://127.0.0.1:4222`. */
  declare readonly url: pulumi.Output<string>;
  /** Process id. */
  declare readonly pid: pulumi.Output<number>;
  /** File that it logs to. */
  declare readonly logFile: pulumi.Output<string>;
  /** Configuration file that it runs with: `nats-server -c <configFile>` starts it again by hand. */
  declare readonly configFile: pulumi.Output<string>;

  constructor(name: string, args: LocalServerArgs, opts: pulumi.CustomResourceOptions = {}) {
    const resolver = isKind(args.config, "ResolverConfig")
      ? (args.config as ResolverConfig)
      : undefined;
    const listen = pulumi.output(resolver?.__accountServerUrl).apply(addressIn);
    super(
      "LocalServer",
      name,
      {
        ...args,
        config: resolver ? resolver.text : args.config,
        host: args.host ?? listen.apply(({ host }) => host),
        port: args.port ?? listen.apply(({ port }) => port),
      },
      { plain: ["url", "pid", "logFile", "configFile"] },
      pulumi.mergeOptions(opts, { deleteBeforeReplace: true }),
    );
  }
}

const fallback = { host: "127.0.0.1", port: 4222 };

function addressIn(url: string | undefined): { host: string; port: number } {
  if (url === undefined || !URL.canParse(url)) return fallback;
  const { hostname, port } = new URL(url);
  return { host: hostname || fallback.host, port: port === "" ? fallback.port : Number(port) };
}
