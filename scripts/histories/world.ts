import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { withFailures } from '../../activities/failures.ts';
import type { Activities } from '../../activities/index.ts';
import { killFacts } from '../../domain/kill/news.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';
import { restoringActivities } from '../../activities/restoring.ts';
import type { VerdictSummary } from '../../domain/analysis/verdict.ts';
import { chain, GENESIS, type AuditEntry } from '../../domain/audit.ts';
import type { RolloutPolicy } from '../../domain/deployment.ts';
import type { DeploymentStatus } from '../../domain/deployment-record.ts';
import { digestOf } from '../../domain/digest.ts';
import type { VariantId } from '../../domain/ids.ts';
import type { RolloutRecord } from '../../domain/rollout/record.ts';
import { applyCommand, emptyRoute } from '../../domain/traffic/commands.ts';
import type { CommandResult, Route, RouteCommand, RouteVariant } from '../../domain/traffic/route.ts';
import type { ProcessDescription } from '../../ports/orchestrator.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const TENANT = 'default';

export const POLICY: RolloutPolicy = {
  goal: 'better', cycleMs: HOUR, minCycles: 3, pilotCycles: 1, shadow: { samplePer10k: 10_000, maxMs: 7 * DAY },
  canary: [{ sharePer10k: 500, forMs: DAY }, { sharePer10k: 5_000, forMs: 2 * DAY }],
  horizonMs: 30 * DAY, idleMs: 2 * DAY, whenInconclusive: 'keep', askMs: DAY, whenBusy: 'refuse', alpha: 0.05,
};

/** Canary steps of minutes, where days would add nothing. */
export const SHORT: RolloutPolicy['canary'] = [{ sharePer10k: 500, forMs: 5 * MINUTE }, { sharePer10k: 5_000, forMs: 10 * MINUTE }];

/** What the judge of this world knows: when shadow began, how often it was asked, and what the route gives the challenger. */
export interface Hearing { readonly n: number; readonly nowMs: number; readonly sinceMs: number; readonly sharePer10k: number; readonly model: string; readonly field: readonly string[] }
export type Judge = (hearing: Hearing) => Pick<VerdictSummary, 'kind' | 'reason' | 'text' | 'provisional' | 'challenger' | 'out'>;

export const COLLECTING = { kind: 'collecting', reason: 'not-enough-evidence', text: 'Not enough evidence yet.' } as const;
/** Outcomes are awaited, all else is proved. */
export const PROVISIONAL = { ...COLLECTING, provisional: true } as const;
export const PROMOTE = { kind: 'promote', reason: 'proved-better', text: 'It is better by proof.' } as const;
export const ROLLBACK = { kind: 'rollback', reason: 'proved-worse', text: 'It is worse by proof.' } as const;
export const INCONCLUSIVE = { kind: 'inconclusive', reason: 'horizon', text: 'The horizon is reached without proof.' } as const;

/** A small world behind the activities: the route by the real rules, everything else by name. Same activity types as the product. */
export interface World {
  readonly activities: Activities;
  route: Route;
  policy: RolloutPolicy;
  judge: Judge;
  /** More models to try at once; null: none. */
  contenders: readonly string[] | null;
  /** A freeze or a pin, in words. */
  heldBy: string | null;
  /** Runs before the activity of that name; may throw or wait. */
  before: Partial<Record<keyof Activities, (input: never) => Promise<void> | void>>;
  readonly calls: string[];
  readonly loaded: Set<VariantId>;
  readonly rollouts: Map<string, RolloutRecord>;
  readonly audits: AuditEntry[];
  readonly notices: { readonly id: string; readonly type: string; readonly text: string }[];
  /** Deleted: route, schedule and name are gone. */
  ended: boolean;
  /** Records of kills by id; the route has their tombstones by `applyTo`. */
  readonly kills: Map<string, KillRecord>;
  /** The answer of a measuring; null: the file names no external metrics. */
  measure: (() => { taken: number; nextMs: number }) | null;
  readonly verdicts: { readonly rolloutId: string; readonly n: number; readonly verdict: VerdictSummary }[];
  status: DeploymentStatus | null;
  /** As Temporal says of a workflow; set by whoever has a client. */
  describe: (workflowId: string) => Promise<ProcessDescription | null>;
}

export function variantOf(model: string): { variantId: string; model: string; artifactDigest: string } {
  return { variantId: `var_${model.replaceAll(/[^a-z0-9]/g, '_')}`, model, artifactDigest: digestOf(model) };
}

export function createWorld(of: { uid: string; name: string; policy?: Partial<RolloutPolicy>; judge?: Judge }): World {
  const world: World = {
    activities: {} as Activities, policy: { ...POLICY, ...of.policy }, judge: of.judge ?? (() => COLLECTING), contenders: null, heldBy: null, measure: null, before: {}, status: null, describe: async () => null,
    route: emptyRoute({ tenantId: TENANT, deploymentUid: of.uid, name: of.name, fallback: ['last-good', 'closed'], onLostControl: 'serve', stickyHeader: null, stickyJsonPath: null, recordInputs: false }),
    calls: [], loaded: new Set(), rollouts: new Map(), audits: [], notices: [], ended: false, kills: new Map(), verdicts: [],
  };
  const activities: Activities = { ...checking(world), ...routing(world), ...judging(world), ...telling(world), ...restoring(world), ...retraining(world), ...killing(world) };
  return Object.assign(world, { activities: watched(world, activities) });
}

/**
 * Every call is noted by name, and may be disturbed. Workflows that an earlier test left open on the same server go on as soon as workers poll again: what they ask for is
 * of another deployment and is turned away, or its rollouts would stand among those of this world.
 */
function watched(world: World, activities: Activities): Activities {
  const entries = Object.entries(activities).map(([name, run]: [string, (input: never) => Promise<unknown>]) => [name, async (input: never): Promise<unknown> => {
    const uid = deploymentIn(input);
    if (uid !== undefined && uid !== world.route.deploymentUid) throw new Error(`${name} of ${uid} was asked in the world of ${world.route.deploymentUid}`);
    world.calls.push(name);
    await world.before[name as keyof Activities]?.(input);
    return run(input);
  }] as const);
  return Object.fromEntries(entries) as unknown as Activities;
}

interface AboutDeployment { readonly deploymentUid?: string; readonly subject?: { readonly deploymentUid: string }; readonly record?: { readonly deploymentUid: string }; readonly entry?: { readonly subject: string } }
/** The subject of an audit entry is a deployment or one of its rollouts. */
function deploymentIn({ deploymentUid, subject, record, entry }: AboutDeployment): string | undefined { return deploymentUid ?? subject?.deploymentUid ?? record?.deploymentUid ?? entry?.subject.split('/')[0]; }

function checking(world: World): Pick<Activities, 'readPolicy' | 'validateModel' | 'packageModel' | 'loadVariant' | 'unloadVariant'> {
  return {
    async readPolicy() { return { policy: world.policy, hasLabels: true, managed: true, ...(world.measure === null ? {} : { measures: true }), ...(world.contenders === null ? {} : { contenders: { beside: 'filesystem:churn@2', models: world.contenders } }), retrain: { command: ['train'], timeoutMs: MINUTE } }; },
    async validateModel({ subject }) { return variantOf(subject.model); },
    async packageModel({ variantId }) { return { bundleDigest: digestOf(variantId), bytes: 1 }; },
    async loadVariant({ variantId }) { world.loaded.add(variantId); return { checked: 1, latencyMs: 1 }; },
    async unloadVariant({ variantId }) {
      if ((world.route.champion === variantId && (world.route.retired ?? null) === null) || world.route.shares.some((share) => share.variantId === variantId)) throw refused('LM_INVARIANT', `${variantId} was unloaded while it serves`);
      world.loaded.delete(variantId);
    },
  };
}

function routing(world: World): Pick<Activities, 'setShadows' | 'setShare' | 'setChampion' | 'steerRoute' | 'endDeployment' | 'removeVariant' | 'awaitApplied'> {
  const apply = (command: RouteCommand): CommandResult => applyTo(world, command);
  const variant = (id: VariantId): RouteVariant => {
    if (!world.loaded.has(id)) throw refused('LM_INVARIANT', `${id} gets traffic but is not loaded`);
    return { variantId: id, version: id, artifactDigest: digestOf(id), endpoint: { url: 'http://127.0.0.1:1', modelName: id, modelVersion: null } };
  };
  return {
    async setShadows({ subject, commandId, variantIds }) { return apply({ type: 'setShadows', commandId, atMs: 0, ifRollout: subject.rolloutId, shadows: variantIds.map((id) => ({ variantId: id, samplePer10k: 10_000, deadlineMs: 1_000, variant: variant(id) })) }); },
    async setShare({ subject, commandId, variantId, sharePer10k }) { return apply({ type: 'setShare', commandId, atMs: 0, ifRollout: subject.rolloutId, variant: variant(variantId), sharePer10k }); },
    async setChampion({ commandId, variantId, expectedChampion, by }) { return apply({ type: 'setChampion', commandId, atMs: 0, variant: variant(variantId), expectedChampion, by }); },
    async steerRoute({ commandId, to }) { return apply({ ...to, commandId, atMs: 0 }); },
    async endDeployment() { world.ended = true; },
    async removeVariant({ commandId, variantId }) { return apply({ type: 'remove', commandId, atMs: 0, variantId }); },
    async awaitApplied() { return { gateways: 2 }; },
  };
}

function judging(world: World): Pick<Activities, 'openComparison' | 'judge' | 'measure' | 'recordVerdict'> {
  const opened = new Map<string, number>();
  const shareOf = (id: VariantId): number => world.route.shares.find((share) => share.variantId === id)?.sharePer10k ?? 0;
  const keep = (rolloutId: string, n: number, verdict: VerdictSummary): void => { if (!world.verdicts.some((known) => known.rolloutId === rolloutId && known.n === n)) world.verdicts.push({ rolloutId, n, verdict }); };
  return {
    async measure() { return world.measure?.() ?? { taken: 0, nextMs: MINUTE }; },
    async openComparison({ subject }) { const nowMs = serverTime(); opened.set(subject.rolloutId, nowMs); return { rulingMs: nowMs }; },
    async judge({ subject, n, challenger, field = [] }) {
      const nowMs = serverTime();
      const found = world.judge({ n, nowMs, sinceMs: opened.get(subject.rolloutId) ?? nowMs, sharePer10k: shareOf(challenger), model: subject.model, field });
      const verdict: VerdictSummary = { ...found, rolloutId: subject.rolloutId, n, metric: null, evidenceHash: found.kind === 'collecting' ? null : digestOf(`${subject.rolloutId}/${n}`) };
      keep(subject.rolloutId, n, verdict);
      return { verdict, rulingMs: nowMs, heldBy: world.heldBy };
    },
    async recordVerdict({ subject, n, verdict }) { keep(subject.rolloutId, n, verdict); },
  };
}

function telling(world: World): Pick<Activities, 'projectRollout' | 'projectDeployment' | 'audit' | 'notify'> {
  return {
    async projectRollout({ record }) { if (record.revision > (world.rollouts.get(record.rolloutId)?.revision ?? -1)) world.rollouts.set(record.rolloutId, record); },
    async projectDeployment({ deploymentUid, status }) { if (deploymentUid === world.route.deploymentUid && status.revision > (world.status?.revision ?? -1)) world.status = status; },
    async audit({ entry }) { if (!world.audits.some(({ auditId }) => auditId === entry.auditId)) world.audits.push(entry); },
    async notify({ id, type, text }) { if (!world.notices.some((known) => known.id === id)) world.notices.push({ id, type, text }); },
  };
}

/** The real activities over what this world holds; a lost world (no status) is a deployment that nobody wrote of. */
function restoring(world: World): Pick<Activities, 'restoreDeployment' | 'settleRollout'> {
  const { name, deploymentUid: uid } = world.route;
  const born = { revision: 0, phase: 'empty', champion: null, challenger: null, activeRollout: null, rolloutCount: 0, lastVerdict: null, lastGood: [], pinnedBy: null, message: 'No version serves yet.' } as const;
  const variants = (): Map<string, { variantId: string; model: string; artifactDigest: string }> => new Map([...world.rollouts.values()].flatMap(({ challenger }) => (challenger === null ? [] : [[challenger.variantId, challenger] as const])));
  return withFailures(restoringActivities({
    stores: {
      deployments: {
        getDeploymentByUid: async (tenantId) => ({ tenantId, uid, name, specHash: 'sha256:spec', createdAtMs: 0, updatedAtMs: 0, status: world.status ?? born }),
        getRollout: async (_tenant, id) => world.rollouts.get(id) ?? null,
        listRollouts: async () => ({ items: [...world.rollouts.values()], next: null }),
        putRollout: async (record) => world.activities.projectRollout({ record }),
        getVariant: async (tenantId, id) => ({ ...variants().get(id) ?? { variantId: id, model: id, artifactDigest: '' }, tenantId, deploymentUid: uid, backend: 'memory', endpoint: null, attestation: 'hashed', contractHash: '', bundleDigest: null, createdAtMs: 0 }),
      },
      routes: { get: async () => world.route, apply: async (_tenant, _uid, command) => applyTo(world, command) },
      audit: {
        append: async (tenantId, entry) => { await world.activities.audit({ tenant: tenantId, entry }); return chain(tenantId, entry, { seq: 0, hash: GENESIS }); },
        heads: async () => [],
        read: async (tenantId, { subject }) => world.audits.filter((entry) => entry.subject === subject).map((entry) => chain(tenantId, entry, { seq: 0, hash: GENESIS })),
      },
    },
    orchestrator: { describe: (workflowId) => world.describe(workflowId) }, now: Date.now,
  }));
}

function killing(world: World): Pick<Activities, 'readKill'> {
  return { async readKill({ killId }) { const record = world.kills.get(killId); return record === undefined ? null : killFacts(record, world.route); } };
}

export function applyTo(world: World, command: RouteCommand): CommandResult {
  const { route, result } = applyCommand(world.route, command);
  world.route = route;
  return result;
}

function retraining(world: World): Pick<Activities, 'trainModel' | 'requestRollout'> {
  return {
    async trainModel({ deployment }) { return { model: `filesystem:${deployment}@trained` }; },
    async requestRollout({ model }) { world.calls.push(`requested ${model}`); return { rolloutId: null }; },
  };
}

/** The server's clock, which a time-skipping server moves; this process's own does not. */
function serverTime(): number { return Context.current().info.scheduledTimestampMs; }

export function refused(code: string, message: string): ApplicationFailure { return ApplicationFailure.create({ type: code, message, nonRetryable: true }); }

/** Waits until the activity is cancelled, with heartbeats, as the long ones of the product do. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  for (;;) { context.heartbeat(); await delay(100, undefined, { signal: context.cancellationSignal }).catch(() => context.cancelled); }
}

