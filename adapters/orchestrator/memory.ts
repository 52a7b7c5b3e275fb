import { z } from 'zod';
import { LastmileError } from '../../domain/errors.ts';
import { parseRolloutId, rolloutId, type DeploymentUid, type RolloutId, type TenantId } from '../../domain/ids.ts';
import { admit } from '../../domain/rollout/admission.ts';
import { INITIAL, next, type RolloutEvent, type RolloutState } from '../../domain/rollout/machine.ts';
import type { RolloutPlan } from '../../domain/rollout/plan.ts';
import { isDeploymentCommand, type Command, type CommandAccepted, type DeploymentCommand, type OfRollout, type Orchestrator, type RolloutAccepted, type StartRollout } from '../../ports/orchestrator.ts';
import { deploymentWorkflowId, rolloutWorkflowId } from '../../workflows/ids.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({});

/** The orchestrator of a test: the same rules, no durability, and nothing that happens by itself. */
export interface MemoryOrchestrator extends Orchestrator {
  /** Every call, oldest first. */
  readonly log: readonly { readonly call: string; readonly with: unknown }[];
  /** Ends a running rollout as promoted, as its checks or its judge would. */
  finish(tenant: TenantId, id: RolloutId): void;
}

interface Rollout { readonly id: RolloutId; readonly model: string; readonly plan: RolloutPlan; state: RolloutState }
interface Deployment {
  retiredBy: string | null; pinnedBy: string | null; count: number; champion: string | null; lastGood: string[]; tried: string[]; active: Rollout | null; queue: StartRollout[];
  readonly rollouts: Map<RolloutId, Rollout>; readonly answered: Map<string, RolloutAccepted>;
}

const PLAN = { goal: 'better', shadowSamplePer10k: 10_000, shadowMaxMs: 1, steps: [], horizonMs: 1, idleMs: 1, whenInconclusive: 'keep', askMs: 1 } as const;

export const memory: Adapter<MemoryOrchestrator, z.output<typeof Options>> = {
  name: 'memory',
  summary: 'Rollouts in the process that stand still until told; for tests.',
  options: Options,
  create() {
    const deployments = new Map<string, Deployment>();
    const log: { call: string; with: unknown }[] = [];
    const schedules = new Map<string, unknown>();
    const at = (tenant: TenantId, uid: DeploymentUid): Deployment | undefined => deployments.get(`${tenant}/${uid}`);
    const noted = <T>(call: string, values: unknown, result: () => T): Promise<T> => { log.push({ call, with: values }); return new Promise((resolve) => { resolve(result()); }); };
    return {
      log,
      finish(tenant, id) {
        const deployment = at(tenant, parseRolloutId(id).deploymentUid);
        const rollout = deployment?.rollouts.get(id);
        if (deployment === undefined || rollout === undefined) throw unknownRollout(id);
        promoteNow(deployment, rollout);
      },
      startRollout: (start, updateId) => noted('startRollout', { ...start, updateId }, () => {
        const key = `${start.tenant}/${start.deploymentUid}`;
        const deployment = deployments.get(key) ?? emptyDeployment();
        deployments.set(key, deployment);
        return startRollout(deployment, start, updateId);
      }),
      command: (target, command, updateId) => noted('command', { target, command, updateId }, () => obey(at(target.tenant, target.deploymentUid), command)),
      deliver: (message) => noted('deliver', message, () => undefined),
      putSchedule: (target, schedule) => noted('putSchedule', { target, schedule }, () => { schedules.set(`${target.tenant}/${target.deploymentUid}`, schedule); }),
      describe: (workflowId) => noted('describe', workflowId, () => describe(deployments, workflowId)),
      healthy: () => Promise.resolve(true),
      close: () => Promise.resolve(),
    };
  },
};

function emptyDeployment(): Deployment { return { retiredBy: null, pinnedBy: null, count: 0, champion: null, lastGood: [], tried: [], active: null, queue: [], rollouts: new Map(), answered: new Map() }; }

function startRollout(deployment: Deployment, start: StartRollout, updateId: string): RolloutAccepted {
  const before = deployment.answered.get(updateId);
  if (before !== undefined) return before;
  const active = deployment.active === null ? null : parseRolloutId(deployment.active.id).n;
  const admission = admit(start, { active, queued: deployment.queue.length, tried: deployment.tried, retiredBy: deployment.retiredBy });
  if (admission.decision === 'refuse') throw new LastmileError(admission.code, `${start.deployment}: ${admission.message}`, { details: { rollout: active } });
  const answer = admission.decision === 'start' ? begin(deployment, start) : wait(deployment, start, admission.decision);
  deployment.answered.set(updateId, answer);
  return answer;
}

function begin(deployment: Deployment, start: StartRollout): RolloutAccepted {
  deployment.count += 1;
  const id = rolloutId(start.deploymentUid, deployment.count);
  const first = deployment.champion === null;
  const rollout: Rollout = { id, model: start.model, plan: { ...PLAN, mode: first ? 'first' : 'compare' }, state: { ...INITIAL, stage: first ? 'loading' : 'shadowing' } };
  deployment.active = rollout;
  deployment.rollouts.set(id, rollout);
  return { rolloutId: id, n: deployment.count, state: 'started' };
}

function wait(deployment: Deployment, start: StartRollout, how: 'queue' | 'supersede'): RolloutAccepted {
  if (how === 'supersede') deployment.queue = [];
  deployment.queue.push(start);
  if (how === 'supersede' && deployment.active !== null) report(deployment, deployment.active, { type: 'abort', verdict: verdictOf(deployment.active, 'superseded'), superseded: true });
  return { rolloutId: null, n: null, state: 'queued' };
}

function obey(deployment: Deployment | undefined, command: Command): CommandAccepted {
  if (isDeploymentCommand(command)) return command.type === 'rollback' ? rollBack(deployment) : steer(deployment ?? emptyDeployment(), command);
  const rollout = deployment?.rollouts.get(command.rolloutId);
  if (deployment === undefined || rollout === undefined) throw unknownRollout(command.rolloutId);
  if (command.type === 'promote' && (command.reason ?? '').trim() === '') throw new LastmileError('LM_COMMAND_REFUSED', 'Promoting without the judge needs a reason.');
  report(deployment, rollout, eventOf(rollout, command));
  return { message: `${command.type} accepted` };
}

function eventOf(rollout: Rollout, command: OfRollout): RolloutEvent {
  const { type } = command;
  switch (type) {
    case 'pause': case 'resume': return { type };
    // Its rollouts ask nobody, so that the machine refuses both.
    case 'approve': return { type: 'approved', approval: { actor: command.actor, atMs: 0, before: 'promote', digest: command.digest, verdictN: command.verdictN, voice: command.actor.name, reason: command.reason } };
    case 'delegate': return { type: 'delegated', delegation: { from: command.actor.name, to: command.to } };
    case 'abort': return { type, verdict: verdictOf(rollout, 'person'), superseded: false };
    case 'promote': return { type: 'promote-now', verdict: verdictOf(rollout, 'person') };
  }
}

function rollBack(deployment: Deployment | undefined): CommandAccepted {
  const target = deployment?.lastGood.shift();
  if (deployment === undefined || target === undefined) throw new LastmileError('LM_COMMAND_REFUSED', 'There is no earlier champion to go back to.');
  if (deployment.champion !== null) deployment.tried.push(deployment.champion);
  deployment.champion = target;
  if (deployment.active !== null) report(deployment, deployment.active, { type: 'abort', verdict: verdictOf(deployment.active, 'superseded'), superseded: true });
  return { message: `${target} decides again.` };
}

/** The same refusals as the entity's; nothing is loaded here. */
function steer(deployment: Deployment, command: DeploymentCommand): CommandAccepted {
  const why = whyNot(deployment, command);
  if (why !== null) throw new LastmileError('LM_COMMAND_REFUSED', why);
  const { actor: { name }, type } = command;
  if (type === 'pin' || type === 'unpin') deployment.pinnedBy = type === 'pin' ? name : null;
  if (type === 'restore') deployment.retiredBy = null;
  if (type === 'retire' || type === 'delete') {
    Object.assign(deployment, { retiredBy: deployment.retiredBy ?? name, lastGood: [], queue: [] });
    if (deployment.active !== null) report(deployment, deployment.active, { type: 'abort', verdict: verdictOf(deployment.active, 'superseded'), superseded: true });
  }
  return { message: `${type} accepted` };
}

function whyNot(deployment: Deployment, command: DeploymentCommand): string | null {
  const { retiredBy, pinnedBy } = deployment;
  switch (command.type) {
    case 'rollback': return null;
    case 'pin': return whyNoPin(deployment);
    case 'unpin': return pinnedBy === null ? 'The champion is not pinned.' : null;
    case 'retire': return retiredBy === null ? null : 'It is retired already.';
    case 'restore': return retiredBy === null ? 'It is not retired.' : null;
    case 'delete': return mayEnd(deployment, command.force) ? null : 'It is in service: retire it first.';
  }
}

function whyNoPin({ retiredBy, champion }: Deployment): string | null { return retiredBy !== null ? 'It is retired.' : champion === null ? 'There is no champion to pin.' : null; }
/** Retired, or by force one of which nothing ever served. */
function mayEnd({ retiredBy, champion, active }: Deployment, force: boolean): boolean { return retiredBy !== null || (force && champion === null && active === null); }

/** Steps that the worker would do are done at once. */
function report(deployment: Deployment, rollout: Rollout, event: RolloutEvent): void {
  const { state, refused } = next(rollout.plan, rollout.state, event);
  if (refused !== null) throw new LastmileError('LM_COMMAND_REFUSED', refused);
  rollout.state = state;
  if (state.stage === 'undoing') { report(deployment, rollout, { type: 'undone' }); return; }
  if (state.stage === 'promoting') { report(deployment, rollout, { type: 'promoted' }); return; }
  if (state.stage === 'done' && deployment.active === rollout) end(deployment, rollout);
}

function end(deployment: Deployment, { model, state }: Rollout): void {
  deployment.active = null;
  if (state.outcome === 'promoted' || state.outcome === 'first') {
    if (deployment.champion !== null) deployment.lastGood.unshift(deployment.champion);
    deployment.champion = model;
  }
  const following = deployment.queue.shift();
  if (following !== undefined) begin(deployment, following);
}

function promoteNow(deployment: Deployment, rollout: Rollout): void {
  if (rollout.plan.mode === 'first') report(deployment, rollout, { type: 'loaded', first: verdictOf(rollout, 'first-version') });
  else report(deployment, rollout, { type: 'judged', verdict: { ...verdictOf(rollout, 'proved-better'), kind: 'promote' }, rulingMs: 0 });
}

function verdictOf({ id }: Rollout, reason: 'person' | 'superseded' | 'first-version' | 'proved-better'): NonNullable<RolloutState['verdict']> {
  return { rolloutId: id, n: 1, kind: reason === 'first-version' ? 'first' : 'inconclusive', reason, metric: null, text: reason, evidenceHash: null };
}

function describe(deployments: ReadonlyMap<string, Deployment>, workflowId: string): { workflowId: string; runId: string; status: string; link: null } | null {
  for (const [key, { rollouts }] of deployments) {
    const [tenant = '', uid = ''] = key.split('/');
    if (workflowId === deploymentWorkflowId(tenant, uid)) return { workflowId, runId: key, status: 'RUNNING', link: null };
    for (const { id, state } of rollouts.values()) if (workflowId === rolloutWorkflowId(tenant, id)) return { workflowId, runId: id, status: state.stage === 'done' ? 'COMPLETED' : 'RUNNING', link: null };
  }
  return null;
}

function unknownRollout(id: RolloutId): LastmileError { return new LastmileError('LM_ROLLOUT_NOT_FOUND', `No rollout ${parseRolloutId(id).n} of this deployment is known.`); }
