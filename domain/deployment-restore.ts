import type { Actor, AuditEntry } from './audit.ts';
import { LAST_GOOD_KEPT, type DeploymentRecord, type DeploymentStatus } from './deployment-record.ts';
import { phaseOf, whoDecides, type Standing } from './deployment-standing.ts';
import { NO_KILLS, type KillMemory, type KillStanding } from './kill/news.ts';
import { parseRolloutId, type RolloutId, type VariantId } from './ids.ts';
import type { RolloutRecord } from './rollout/record.ts';
import type { Route } from './traffic/route.ts';
import type { VariantSummary } from './variant.ts';

/** What the stores hold of a deployment whose entity workflow was lost. */
export interface Remains {
  readonly deployment: DeploymentRecord;
  readonly route: (Pick<Route, 'champion' | 'lastGood' | 'rolloutId'> & Partial<Pick<Route, 'retired' | 'pin'>>) | null;
  /** How that route stands as to kills. */
  readonly standing?: KillStanding;
  /** Oldest first; at most one is without an end: its workflow still runs. */
  readonly rollouts: readonly RolloutRecord[];
  /** What the entity wrote of itself. */
  readonly audits: readonly Pick<AuditEntry, 'auditId' | 'action' | 'atMs'>[];
  /** Of every id that the route names and the store knows. */
  readonly variants: readonly VariantSummary[];
}

/** What an entity starts from instead of from nothing. What waited in its queue is not stored and is lost with it. */
export interface RestoredDeployment {
  /** False for a deployment that never had an entity. */
  readonly lost: boolean;
  readonly status: DeploymentStatus;
  readonly specHash: string;
  readonly tried: readonly string[];
  /** Audited changes so far. */
  readonly changes: number;
  readonly active: { readonly n: number; readonly rolloutId: RolloutId; readonly item: { readonly specHash: string; readonly model: string; readonly actor: Actor; readonly retry: boolean; readonly reason: string | null } } | null;
  /** To be taken out of route and memory. */
  readonly retired: readonly VariantSummary[];
  /** Absent in answers of before kills were told. */
  readonly kills?: KillMemory;
  readonly retiredBy?: string | null;
}

/** The action under which an entity audits that a person went back. */
export const WENT_BACK = 'deployment.rolled-back';

/**
 * Traffic is what the route says; the rest is what the newest projections say. A projection may be one write behind: the entity writes
 * one after another, so counts go on behind the one write that may still be under way.
 */
export function restoreDeployment(remains: Remains): RestoredDeployment {
  const { deployment: { status, specHash, uid }, rollouts, audits } = remains;
  const running = rollouts.findLast(({ endedAtMs }) => endedAtMs === null) ?? null;
  const sides = sidesOf(remains, running);
  const rolloutCount = highestNumber(remains);
  const lost = status.revision > 0 || rolloutCount > 0 || sides.champion !== null;
  const kills = killsOf(remains);
  const retiredBy = retirementOf(remains);
  const tried = triedBefore(rollouts, audits.filter(({ action }) => action === WENT_BACK).map(({ atMs }) => atMs));
  return {
    lost, specHash, changes: lost ? 1 + Math.max(0, ...audits.map(({ auditId }) => numberIn(auditId, uid))) : 0,
    status: lost ? { ...statusOf(remains, running, sides), revision: status.revision + 1, rolloutCount } : status,
    tried: [...new Set([...tried, ...(sides.left === null ? [] : [sides.left.model, sides.left.artifactDigest])])],
    active: running === null ? null : { n: running.n, rolloutId: running.rolloutId, item: { specHash: running.specHash, model: running.model, actor: running.startedBy, retry: false, reason: running.reason } },
    retired: retiredOf(remains, running, sides), ...(kills === null ? {} : { kills }), ...(retiredBy === null ? {} : { retiredBy }),
  };
}

interface Sides { readonly champion: VariantSummary | null; readonly lastGood: readonly VariantSummary[]; /** The champion that a person left, where the status does not say so yet. */ readonly left: VariantSummary | null }

function sidesOf(remains: Remains, running: RolloutRecord | null): Sides {
  const { deployment: { status }, route } = remains;
  const id = deciding(remains, running);
  if (route === null || id === null) return { champion: null, lastGood: [], left: null };
  const before = status.champion?.variantId ?? null;
  const earlier = status.lastGood.map(({ variantId }) => variantId);
  const wentBack = before !== id && earlier.includes(id);
  const order = before === null ? route.lastGood : before === id || wentBack ? earlier : [before, ...earlier];
  const lastGood = order.filter((each) => each !== id && route.lastGood.includes(each)).slice(0, LAST_GOOD_KEPT);
  return { champion: summary(remains, id), lastGood: lastGood.map((each) => summary(remains, each)), left: wentBack ? status.champion : null };
}

/** A rollout that is just making its challenger champion reports that itself; until then it counts as before. */
function deciding({ route }: Remains, running: RolloutRecord | null): VariantId | null {
  const id = route?.champion ?? null;
  return running !== null && id !== null && id === running.challenger?.variantId ? running.champion?.variantId ?? null : id;
}

function retirementOf({ route }: Remains): string | null { return route?.retired?.person ?? null; }

/** Who gave the order is in the record of the kill; here it is enough that the champion is down. */
function killsOf({ standing }: Remains): KillMemory | null {
  return standing === undefined ? null : { tombstones: standing.tombstones, answering: standing.answering, by: null };
}

function statusOf(remains: Remains, running: RolloutRecord | null, sides: Sides): DeploymentStatus {
  const { deployment: { status }, rollouts, route } = remains;
  const { champion, lastGood } = sides;
  const standing = standingNow(remains, champion, running !== null);
  return {
    ...status, champion, lastGood, phase: phaseOf(standing), pinnedBy: route?.pin === undefined ? status.pinnedBy : route.pin?.person ?? null, challenger: running?.challenger ?? null, activeRollout: running?.rolloutId ?? null, lastVerdict: rollouts.at(-1)?.state.verdict ?? status.lastVerdict,
    message: `${whoDecides(standing)}; ${running === null ? 'no rollout runs' : `rollout ${String(running.n)} of ${running.model} runs`}. Known again from what is stored, since its workflow was lost.`,
  };
}

function standingNow(remains: Remains, champion: VariantSummary | null, runs: boolean): Standing { return { retiredBy: retirementOf(remains), kills: killsOf(remains) ?? NO_KILLS, champion, runs }; }

/** What the route keeps beyond the last goods, and the challenger of a newest rollout that broke off; never one that has or may get traffic. */
function retiredOf(remains: Remains, running: RolloutRecord | null, { champion, lastGood }: Sides): readonly VariantSummary[] {
  const wanted = new Set([remains.route?.champion, ...[champion, running?.challenger, running?.champion, ...lastGood].map((variant) => variant?.variantId)]);
  const left = [...(remains.route?.lastGood ?? []), ...brokenOff(remains.rollouts.at(-1))];
  return [...new Set(left)].filter((id) => !wanted.has(id)).map((id) => summary(remains, id));
}

function brokenOff(newest: RolloutRecord | undefined): readonly VariantId[] {
  return newest?.state.outcome === 'aborted' && newest.challenger !== null ? [newest.challenger.variantId] : [];
}

type Turn = { readonly atMs: number } & ({ readonly kind: 'ended'; readonly rollout: RolloutRecord } | { readonly kind: 'went-back' });

/** Models and digests that were rolled back, or left by a person who went back, and did not become champion since. */
function triedBefore(rollouts: readonly RolloutRecord[], wentBackAtMs: readonly number[]): readonly string[] {
  const ends = rollouts.flatMap((rollout): Turn[] => (rollout.endedAtMs === null ? [] : [{ kind: 'ended', atMs: rollout.endedAtMs, rollout }]));
  const turns = [...ends, ...wentBackAtMs.map((atMs): Turn => ({ kind: 'went-back', atMs }))].sort((a, b) => a.atMs - b.atMs);
  const tried = new Set<string>();
  const champions: (readonly string[])[] = [];
  for (const turn of turns) {
    const names = turn.kind === 'ended' ? namesOf(turn.rollout) : champions.pop() ?? [];
    const outcome = turn.kind === 'ended' ? turn.rollout.state.outcome : 'rolled-back';
    if (outcome === 'rolled-back') for (const name of names) tried.add(name);
    if (outcome !== 'promoted' && outcome !== 'first') continue;
    for (const name of names) tried.delete(name);
    champions.push(names);
  }
  return [...tried];
}

function namesOf({ model, challenger }: RolloutRecord): readonly string[] { return [model, ...(challenger === null ? [] : [challenger.artifactDigest])]; }

function highestNumber({ deployment: { status }, rollouts, route }: Remains): number {
  return Math.max(status.rolloutCount, 0, ...rollouts.map(({ n }) => n), numberOf(route?.rolloutId ?? null));
}

function numberOf(id: RolloutId | null): number { return id === null ? 0 : parseRolloutId(id).n; }

function summary({ variants, deployment: { status }, rollouts }: Remains, id: VariantId): VariantSummary {
  const known = [...variants, status.champion, ...status.lastGood, ...rollouts.flatMap(({ champion, challenger }) => [champion, challenger])];
  return known.find((each) => each?.variantId === id) ?? { variantId: id, model: id, artifactDigest: '' };
}

function numberIn(auditId: string, uid: string): number { return auditId.startsWith(`${uid}#`) ? Number(auditId.slice(uid.length + 1)) : 0; }
