/** Users of scoped keys: the key's template says what they are allowed, they themselves must not. */

import type { UserTemplate } from "./types";

/** What a template says, and a user that is not scoped says itself. */
export const templateFields: readonly (keyof UserTemplate)[] = [
  "permissions",
  "limits",
  "connectionTypes",
  "sourceNetworks",
  "times",
  "timeZone",
  "bearer",
  "proxyRequired",
];

/** What claims say although only a template may, when their user is scoped (Go `ValidateScopedSigner`). */
export function fieldsOfTemplate(claims: object): string[] {
  return templateFields.filter((name) => (claims as UserTemplate)[name] !== undefined);
}
