/** What users are allowed: of a user itself, or in the template of a scoped key. Rules: Go `user_claims.go`, server `auth.go:processUserPermissionsTemplate`. */

import { permissions, ruled, templatePermissions, warnOfLockOut } from "./common";
import { error, type Issues, item, property, show, warning } from "./issues";
import { placeholderProblem, placeholdersOf } from "./placeholders";
import {
  type Check,
  count,
  flag,
  list,
  listOf,
  object,
  objectOf,
  oneOf,
  type Properties,
  size,
} from "./shape";
import { cidrProblem, timeOfDayProblem, timeZoneProblem } from "./text";

/** Properties of users and of templates. */
export const TEMPLATE: Properties = {
  permissions,
  limits: object({ subscriptions: count(), payload: size, data: size }),
  connectionTypes: list(
    oneOf(["STANDARD", "WEBSOCKET", "LEAFNODE", "LEAFNODE_WS", "MQTT", "MQTT_WS", "IN_PROCESS"]),
  ),
  sourceNetworks: list(ruled(cidrProblem)),
  times: list(object({ "start!": ruled(timeOfDayProblem), "end!": ruled(timeOfDayProblem) })),
  timeZone: ruled(timeZoneProblem),
  bearer: flag,
  proxyRequired: flag,
};

/** Rules over several properties of a user or a template. */
export function checkTemplateRules(template: unknown, path: string, to: Issues): void {
  const { limits, timeZone, times } = objectOf(template);
  warnOfLockOut(limits, property(path, "limits"), to);
  if (timeZone !== undefined && listOf(times).length === 0) {
    warning(to, property(path, "timeZone"), "has no effect without times");
  }
  listOf(times).forEach((range, i) => {
    const { start, end } = objectOf(range);
    if (start === undefined || start !== end) return;
    const at = item(property(path, "times"), i);
    warning(to, at, "ends when it starts, so it admits nobody; leave times out for the whole day");
  });
}

const SHAPE = object({ ...TEMPLATE, permissions: templatePermissions });

/** The template of a scoped key. Go does not look into templates, so servers find what is wrong when users connect. */
export const template: Check = (value, path, to) => {
  SHAPE(value, path, to);
  checkTemplateRules(value, path, to);
  const { limits, permissions: rules } = objectOf(value);
  for (const [name, limit] of Object.entries(objectOf(limits))) {
    if (limit === 0 || (typeof limit === "string" && /^0+[A-Za-z]+$/.test(limit))) {
      error(
        to,
        property(property(path, "limits"), name),
        "must not be 0 in a template: Go leaves 0 out when it writes, and reads no limit instead",
      );
    }
  }
  for (const { entries, path: at, kind } of subjectLists(rules, property(path, "permissions"))) {
    checkPlaceholders(entries, at, kind, to);
  }
};

/** The lists of subjects in permissions, with their paths. */
export function subjectLists(
  permissions: unknown,
  path: string,
): { entries: readonly unknown[]; path: string; kind: "allow" | "deny" }[] {
  return ["publish", "subscribe"].flatMap((name) => {
    const rules = objectOf(permissions)[name];
    const at = property(path, name);
    if (Array.isArray(rules)) return [{ entries: rules, path: at, kind: "allow" as const }];
    return (["allow", "deny"] as const).map((kind) => ({
      entries: listOf(objectOf(rules)[kind]),
      path: property(at, kind),
      kind,
    }));
  });
}

function checkPlaceholders(
  entries: readonly unknown[],
  path: string,
  kind: "allow" | "deny",
  to: Issues,
): void {
  let has = false;
  entries.forEach((entry, i) => {
    if (typeof entry !== "string") return;
    for (const placeholder of placeholdersOf(entry)) {
      has = true;
      const problem = placeholderProblem(placeholder);
      if (problem !== undefined) error(to, item(path, i), `${show(entry)} ${problem}`);
    }
  });
  if (!has) return;
  // Servers put every entry of a list with a placeholder through a check that knows no queue groups.
  entries.forEach((entry, i) => {
    if (typeof entry !== "string" || !/ /.test(entry.replace(/\{\{[^}]+\}\}/g, ""))) return;
    const effect = kind === "allow" ? "would drop it" : "would refuse the user";
    error(
      to,
      item(path, i),
      `${show(entry)} has a queue group in a list with {{…}}: servers ${effect}`,
    );
  });
}

/** Warns of placeholders where servers do not fill them in. */
export function warnOfPlaceholders(rules: unknown, path: string, to: Issues): void {
  for (const { entries, path: at } of subjectLists(rules, path)) {
    entries.forEach((entry, i) => {
      if (typeof entry === "string" && placeholdersOf(entry).length > 0) {
        warning(to, item(at, i), "has {{…}}, which servers fill in for users of scoped keys only");
      }
    });
  }
}
