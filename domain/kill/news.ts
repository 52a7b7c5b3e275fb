import type { Actor } from '../audit.ts';
import type { KillId, VariantId } from '../ids.ts';
import type { Route, Tombstone } from '../traffic/route.ts';
import { inEarnest, isKilled } from '../traffic/tombstones.ts';
import type { VariantSummary } from '../variant.ts';
import type { KillRecord } from './kill.ts';
import { answeringVersion } from './order.ts';

/** How a route stands as to kills, at the moment of reading. */
export interface KillStanding {
  readonly tombstones: readonly Tombstone[];
  readonly lastGood: readonly VariantId[];
  /** The version that answers callers; null when nothing does. */
  readonly answering: string | null;
}

/** What a deployment's workflow is told of one kill: the order, and how its route stands now. */
export interface KillFacts {
  readonly killId: KillId;
  readonly targets: readonly Tombstone[];
  readonly actor: Actor;
  readonly reason: string | null;
  /** A drill takes back what it did by itself: no process may end for it. */
  readonly drill: boolean;
  readonly standing: KillStanding;
}

export function standingOf(route: Route): KillStanding { return { tombstones: inEarnest(route), lastGood: route.lastGood, answering: answeringVersion(route) }; }

export function killFacts({ killId, targets, actor: { kind, name }, reason, drillId }: KillRecord, route: Route): KillFacts {
  return { killId, targets, actor: { kind, name }, reason, drill: drillId !== null, standing: standingOf(route) };
}

/** What a deployment remembers of the kills in its route; `by` is the newest order that was told, null where none was. */
export interface KillMemory extends Pick<KillStanding, 'tombstones' | 'answering'> { readonly by: Pick<KillFacts, 'targets' | 'actor' | 'reason'> | null }
export const NO_KILLS: KillMemory = { tombstones: [], answering: null, by: null };

export function isDown({ tombstones }: KillMemory, champion: VariantSummary | null): boolean { return champion !== null && isKilled(tombstones, champion); }

/** `ada killed filesystem:churn@2 (garbage): version 1 answers instead …`; nobody is named where the order is not remembered. */
export function downSentence({ answering, by }: KillMemory, champion: VariantSummary): string {
  const known = by !== null && isKilled(by.targets, champion) ? by : null;
  const who = known === null ? `${champion.model} is killed` : `${known.actor.name} killed ${champion.model}${known.reason === null ? '' : ` (${known.reason})`}`;
  return `${who}: ${answering === null ? 'nothing answers callers' : `version ${answering} answers instead`}. Only a person revives it; a rollback takes its place, or a new version that a person promotes (there is nobody to compare it with).`;
}
