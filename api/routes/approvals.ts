import { isLastmileError, LastmileError } from '../../domain/errors.ts';
import { rolloutId } from '../../domain/ids.ts';
import type { OfRollout } from '../../ports/orchestrator.ts';
import { ok, type Answer, type ApiPorts, type Call, type Handlers } from '../call.ts';
import { recordChange } from '../changes.ts';
import type { CommandAnswer } from '../contract.ts';
import { deploymentNamed, rolloutNumber, rolloutNumbered } from '../views.ts';

export function approvalRoutes(ports: ApiPorts): Pick<Handlers, 'approve'> {
  return { approve: (call) => approve(ports, call) };
}

/** The workflow decides, for it alone knows what waits at this moment. Who was refused, and why, is in the audit chain too. */
async function approve(ports: ApiPorts, call: Call<'approve'>): Promise<Answer> {
  const { principal: { tenant, actor }, params, body: { digest, reason, delegateTo } } = call;
  const deployment = await deploymentNamed(ports, tenant, params.name);
  const { uid, name } = deployment;
  const n = rolloutNumber(params.n);
  const subject = `${name}/${String(n)}`;
  const verb = delegateTo === null ? 'approve' : 'delegate';
  try {
    if (actor.kind !== 'person') throw new LastmileError('LM_FORBIDDEN', 'Only a person approves; this key is a service\'s.');
    const { message } = await ports.orchestrator.command({ tenant, deploymentUid: uid, deployment: name }, await commandOf(ports, call, deployment, n), call.updateId);
    await recordChange(ports, call, { action: `rollout.${verb}`, subject, digest, reason: delegateTo === null ? reason : `to ${delegateTo}: ${reason}` });
    return ok({ message } satisfies CommandAnswer);
  } catch (error) {
    if (isLastmileError(error) && REFUSALS.includes(error.kind)) await recordChange(ports, call, { action: `rollout.${verb}-refused`, subject, digest, reason: error.message });
    throw error;
  }
}

const REFUSALS: readonly LastmileError['kind'][] = ['forbidden', 'conflict', 'refused'];

/** Without a verdict's number the newest that is stored was looked at. */
async function commandOf(ports: ApiPorts, { principal: { actor: { kind, name }, roles }, body: { digest, verdict, reason, delegateTo } }: Call<'approve'>, deployment: Parameters<typeof rolloutNumbered>[1], n: number): Promise<OfRollout> {
  const of = { rolloutId: rolloutId(deployment.uid, n), actor: { kind, name }, roles, reason };
  if (delegateTo !== null) return { type: 'delegate', ...of, to: delegateTo };
  return { type: 'approve', ...of, digest, verdictN: verdict ?? (await rolloutNumbered(ports, deployment, n)).state.verdict?.n ?? 0 };
}
