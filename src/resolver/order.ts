/** In which order accounts are pushed. Pure. */
import { accountFromWire, type TokenClaims } from "../claims/index";

/** Exporters before their importers, where they do not import from each other: a server looks for a missing exporter for 1.9 s. */
export function exportersFirst<Item extends { claims: TokenClaims }>(
  items: readonly Item[],
): Item[] {
  const byAccount = new Map(items.map((item) => [item.claims.sub, item]));
  const ordered = new Set<Item>();
  const visited = new Set<Item>();
  const visit = (item: Item) => {
    if (visited.has(item)) return;
    visited.add(item);
    for (const { account } of accountFromWire(item.claims).imports ?? []) {
      const exporter = byAccount.get(account);
      if (exporter) visit(exporter);
    }
    ordered.add(item);
  };
  for (const item of items) visit(item);
  return [...ordered];
}
