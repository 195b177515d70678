/**
 * The part of a nats-server configuration that makes it trust an operator and keep its accounts.
 * Pure. Source of names and defaults: nats-server `server/opts.go`.
 */

/** An account JWT that a server holds from its start. */
export interface PreloadedAccount {
  publicKey: string;
  jwt: string;
}

/** Stands in the first line of what we write, and tells it from what others wrote. */
export const resolverHeading = "Written by pulumi-nats-auth; changes by hand are overwritten.";

/** What a resolver configuration is made of. */
export interface ResolverSettings {
  operator: { name: string; jwt: string };
  systemAccount: PreloadedAccount;
  /** Default: `"full"`. */
  type?: "full" | "cache" | "memory" | "url" | undefined;
  /** `full` and `cache`: folder of the account JWTs, relative to where the server starts. Default: `"./jwt"`. */
  dir?: string | undefined;
  /** `full`: whether accounts can be deleted over NATS. Default: `true`, else a destroyed account stays, locked. */
  allowDelete?: boolean | undefined;
  /** `full`: whether a deleted JWT is removed rather than renamed to `.jwt.deleted`. Default: `false`. */
  hardDelete?: boolean | undefined;
  /** `full`: how often servers compare their accounts. Default: `"10s"`; it bounds how long a server that was away serves old claims. */
  interval?: string | undefined;
  /** `full` and `cache`: greatest number of accounts kept; a count. Default: the server's. */
  limit?: number | undefined;
  /** `full` and `cache`: how long a server asks others for an account it does not hold. Default: the server's, 1.9 s. */
  timeout?: string | undefined;
  /** `cache`: how long an account is kept. Default: the server's. */
  ttl?: string | undefined;
  /** `url`: base address of an HTTP account server; the server asks `<url><account>`. */
  url?: string | undefined;
  /** Accounts to hold from the start besides the system account. `memory` holds these alone. */
  preload?: readonly PreloadedAccount[] | undefined;
}

/** A resolver configuration for a file and for the NATS Helm chart. */
export interface RenderedResolver {
  /** Text of a nats-server configuration file. */
  text: string;
  /** Values of the NATS Helm chart (`nats-io/k8s`, chart 1.x or newer). */
  helmValues: Record<string, unknown>;
}

/** Renders the configuration; the same settings give the same text. */
export function renderResolverConfig(settings: ResolverSettings): RenderedResolver {
  const resolver = resolverBlock(settings);
  const preload = Object.fromEntries(preloadOf(settings).map((a) => [a.publicKey, a.jwt]));
  return {
    text: textOf(settings, resolver, preload),
    helmValues: helmValuesOf(settings, resolver, preload),
  };
}

function resolverBlock(settings: ResolverSettings): Record<string, unknown> | undefined {
  const type = settings.type ?? "full";
  if (type === "full") {
    return withoutAbsent({
      type,
      dir: settings.dir ?? "./jwt",
      allow_delete: settings.allowDelete ?? true,
      hard_delete: settings.hardDelete,
      interval: settings.interval ?? "10s",
      limit: settings.limit,
      timeout: settings.timeout,
    });
  }
  if (type === "cache") {
    return withoutAbsent({
      type,
      dir: settings.dir ?? "./jwt",
      ttl: settings.ttl,
      limit: settings.limit,
      timeout: settings.timeout,
    });
  }
  return undefined;
}

/** A server with a `url` resolver takes no preload: it asks the account server for everything. */
function preloadOf(settings: ResolverSettings): PreloadedAccount[] {
  if (settings.type === "url") return [];
  const others = [...(settings.preload ?? [])].sort((a, b) => (a.publicKey < b.publicKey ? -1 : 1));
  return [settings.systemAccount, ...others];
}

function textOf(
  settings: ResolverSettings,
  resolver: Record<string, unknown> | undefined,
  preload: Record<string, string>,
): string {
  const lines = [
    `# Operator ${JSON.stringify(settings.operator.name)}. ${resolverHeading}`,
    `operator: ${settings.operator.jwt}`,
    `system_account: ${settings.systemAccount.publicKey}`,
    "",
  ];
  if (resolver) {
    lines.push(
      "resolver {",
      ...Object.entries(resolver).map(([k, v]) => `  ${k}: ${literal(v)}`),
      "}",
    );
  } else {
    lines.push(`resolver: ${settings.type === "url" ? `URL(${settings.url})` : "MEMORY"}`);
  }
  const accounts = Object.entries(preload);
  if (accounts.length > 0) {
    lines.push("", "resolver_preload: {", ...accounts.map(([key, jwt]) => `  ${key}: ${jwt}`), "}");
  }
  return `${lines.join("\n")}\n`;
}

function literal(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function helmValuesOf(
  settings: ResolverSettings,
  resolver: Record<string, unknown> | undefined,
  preload: Record<string, string>,
): Record<string, unknown> {
  const merge: Record<string, unknown> = {
    operator: settings.operator.jwt,
    system_account: settings.systemAccount.publicKey,
  };
  if (Object.keys(preload).length > 0) merge["resolver_preload"] = preload;
  if (!resolver) {
    merge["resolver"] = settings.type === "url" ? `URL(${settings.url})` : "MEMORY";
    return { config: { merge } };
  }
  // The chart mounts its own volume and sets `dir` itself.
  const { dir: _dir, ...rest } = resolver;
  return { config: { resolver: { enabled: true, merge: rest }, merge } };
}

function withoutAbsent(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
