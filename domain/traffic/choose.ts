import type { VariantId } from '../ids.ts';
import { WHOLE } from '../share.ts';
import type { RouteVariant, Tombstone } from './route.ts';
import { pickShare, splitPoint } from './split.ts';
import type { TableRoute } from './table.ts';
import { isKilledId } from './tombstones.ts';

/** What a gateway knows besides the route: its own break-glass tombstones, and whether its lease has ended. */
export interface Situation { readonly ownTombstones: readonly Tombstone[]; readonly leaseLost: boolean }

export interface Mirror { readonly variant: RouteVariant; readonly samplePer10k: number; readonly deadlineMs: number }

export type Choice =
  | {
    readonly kind: 'serve';
    readonly variant: RouteVariant;
    /** The role its record gets; a last good version that stands in for the champion answers as champion. */
    readonly role: 'champion' | 'challenger';
    /** Probability with which the role was chosen, per 10,000. */
    readonly assignmentPer10k: number;
    /** The rung of the fallback ladder that answers, or null. */
    readonly fallback: 'last-good' | null;
    readonly mirrors: readonly Mirror[];
  }
  | { readonly kind: 'closed'; readonly reason: ClosedReason };

/** retired: a person took the deployment out of service; no-champion: nothing was promoted yet; killed: the ladder has no rung left; lost-control: the deployment is failClosed. */
export type ClosedReason = 'retired' | 'no-champion' | 'killed' | 'lost-control';

/** Decision D3: compile(route, own tombstones) for one key. The route's own tombstones and the gateway's are one set. */
export function chooseVariant(route: TableRoute, key: string, situation: Situation): Choice {
  const champion = chooseChampion(route, situation);
  if (champion.kind === 'closed' && (champion.reason === 'lost-control' || champion.reason === 'retired')) return champion;
  const shares = livingShares(route, situation);
  const picked = shares.length === 0 ? null : pickShare(splitPoint(saltOf(route), key), shares);
  if (picked !== null) return challenger(route, picked, situation);
  if (champion.kind === 'closed') return champion;
  const left = shares.reduce((rest, share) => rest - share.sharePer10k, WHOLE);
  return { ...champion, assignmentPer10k: left };
}

/** Who answers when shares are left aside: for metadata and readiness, and for a path that names the champion's version. */
export function chooseChampion(route: TableRoute, situation: Situation): Choice {
  if ((route.retired ?? null) !== null) return { kind: 'closed', reason: 'retired' };
  if (situation.leaseLost && route.onLostControl === 'failClosed') return { kind: 'closed', reason: 'lost-control' };
  if (route.champion === null) return { kind: 'closed', reason: 'no-champion' };
  const champion = living(route, route.champion, situation);
  if (champion !== null) return { kind: 'serve', variant: champion, role: 'champion', assignmentPer10k: WHOLE, fallback: null, mirrors: mirrorsFor(route, champion.variantId, situation) };
  for (const rung of route.fallback) {
    if (rung === 'closed') break;
    const stand = route.lastGood.map((id) => living(route, id, situation)).find((variant) => variant !== null);
    // There is no champion to compare with, so nothing is mirrored.
    if (stand) return { kind: 'serve', variant: stand, role: 'champion', assignmentPer10k: WHOLE, fallback: 'last-good', mirrors: [] };
  }
  return { kind: 'closed', reason: 'killed' };
}

function challenger(route: TableRoute, id: VariantId, situation: Situation): Choice {
  const variant = living(route, id, situation);
  const share = route.shares.find((each) => each.variantId === id);
  if (variant === null || share === undefined) return { kind: 'closed', reason: 'killed' };
  return { kind: 'serve', variant, role: 'challenger', assignmentPer10k: share.sharePer10k, fallback: null, mirrors: mirrorsFor(route, id, situation) };
}

/**
 * The legs that do not serve (decision D5: pairs go on during canary). When a challenger serves, the champion is mirrored with that
 * challenger's sampling. Without a lease nothing is mirrored: the end of the lease is the bound of a challenger's kill (decision D4).
 */
export function mirrorsFor(route: TableRoute, servingId: VariantId, situation: Situation): readonly Mirror[] {
  if (situation.leaseLost) return [];
  return route.shadows.flatMap(({ variantId, samplePer10k, deadlineMs }) => {
    const id = variantId === servingId ? route.champion : variantId;
    const variant = id === null ? null : living(route, id, situation);
    return variant === null || id === servingId ? [] : [{ variant, samplePer10k, deadlineMs }];
  });
}

/** A challenger's share is obeyed under a lease alone; without one it goes to the champion. */
function livingShares(route: TableRoute, situation: Situation): TableRoute['shares'] {
  return situation.leaseLost ? [] : route.shares.filter(({ variantId }) => living(route, variantId, situation) !== null);
}

function living(route: TableRoute, id: VariantId, { ownTombstones }: Situation): RouteVariant | null {
  const killed = isKilledId(route.tombstones, id, route.variants) || isKilledId(ownTombstones, id, route.variants);
  return killed ? null : route.variants[id] ?? null;
}

/** One salt per rollout: within it a key stays where it is; the next rollout draws other keys. */
function saltOf(route: TableRoute): string { return route.rolloutId ?? route.deploymentUid; }
