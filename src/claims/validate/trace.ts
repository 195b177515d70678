/** Traces of messages: servers publish them as the user whose message is traced, and drop the message itself where that user may not (server `msgtrace.go`). */

import { error, type Issues, item, property, show, warning } from "./issues";
import { isContained } from "./overlap";
import { fillPlaceholders } from "./placeholders";
import { type Check, count, isObject, listOf, object, objectOf } from "./shape";
import { publishSubject } from "./sharing";

const percent: Check = (value, path, to) => {
  count(1, "leave trace out to trace nothing")(value, path, to);
  if (typeof value === "number" && value > 100) error(to, path, "must be at most 100 (percent)");
};

/** `trace` of an account. */
export const trace: Check = object({ "destination!": publishSubject, sampling: percent });

/** Warns of permissions in these claims with which traced messages would be lost; those of single users are not known here. */
export function warnOfLostTraces(claims: Record<string, unknown>, to: Issues): void {
  const { destination } = objectOf(claims["trace"]);
  if (typeof destination !== "string") return;
  const look = (permissions: unknown, path: string): void => {
    const { publish, responses } = objectOf(permissions);
    if (mayPublish(publish, responses, destination)) return;
    warning(
      to,
      property(path, "publish"),
      `leaves out ${show(destination)}, where trace.destination sends traces: servers drop the sampled messages of such users`,
    );
  };
  look(claims["defaultPermissions"], "defaultPermissions");
  listOf(claims["signingKeys"]).forEach((key, i) => {
    if (!isObject(key)) return;
    look(
      objectOf(key["template"])["permissions"],
      `${item("signingKeys", i)}.template.permissions`,
    );
  });
}

function mayPublish(publish: unknown, responses: unknown, destination: string): boolean {
  const { allow, deny } = Array.isArray(publish)
    ? { allow: publish, deny: undefined }
    : objectOf(publish);
  const denied = listOf(deny).some(
    (entry) => typeof entry === "string" && isContained(destination, entry),
  );
  if (denied) return false;
  // Without subjects, permission to answer takes the others away.
  if (listOf(allow).length === 0) return responses === undefined;
  // Placeholders may stand for anything; in what is denied they are left as they are, and match nothing.
  return listOf(allow).some(
    (entry) =>
      typeof entry !== "string" ||
      isContained(
        destination,
        fillPlaceholders(entry, () => "*"),
      ),
  );
}
