import { sortedSet } from "../order";
import type { OperatorClaims } from "../types";
import { canonicalTags, generalFromWire, type WireClaims } from "./common";
import { compact, filled, flag, text, texts, type Wire } from "./read";

/** The `nats` object of an operator's claims. Signing keys are sorted: another order must not mean another token, which servers would need a restart for. */
export function operatorBody(claims: OperatorClaims): Wire {
  return compact({
    signing_keys: filled(sortedSet(claims.signingKeys ?? [])),
    account_server_url: claims.accountServerUrl || undefined,
    operator_service_urls: filled([...(claims.serviceUrls ?? [])]),
    system_account: claims.systemAccount || undefined,
    assert_server_version: claims.assertServerVersion || undefined,
    strict_signing_key_usage: claims.requireSigningKeys || undefined,
    tags: canonicalTags(claims.tags),
  });
}

/** The inverse: an operator's claims in canonical form from a decoded token. */
export function operatorFromWire(token: WireClaims): OperatorClaims {
  const { nats } = token;
  return compact({
    name: token.name ?? "",
    ...generalFromWire(token),
    signingKeys: filled(sortedSet(texts(nats["signing_keys"]) ?? [])),
    accountServerUrl: text(nats["account_server_url"]),
    serviceUrls: texts(nats["operator_service_urls"]),
    systemAccount: text(nats["system_account"]),
    assertServerVersion: text(nats["assert_server_version"]),
    requireSigningKeys: flag(nats["strict_signing_key_usage"]),
  });
}
