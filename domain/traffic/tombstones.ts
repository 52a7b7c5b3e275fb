import type { VariantId } from '../ids.ts';
import type { InFlight, Route, RouteVariant, Tombstone } from './route.ts';

/** The tombstone that stops a whole deployment. */
export const ALL: Tombstone = '*';

type Named = Pick<RouteVariant, 'variantId' | 'artifactDigest'>;

/** Killed by its own id or by its digest: never good again until a person revives it. */
export function isNamed(tombstones: readonly Tombstone[], variant: Named): boolean {
  return tombstones.includes(variant.variantId) || tombstones.includes(variant.artifactDigest);
}

/** May not serve, for any reason. */
export function isKilled(tombstones: readonly Tombstone[], variant: Named): boolean {
  return tombstones.includes(ALL) || isNamed(tombstones, variant);
}

/** The tombstones that only a person takes off; those of a drill go by themselves. */
export function inEarnest({ tombstones, drilled = [] }: Pick<Route, 'tombstones' | 'drilled'>): readonly Tombstone[] {
  return drilled.length === 0 ? tombstones : tombstones.filter((each) => !drilled.includes(each));
}

/** The same for an id; an id without a known variant can be killed by its name and by `*` alone. */
export function isKilledId(tombstones: readonly Tombstone[], id: VariantId, variants: Readonly<Record<VariantId, RouteVariant>>): boolean {
  return isKilled(tombstones, variants[id] ?? { variantId: id, artifactDigest: '' });
}

/** Tombstones from one source, and those of them that let requests under way come to their end. */
export interface Killing { readonly tombstones: readonly Tombstone[]; readonly draining: readonly Tombstone[] }

/** What becomes of requests under way to a variant; null while it lives. Of several orders the stronger word, to abort, holds. */
export function endingOf(killings: readonly Killing[], variant: Named): InFlight | null {
  const naming = killings.flatMap(({ tombstones, draining }) => tombstones.filter((each) => isKilled([each], variant)).map((each) => draining.includes(each)));
  if (naming.length === 0) return null;
  return naming.every((drains) => drains) ? 'drain' : 'abort';
}
