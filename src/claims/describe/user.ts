import type { UserClaims, UserTemplate } from "../types";
import { counted, type Line, listed, permissionLines, plain, sized, yes } from "./text";

/** Lines of what a user is allowed: of a user, or of the template of a scoped key. */
export function templateLines(template: UserTemplate): Line[] {
  const { limits } = template;
  return [
    ...permissionLines(template.permissions),
    ["subscriptions", counted(limits?.subscriptions, "not allowed")],
    ["payload", sized(limits?.payload)],
    ["data", limits?.data === undefined ? undefined : sized(limits.data)],
    ["connection types", listed(template.connectionTypes) ?? "all"],
    ["source networks", listed(template.sourceNetworks) ?? "any"],
    ["times", times(template)],
    ["bearer", yes(template.bearer)],
    ["proxy required", yes(template.proxyRequired)],
  ];
}

function times({ times: ranges, timeZone }: UserTemplate): string | undefined {
  if (ranges === undefined) return undefined;
  const all = ranges.map(({ start, end }) => `${start} to ${end}`).join(", ");
  return plain(`${all} ${timeZone === undefined ? "(the server's zone)" : `(${timeZone})`}`);
}

/** Lines of a user. */
export function userLines(claims: UserClaims): Line[] {
  return [
    ["account", claims.issuerAccount],
    ...(claims.scoped
      ? ([["allowed", "what the scoped signing key says"]] as const)
      : templateLines(claims)),
  ];
}
