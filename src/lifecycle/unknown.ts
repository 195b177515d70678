/** Values that a preview does not know yet arrive as this text, at any depth (`@pulumi/pulumi`, `runtime/rpc.ts`). */
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Whether a value is not known yet. */
export function isUnknown(value: unknown): boolean {
  return value === unknownValue;
}

/** Whether anything in a value is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (isUnknown(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasUnknown);
}

/** Whether the value at a path such as `exports[2].stream`, or one on the way to it, is not known yet. */
export function touchesUnknown(root: unknown, path: string): boolean {
  let value = root;
  for (const step of path.split(/[.[\]]+/).filter((part) => part !== "")) {
    if (isUnknown(value)) return true;
    if (typeof value !== "object" || value === null) return false;
    value = (value as Record<string, unknown>)[step];
  }
  return hasUnknown(value);
}
