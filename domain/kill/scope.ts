import type { VariantId } from '../ids.ts';
import type { Route, RouteVariant, Tombstone } from '../traffic/route.ts';
import type { TableRoute } from '../traffic/table.ts';
import { ALL } from '../traffic/tombstones.ts';
import type { KilledVariant, KillScope } from './kill.ts';

/** What a scope means in a route at this moment, or why it means nothing. */
export type Resolution =
  | { readonly ok: true; readonly targets: readonly Tombstone[]; readonly variants: readonly (RouteVariant & Pick<KilledVariant, 'role'>)[] }
  | { readonly ok: false; readonly why: string };

/**
 * Decision D4: what `kill` names, as tombstones. A digest is taken at its word even where no variant of the route has it, since one may come;
 * any other name must be there. Already killed ones are named again: to kill twice is to kill.
 */
export function resolveScope(route: Pick<Route, 'champion' | 'shares' | 'shadows' | 'lastGood' | 'variants' | 'name'> | TableRoute, scope: KillScope): Resolution {
  switch (scope.kind) {
    case 'champion': return route.champion === null ? refused(`${route.name} has no champion.`) : named(route, [route.champion], [route.champion]);
    case 'challengers': {
      const ids = [...new Set([...route.shares, ...route.shadows].map(({ variantId }) => variantId))];
      return ids.length === 0 ? refused(`${route.name} has no challenger in its traffic.`) : named(route, ids, ids);
    }
    case 'all': return named(route, Object.keys(route.variants), [ALL]);
    case 'variant': return route.variants[scope.variantId] === undefined ? refused(unknown(route, `variant ${scope.variantId}`)) : named(route, [scope.variantId], [scope.variantId]);
    case 'version': {
      const ids = Object.values(route.variants).filter(({ version }) => version === scope.version).map(({ variantId }) => variantId);
      return ids.length === 0 ? refused(unknown(route, `version ${scope.version}`)) : named(route, ids, ids);
    }
    case 'digest': return named(route, Object.values(route.variants).filter(({ artifactDigest }) => artifactDigest === scope.digest).map(({ variantId }) => variantId), [scope.digest]);
  }
}

function named(route: Parameters<typeof resolveScope>[0], ids: readonly VariantId[], targets: readonly Tombstone[]): Resolution {
  return { ok: true, targets, variants: ids.flatMap((id) => (route.variants[id] === undefined ? [] : [{ ...route.variants[id], role: roleOf(route, id) }])) };
}

/** What a variant is to callers in a route; one that nothing names may be the champion of an older table. */
export function roleOf({ champion, shares, shadows }: Pick<Route, 'champion' | 'shares' | 'shadows'>, id: VariantId): KilledVariant['role'] {
  if (id === champion) return 'champion';
  if (shares.some(({ variantId }) => variantId === id)) return 'challenger';
  return shadows.some(({ variantId }) => variantId === id) ? 'shadow' : 'last-good';
}

function unknown(route: Parameters<typeof resolveScope>[0], what: string): string {
  const known = [...new Set(Object.values(route.variants).map(({ version }) => version))].sort();
  return `${route.name} has no ${what} in its route; it has the versions ${known.length === 0 ? 'none' : known.join(', ')}.`;
}

function refused(why: string): Resolution { return { ok: false, why }; }
