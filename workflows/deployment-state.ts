import type { Actor, AuditEntry } from '../domain/audit.ts';
import { LAST_GOOD_KEPT, type DeploymentPhase, type DeploymentStatus } from '../domain/deployment-record.ts';
import type { RestoredDeployment } from '../domain/deployment-restore.ts';
import { phaseOf, whoDecides, type Standing } from '../domain/deployment-standing.ts';
import { downSentence, isDown, NO_KILLS, type KillMemory } from '../domain/kill/news.ts';
import { isNamed } from '../domain/traffic/tombstones.ts';
import { rolloutId, type RolloutId } from '../domain/ids.ts';
import type { VariantSummary } from '../domain/variant.ts';
import type { DeploymentCarried, DeploymentInput, KillNews, QueuedRollout, RolloutFinished, RolloutProgress, StartRolloutAnswer } from './messages.ts';

/** The rollout that runs, or is about to; its number is taken when it is accepted. */
export interface Active { n: number; rolloutId: RolloutId; readonly item: QueuedRollout; announced: boolean; begun: boolean }

/** A deployment while its entity runs. */
export interface Entity {
  readonly input: DeploymentInput;
  status: DeploymentStatus;
  queue: QueuedRollout[];
  tried: string[];
  answered: { readonly updateId: string; readonly answer: StartRolloutAnswer }[];
  specHash: string;
  changes: number;
  active: Active | null;
  /** What others have not been told of yet. */
  dirty: boolean;
  audits: AuditEntry[];
  /** Variants that left the last goods and are to be unloaded. */
  retired: VariantSummary[];
  retiring: boolean;
  rollingBack: boolean;
  /** Started by a release that restores (patches.ts). */
  readonly restores: boolean;
  /** Started by a release that begins afresh after some rollouts (patches.ts). */
  readonly brief: boolean;
  /** False until the stores have said what was before; nothing is decided until then. */
  known: boolean;
  /** Kills and revives of which the stores have not been asked yet. */
  news: KillNews[];
  kills: KillMemory;
  /** Who took it out of service; null while it is in. */
  retiredBy: string | null;
  /** A restore that loads the champion again. */
  restoring: boolean;
  /** Deleted: nothing comes after what is under way. */
  deleted: boolean;
  /** Nothing is left to do but to write what is told. */
  finished: boolean;
  /** News that came before. */
  unheard: (() => void)[];
}

const ANSWERS_KEPT = 200;
const TRIED_KEPT = 500;

const EMPTY: DeploymentStatus = { revision: 0, phase: 'empty', champion: null, challenger: null, activeRollout: null, rolloutCount: 0, lastVerdict: null, lastGood: [], pinnedBy: null, message: 'Nothing serves yet.' };

export function openEntity(input: DeploymentInput, { restores, brief }: Pick<Entity, 'restores' | 'brief'>): Entity {
  const carried: DeploymentCarried = input.carried ?? { status: EMPTY, queue: [], tried: [], answered: [], specHash: '', changes: 0 };
  return {
    input, status: carried.status, queue: [...carried.queue], tried: [...carried.tried], answered: [...carried.answered], specHash: carried.specHash, changes: carried.changes,
    active: carried.begins === undefined ? null : { ...carried.begins, announced: false, begun: false }, dirty: false, audits: [], retired: [], retiring: false, rollingBack: false, restores, brief, known: !restores || input.carried !== null, unheard: [], news: [], kills: carried.kills ?? NO_KILLS, retiredBy: carried.retiredBy ?? null, restoring: false, deleted: false, finished: false,
  };
}

/** Called only while no rollout runs and nothing waits to be written. */
export function carryEntity({ status, queue, tried, answered, specHash, changes, kills, retiredBy, active }: Entity): DeploymentCarried {
  const begins = active === null ? {} : { begins: { n: active.n, rolloutId: active.rolloutId, item: active.item } };
  return { ...begins, status, queue, tried: tried.slice(-TRIED_KEPT), answered: answered.slice(-ANSWERS_KEPT), specHash, changes, kills, retiredBy };
}

/** Goes on from what the stores know, with the rollout that still runs in its place. */
export function recall(entity: Entity, { lost, status, specHash, tried, changes, active, retired, kills = NO_KILLS, retiredBy = null }: RestoredDeployment, nowMs: number): void {
  Object.assign(entity, { status, specHash, changes, kills, retiredBy, tried: [...tried], retired: [...retired], active: active === null ? null : { ...active, announced: true, begun: true } });
  if (!lost) return;
  change(entity, {});
  note(entity, { atMs: nowMs, actor: { kind: 'workflow', name: `deployment ${entity.input.name}` }, action: 'deployment.restored', reason: status.message, digest: status.champion?.artifactDigest ?? null });
}

/** Now, or as soon as the entity knows what was before. */
export function whenKnown(entity: Entity, hear: () => void): void {
  if (entity.known) hear();
  else entity.unheard.push(hear);
}

/** The place is taken at once, so that no second rollout is accepted beside it. */
export function occupy(entity: Entity, item: QueuedRollout): Active {
  const active: Active = { n: 0, rolloutId: '', item, announced: false, begun: false };
  entity.active = active;
  entity.specHash = item.specHash;
  number(entity, active);
  return active;
}

/** Gives the rollout the next number; again when a workflow of that number turns out to exist. */
export function number(entity: Entity, active: Active): void {
  active.n = entity.status.rolloutCount + 1;
  active.rolloutId = rolloutId(entity.input.uid, active.n);
  change(entity, { activeRollout: active.rolloutId, rolloutCount: active.n, challenger: null, phase: phaseNow(entity), message: `Rollout ${active.n} of ${active.item.model} begins.` });
}

export function progressed(entity: Entity, { rolloutId: id, stage, challenger, message, verdict }: RolloutProgress): void {
  const { active, status } = entity;
  if (active?.rolloutId !== id) return;
  active.announced = true;
  if (stage === 'done') return;
  const phase: DeploymentPhase = stage === 'asking' || stage === 'approving' ? 'attention' : phaseNow(entity);
  change(entity, { phase, challenger, message, lastVerdict: verdict ?? status.lastVerdict });
}

/** The end of the active rollout; a repeat, or the end of another one, changes nothing. */
export function finished(entity: Entity, { rolloutId: id, outcome, challenger, verdict }: RolloutFinished): void {
  const { active, status } = entity;
  if (active?.rolloutId !== id) return;
  entity.active = null;
  const base = { activeRollout: null, challenger: null, lastVerdict: verdict ?? status.lastVerdict };
  if ((outcome === 'promoted' || outcome === 'first') && challenger !== null) {
    crown(entity, challenger);
    const message = isDown(entity.kills, challenger) ? downSentence(entity.kills, challenger) : `${challenger.model} decides since rollout ${active.n}.`;
    change(entity, { ...base, phase: phaseNow(entity), message });
    return;
  }
  if (outcome === 'rolled-back') entity.tried.push(active.item.model, ...(challenger === null ? [] : [challenger.artifactDigest]));
  const why = verdict === null ? '' : ` ${verdict.text}`;
  change(entity, {
    ...base, phase: phaseNow(entity),
    message: `${whoDecides(standingOf(entity))}; rollout ${active.n} of ${active.item.model} ended: ${outcome}.${why}`,
  });
}

function standingOf({ retiredBy, status: { champion }, active, kills }: Entity): Standing { return { retiredBy, kills, champion, runs: active !== null }; }

/** The old champion becomes the newest last good; those beyond the kept ones are retired. */
function crown(entity: Entity, champion: VariantSummary): void {
  const before = entity.status.champion;
  const all = [...(before === null ? [] : [before]), ...entity.status.lastGood].filter(({ variantId }) => variantId !== champion.variantId);
  const earlier = all.filter((variant) => !isNamed(entity.kills.tombstones, variant));
  entity.tried.push(...all.filter((variant) => !earlier.includes(variant)).flatMap(({ model, artifactDigest }) => [model, artifactDigest]));
  entity.retired.push(...earlier.slice(LAST_GOOD_KEPT));
  entity.tried = entity.tried.filter((known) => known !== champion.model && known !== champion.artifactDigest);
  change(entity, { champion, lastGood: earlier.slice(0, LAST_GOOD_KEPT), pinnedBy: champion.variantId === before?.variantId ? entity.status.pinnedBy : null });
}

/** A person went back to the newest last good: the champion of before is not tried again without a reason. */
export function wentBack(entity: Entity, by: Actor, reason: string | null): void {
  const { champion, lastGood } = entity.status;
  const [target, ...rest] = lastGood;
  if (target === undefined || champion === null) return;
  entity.tried.push(champion.model, champion.artifactDigest);
  entity.retired.push(champion);
  change(entity, { champion: target, lastGood: rest, pinnedBy: null, message: `${target.model} decides again: ${by.name} went back from ${champion.model}${reason === null ? '' : ` (${reason})`}.` });
  change(entity, { phase: phaseNow(entity) });
}

export function phaseNow(entity: Entity): DeploymentPhase { return phaseOf(standingOf(entity)); }

export function change(entity: Entity, to: Partial<DeploymentStatus>): void {
  entity.status = { ...entity.status, ...to, revision: entity.status.revision + 1 };
  entity.dirty = true;
}

/** One audit entry per state change of the entity itself; its rollouts write their own. */
export function note(entity: Entity, entry: { atMs: number; actor: Actor; action: string; reason: string | null; digest: string | null }): void {
  entity.changes += 1;
  entity.audits.push({ ...entry, auditId: `${entity.input.uid}#${entity.changes}`, via: 'workflow', subject: entity.input.uid, evidenceHash: null });
  entity.dirty = true;
}
