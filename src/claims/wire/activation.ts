import type { ActivationClaims } from "../types";
import { canonicalTags, generalFromWire, type WireClaims } from "./common";
import { compact, text, type Wire } from "./read";

/** The `nats` object of an activation. */
export function activationBody(claims: ActivationClaims): Wire {
  return compact({
    subject: claims.stream ?? claims.service,
    kind: claims.stream === undefined ? "service" : "stream",
    issuer_account: claims.issuerAccount || undefined,
    tags: canonicalTags(claims.tags),
  });
}

/** The inverse: an activation in canonical form from a decoded token. */
export function activationFromWire(token: WireClaims): ActivationClaims {
  const { nats } = token;
  return compact({
    name: text(token.name),
    ...generalFromWire(token),
    [nats["kind"] === "service" ? "service" : "stream"]: text(nats["subject"]) ?? "",
    issuerAccount: text(nats["issuer_account"]),
  });
}
