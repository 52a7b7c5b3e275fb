import { setTimeout as delay } from 'node:timers/promises';
import type { RolloutPolicy } from '../domain/deployment.ts';
import type { DeploymentRecord } from '../domain/deployment-record.ts';
import { isLastmileError, LastmileError } from '../domain/errors.ts';
import { parseRolloutId, rolloutId } from '../domain/ids.ts';
import type { RolloutAccepted, StartRollout } from '../ports/orchestrator.ts';
import type { ApiPorts } from './call.ts';
import { recordChange, type Cause } from './changes.ts';
import { passFreeze } from './frozen.ts';
import { rolloutLinks } from './views.ts';

export interface Attempt { readonly deployment: DeploymentRecord; readonly model: string; readonly whenBusy: RolloutPolicy['whenBusy']; readonly retry: boolean; readonly reason: string | null; readonly labels: Readonly<Record<string, string>>; readonly overrideFreeze: boolean }

/** How long after a rollout's end is written its place may still be taken, while the deployment's workflow hears of it; and how often that is looked at. */
const ENDING_MS = 5_000;
const LOOK_MS = 100;

/** Asks for a rollout and records who asked. The update id makes a repeat the same rollout. LM_FROZEN and what the orchestrator says. */
export async function startRollout(ports: ApiPorts, cause: Cause, { deployment, model, whenBusy, retry, reason, labels, overrideFreeze }: Attempt): Promise<RolloutAccepted> {
  const { tenant, actor } = cause.principal;
  const { uid: deploymentUid, name, specHash } = deployment;
  await passFreeze(ports, cause, { of: { name, labels }, what: `a rollout of ${model}`, override: overrideFreeze, reason });
  try {
    const accepted = await onceFree(ports, { tenant, deploymentUid, deployment: name, specHash, model, actor, retry, reason, whenBusy }, cause.updateId);
    await recordChange(ports, cause, { action: accepted.state === 'queued' ? 'rollout.queue' : 'rollout.start', subject: accepted.n === null ? name : `${name}/${String(accepted.n)}`, digest: specHash, reason });
    return accepted;
  } catch (error) {
    throw await explained(ports, deployment, error);
  }
}

/** Whoever saw the rollout in the way end is not told that it is active: the place is free a moment later. A refused order leaves no trace, so it may be given again. */
async function onceFree(ports: ApiPorts, start: StartRollout, updateId: string): Promise<RolloutAccepted> {
  for (const until = Date.now() + ENDING_MS; ;) {
    try {
      return await ports.orchestrator.startRollout(start, updateId);
    } catch (error) {
      if (!isInProgress(error) || Date.now() > until || !await hasEnded(ports, start, numberIn(error))) throw error;
      await delay(LOOK_MS);
    }
  }
}

async function hasEnded({ stores: { deployments } }: ApiPorts, { tenant, deploymentUid }: StartRollout, n: number | null): Promise<boolean> {
  return n !== null && ((await deployments.getRollout(tenant, rolloutId(deploymentUid, n)))?.endedAtMs ?? null) !== null;
}

function isInProgress(error: unknown): error is LastmileError { return isLastmileError(error) && error.code === 'LM_ROLLOUT_IN_PROGRESS'; }

/**
 * An unanswered start leaves the file, and perhaps an order that Temporal carries out later. The caller is told no more than that;
 * the same request again has the same update id, so that it starts one rollout at most.
 */
export function storedButUnanswered(name: string, error: unknown): unknown {
  if (!isLastmileError(error) || error.code !== 'LM_ORCHESTRATOR_UNAVAILABLE') return error;
  return new LastmileError(error.code, `Temporal does not answer: the file of ${name} is stored, no rollout is confirmed. Send the same request again; it starts one at most.`, { cause: error, details: { stored: true }, retryAfterMs: error.retryAfterMs ?? 5_000 });
}

/** Says where the rollout in the way is. */
async function explained(ports: ApiPorts, { tenantId, name }: DeploymentRecord, error: unknown): Promise<unknown> {
  if (!isInProgress(error)) return storedButUnanswered(name, error);
  const active = (await ports.stores.deployments.getDeployment(tenantId, name))?.status.activeRollout ?? null;
  const n = active === null ? numberIn(error) : parseRolloutId(active).n;
  return n === null ? error : new LastmileError(error.code, error.message, { cause: error, details: { ...error.details, rollout: n, links: rolloutLinks(ports, name, n) } });
}

function numberIn({ details: { n, rollout } }: LastmileError): number | null { return typeof n === 'number' ? n : typeof rollout === 'number' ? rollout : null; }
