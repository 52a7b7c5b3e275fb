import { idTail } from '../digest.ts';
import type { DeploymentUid, KillId } from '../ids.ts';
import { chooseChampion } from '../traffic/choose.ts';
import type { Route, RouteVariant, Tombstone } from '../traffic/route.ts';
import { ALL, isKilled } from '../traffic/tombstones.ts';
import type { KilledVariant, KillRecord, KillScope } from './kill.ts';
import { roleOf } from './scope.ts';

/** The same order, by the same update id, in the same deployment is the same kill. */
export function killIdOf(updateId: string, uid: DeploymentUid): KillId { return `kil_${idTail([updateId, uid])}`; }

/** The id of the route command by which a kill is taken back, and the way back from there. */
export function reviveCommandId(killId: KillId): string { return `${REVIVE}${killId}`; }
export function killRevivedBy(commandId: string): KillId | null { return commandId.startsWith(REVIVE) ? commandId.slice(REVIVE.length) : null; }
const REVIVE = 'revive/';

/** What the store knows of a killed variant besides the route; null where it holds no such variant. */
export type KnownVariant = { readonly backend: string; readonly fingerprint: string | null } | null;

export type KillOrder = Pick<KillRecord, 'killId' | 'scope' | 'targets' | 'inFlight' | 'actor' | 'via' | 'reason' | 'requestedAtMs' | 'recordedAtMs'> & Partial<Pick<KillRecord, 'drillId'>>;

/** A record at its beginning. `revision`: of the route that carries the tombstones. */
export function newKill(route: Route, order: KillOrder, of: { readonly variants: readonly KilledVariant[]; readonly revision: number | null }): KillRecord {
  const { tenantId, deploymentUid, name, onLostControl } = route;
  return {
    tenantId, deploymentUid, deployment: name, onLostControl, drillId: null, ...order, state: 'fencing', variants: of.variants, revision: of.revision,
    fencedAtMs: null, silentAtMs: null, provedAtMs: null, revivedAtMs: null, gateways: [], backends: [], probes: [], answering: answeringVersion(route),
    missing: [], bound: null, revisionOfRecord: 1, updatedAtMs: order.recordedAtMs ?? order.requestedAtMs,
  };
}

export function killedVariant({ variantId, version, artifactDigest, endpoint, role }: RouteVariant & Pick<KilledVariant, 'role'>, known: KnownVariant): KilledVariant {
  return { variantId, version, artifactDigest, endpoint, role, backend: known?.backend ?? UNKNOWN_BACKEND, fingerprint: known?.fingerprint ?? null };
}

/** Of a variant that the route has and the store has not: nobody can say which backend runs it. */
export const UNKNOWN_BACKEND = 'unknown';

/** The variants of a route that tombstones hold, with what they are to callers. Tombstones may name what the route has not. */
export function variantsUnder(route: Route, targets: readonly Tombstone[]): readonly (RouteVariant & Pick<KilledVariant, 'role'>)[] {
  return Object.values(route.variants).filter((variant) => isKilled(targets, variant)).map((variant) => ({ ...variant, role: roleOf(route, variant.variantId) }));
}

/** How a person would have named tombstones that came without a scope: from a gateway, or from a route whose record was lost. */
export function scopeOf(targets: readonly Tombstone[]): KillScope {
  const [only = ALL] = targets;
  if (targets.includes(ALL) || targets.length !== 1) return { kind: 'all' };
  return only.startsWith('sha256:') ? { kind: 'digest', digest: only } : { kind: 'variant', variantId: only };
}

/** The version that answers callers by the route alone; null when it is closed. */
export function answeringVersion(route: Route): string | null {
  const choice = chooseChampion(route, { ownTombstones: [], leaseLost: false });
  return choice.kind === 'serve' ? choice.variant.version : null;
}

type InForce = Pick<KillRecord, 'killId' | 'targets' | 'state' | 'drillId'>;

/** Other kills in force that name something of this one; a drill is no kill in force. */
export function alsoKilledBy<K extends InForce>(record: Pick<KillRecord, 'killId' | 'targets'>, others: readonly K[]): readonly K[] {
  return others.filter(({ killId, state, targets, drillId }) => killId !== record.killId && drillId === null && state !== 'revived' && targets.some((each) => record.targets.includes(each)));
}

/** What the revive of one kill takes off: nothing that another kill in force names too. */
export function liftedBy(record: Pick<KillRecord, 'killId' | 'targets'>, others: readonly InForce[]): readonly Tombstone[] {
  const held = new Set(alsoKilledBy(record, others).flatMap(({ targets }) => targets));
  return record.targets.filter((target) => !held.has(target));
}
