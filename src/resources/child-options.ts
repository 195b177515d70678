import * as pulumi from "@pulumi/pulumi";

/**
 * Options for a resource that another one makes beside or below itself. What protects or places the
 * whole goes on to its parts; aliases are rewritten, so that renaming the whole renames the parts
 * (passed on as they are, an alias would make one part take over the identity of another).
 */
export function childOptions(
  opts: pulumi.CustomResourceOptions,
  kind: string,
  suffix: string,
): pulumi.CustomResourceOptions {
  const { protect, parent, provider, transforms, dependsOn, retainOnDelete, deletedWith } = opts;
  const passed = { protect, parent, provider, transforms, dependsOn, retainOnDelete, deletedWith };
  const aliases = opts.aliases?.map((alias) =>
    pulumi.output(alias).apply((known) => rewritten(known as string | pulumi.Alias, kind, suffix)),
  );
  const given = Object.fromEntries(
    Object.entries(passed).filter(([, value]) => value !== undefined),
  );
  return { ...given, ...(aliases ? { aliases: aliases as pulumi.Input<pulumi.Alias>[] } : {}) };
}

function rewritten(
  alias: string | pulumi.Alias,
  kind: string,
  suffix: string,
): string | pulumi.Alias {
  if (typeof alias === "string") {
    return `${alias.replace(/dynamic\/nats:\w+::/, `dynamic/nats:${kind}::`)}${suffix}`;
  }
  const { type: _type, name, ...rest } = alias;
  return name === undefined ? rest : { ...rest, name: pulumi.interpolate`${name}${suffix}` };
}
