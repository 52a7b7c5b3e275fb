import type { Situation } from './choose.ts';
import type { RouteVariant } from './route.ts';
import type { TableRoute } from './table.ts';
import { isKilled } from './tombstones.ts';

/** What a path that names a version means (decision D9). `other` needs the debug scope; `killed` is 410 whoever asks. */
export type VersionFinding =
  | { readonly kind: 'champion' }
  | { readonly kind: 'other'; readonly variant: RouteVariant }
  | { readonly kind: 'killed' } | { readonly kind: 'lost-control' } | { readonly kind: 'unknown' };

/** Two variants may carry one version (two backends): the champion comes first, then any that lives. */
export function findVersion(route: TableRoute, version: string, { ownTombstones, leaseLost }: Situation): VersionFinding {
  const named = Object.values(route.variants).filter((variant) => variant.version === version);
  if (named.length === 0) return { kind: 'unknown' };
  const living = named.filter((variant) => !isKilled(route.tombstones, variant) && !isKilled(ownTombstones, variant));
  if (living.some(({ variantId }) => variantId === route.champion)) return { kind: 'champion' };
  const other = living[0];
  if (other === undefined) return { kind: 'killed' };
  return leaseLost ? { kind: 'lost-control' } : { kind: 'other', variant: other };
}
