import { compareText, sortedSet } from "../order";
import type { AccountClaims, ScopedKey } from "../types";
import { NO_LIMIT } from "./common";
import { compact, filled, object, text, type Wire } from "./read";
import { templateFromWire, templateToWire } from "./template";

type SigningKeys = NonNullable<AccountClaims["signingKeys"]>;

/** An account's signing keys, sorted by key as Go sorts them. */
export function signingKeysToWire(keys: SigningKeys | undefined): (string | Wire)[] | undefined {
  const plain = sortedSet((keys ?? []).filter((key) => typeof key === "string"));
  const scoped = (keys ?? []).filter((key) => typeof key !== "string");
  const all = [...plain, ...scoped].sort((a, b) => compareText(publicKeyOf(a), publicKeyOf(b)));
  return filled(all.map((key) => (typeof key === "string" ? key : scopeToWire(key))));
}

/** The inverse. */
export function signingKeysFromWire(value: unknown): SigningKeys | undefined {
  const items = Array.isArray(value) ? value : [];
  const plain = sortedSet(items.map(text).filter((key) => key !== undefined));
  const scoped = items.filter((item) => typeof item === "object" && item !== null);
  const all = [...plain, ...scoped.map((item) => scopeFromWire(object(item)))];
  return filled(all.sort((a, b) => compareText(publicKeyOf(a), publicKeyOf(b))));
}

/** The public key of a signing key with or without a role. */
function publicKeyOf(key: string | ScopedKey): string {
  return typeof key === "string" ? key : key.key;
}

/** Go writes all five fields, empty ones too. */
function scopeToWire({ key, role, description, template }: ScopedKey): Wire {
  return {
    kind: "user_scope",
    key,
    role,
    // A limit of 0 stays: its absence would be read as no limit.
    template: templateToWire(template),
    description: description ?? "",
  };
}

function scopeFromWire(wire: Wire): ScopedKey {
  return compact({
    key: text(wire["key"]) ?? "",
    role: text(wire["role"]) ?? "",
    description: text(wire["description"]),
    template: templateFromWire(object(wire["template"]), NO_LIMIT),
  });
}
