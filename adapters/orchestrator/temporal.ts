import { Client, Connection, WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { z } from 'zod';
import { Secret } from '../../config/schema.ts';
import { LastmileError } from '../../domain/errors.ts';
import { parseRolloutId, type DeploymentUid, type RolloutId, type TenantId } from '../../domain/ids.ts';
import { isDeploymentCommand, type Command, type CommandAccepted, type DeploymentCommand, type OfRollout, type Orchestrator, type ProcessDescription, type RolloutAccepted, type StartRollout } from '../../ports/orchestrator.ts';
import type { OutboxMessage } from '../../ports/outbox.ts';
import { deploymentWorkflowId, rolloutWorkflowId } from '../../workflows/ids.ts';
import { abortUpdate, AGAIN, approveUpdate, delegateUpdate, deleteUpdate, evidenceSignal, killNewsSignal, pauseUpdate, pinUpdate, promoteUpdate, restoreUpdate, resumeUpdate, retireUpdate, rollbackUpdate, SEARCH, startRolloutUpdate, unpinUpdate } from '../../workflows/messages.ts';
import { QUEUES } from '../../workflows/task-queues.ts';
import type { Adapter } from '../define.ts';
import { dataConverter } from './_shared/data-converter.ts';
import { translated, wasLate } from './_shared/failures.ts';
import { reconcileSchedule } from './_shared/schedules.ts';

const Options = z.strictObject({
  address: z.string(), namespace: z.string(), uiUrl: z.url().nullable(), payloadKey: z.instanceof(Secret).nullable(), otherPayloadKeys: z.array(z.instanceof(Secret)).readonly().optional(),
  /** How long a call may take before its caller is told that nobody answers. */
  deadlineMs: z.number().int().positive().default(10_000),
});
const HEALTH_MS = 1_000;
const COMMANDS = { pause: pauseUpdate, resume: resumeUpdate, abort: abortUpdate, promote: promoteUpdate } as const;
const OF_DEPLOYMENT = { rollback: rollbackUpdate, pin: pinUpdate, unpin: unpinUpdate, retire: retireUpdate, restore: restoreUpdate } as const;

export const temporal: Adapter<Orchestrator, z.output<typeof Options>> = {
  name: 'temporal',
  summary: 'Durable workflows on a Temporal server.',
  options: Options,
  create(options) {
    const connection = Connection.lazy({ address: options.address });
    const client = new Client({ connection, namespace: options.namespace, dataConverter: dataConverter(options.payloadKey, options.otherPayloadKeys) });
    const bounded = <T>(call: () => Promise<T>): Promise<T> => within(connection, options.deadlineMs, call);
    return {
      startRollout: (start, updateId) => orThrow(bounded(() => startRollout(client, start, updateId)), () => notStarted(start)),
      command: (target, command, updateId) => sendCommand({ client, bounded }, { target, command, updateId }),
      async deliver(message) {
        await orThrow(bounded(() => signal(client, message)), () => null);
      },
      async putSchedule(target, schedule) { await orThrow(bounded(() => reconcileSchedule(client, target, schedule)), () => null); },
      describe: (workflowId) => orThrow(bounded(() => describe(client, options, workflowId)), () => null),
      healthy: () => within(connection, HEALTH_MS, () => connection.workflowService.getSystemInfo({})).then(() => true, () => false),
      close: () => connection.close(),
    };
  },
};

/** With nobody polling, update calls would be repeated for ever: the signal ends them, the deadline each single one. */
function within<T>(connection: Connection, ms: number, call: () => Promise<T>): Promise<T> {
  return connection.withAbortSignal(AbortSignal.timeout(ms), () => connection.withDeadline(Date.now() + ms, call));
}

async function orThrow<T, G>(call: Promise<T>, whenGone: () => G): Promise<T | Exclude<G, LastmileError>> {
  try {
    return await call;
  } catch (error) {
    const known = translated(error);
    const result = known === 'gone' ? whenGone() : known;
    if (result instanceof LastmileError) throw result;
    return result as Exclude<G, LastmileError>;
  }
}

/** An entity that was being restored accepts first and refuses late; asked again, it decides as it always does. */
async function startRollout(client: Client, start: StartRollout, updateId: string): Promise<RolloutAccepted> {
  const { tenant, deploymentUid, deployment, ...args } = start;
  const ask = (id: string): Promise<RolloutAccepted> => client.workflow.executeUpdateWithStart(startRolloutUpdate, { args: [args], updateId: id, startWorkflowOperation: entityOf({ tenant, deploymentUid, deployment }) });
  return ask(updateId).catch((error: unknown) => {
    if (wasLate(error)) return ask(`${updateId}${AGAIN}`);
    throw error;
  });
}

interface Target { readonly tenant: TenantId; readonly deploymentUid: DeploymentUid; readonly deployment: string }

/** The entity as it is, or a new one that restores itself from the stores. Good for one call. */
function entityOf({ tenant, deploymentUid, deployment }: Target): WithStartWorkflowOperation<Workflow> {
  return new WithStartWorkflowOperation('deployment', {
    workflowId: deploymentWorkflowId(tenant, deploymentUid), taskQueue: QUEUES.control, workflowIdConflictPolicy: 'USE_EXISTING',
    args: [{ tenant, uid: deploymentUid, name: deployment, carried: null }],
    typedSearchAttributes: [{ key: SEARCH.deployment, value: deployment }, { key: SEARCH.tenant, value: tenant }],
    staticSummary: `${deployment}: its rollouts, one after another`, priority: { fairnessKey: tenant.slice(0, 64) },
  });
}

interface Call { readonly target: Target; readonly command: Command; readonly updateId: string }
interface Calling { readonly client: Client; readonly bounded: <T>(call: () => Promise<T>) => Promise<T> }

async function sendCommand({ client, bounded }: Calling, { target, command, updateId }: Call): Promise<CommandAccepted> {
  if (isDeploymentCommand(command)) return orThrow(bounded(() => ofDeployment(client, { target, command, updateId })), () => notStarted(target));
  const { rolloutId } = command;
  if (parseRolloutId(rolloutId).deploymentUid !== target.deploymentUid) throw unknownRollout(rolloutId);
  const handle = client.workflow.getHandle(rolloutWorkflowId(target.tenant, rolloutId));
  const sent = await orThrow(bounded(() => say(handle, command, updateId)), () => null);
  if (sent !== null) return sent;
  const known = await orThrow(bounded(() => handle.describe()), () => unknownRollout(rolloutId));
  throw new LastmileError('LM_COMMAND_REFUSED', `Rollout ${parseRolloutId(rolloutId).n} has ended (${known.status.name.toLowerCase()}); there is nothing to ${command.type}.`);
}

function say(handle: WorkflowHandle, command: OfRollout, updateId: string): Promise<CommandAccepted> {
  switch (command.type) {
    case 'approve': { const { actor, roles, digest, verdictN, reason } = command; return handle.executeUpdate(approveUpdate, { args: [{ actor, roles, digest, verdictN, reason }], updateId }); }
    case 'delegate': { const { actor, roles, to, reason } = command; return handle.executeUpdate(delegateUpdate, { args: [{ actor, roles, to, reason }], updateId }); }
    case 'pause': case 'resume': case 'abort': case 'promote': { const { actor, reason } = command; return handle.executeUpdate(COMMANDS[command.type], { args: [{ actor, reason }], updateId }); }
  }
}

function ofDeployment(client: Client, { target, command, updateId }: { readonly target: Target; readonly command: DeploymentCommand; readonly updateId: string }): Promise<CommandAccepted> {
  const { actor, reason } = command;
  const options = { updateId, startWorkflowOperation: entityOf(target) };
  if (command.type === 'delete') return client.workflow.executeUpdateWithStart(deleteUpdate, { args: [{ actor, reason, force: command.force }], ...options });
  return client.workflow.executeUpdateWithStart(OF_DEPLOYMENT[command.type], { args: [{ actor, reason }], ...options });
}

function notStarted({ deployment }: { readonly deployment: string }): LastmileError { return new LastmileError('LM_INVARIANT', `The entity of ${deployment} was neither found nor started.`); }

function unknownRollout(id: RolloutId): LastmileError { return new LastmileError('LM_ROLLOUT_NOT_FOUND', `No rollout ${parseRolloutId(id).n} of this deployment is known to Temporal; it may have ended long ago.`); }

async function describe(client: Client, { uiUrl, namespace }: { uiUrl: string | null; namespace: string }, workflowId: string): Promise<ProcessDescription> {
  const { runId, status } = await client.workflow.getHandle(workflowId).describe();
  const link = uiUrl === null ? null : `${uiUrl.replace(/\/$/, '')}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;
  return { workflowId, runId, status: status.name, link };
}

/** News of the evidence to its rollout, of kills to the deployment. */
function signal(client: Client, { id, type, tenantId, deploymentUid, rolloutId, killId }: OutboxMessage): Promise<void> {
  if (type === 'killed' || type === 'revived') return client.workflow.getHandle(deploymentWorkflowId(tenantId, deploymentUid)).signal(killNewsSignal, { id, type, killId: killId ?? '' });
  return client.workflow.getHandle(rolloutWorkflowId(tenantId, rolloutId ?? '')).signal(evidenceSignal, { id, type });
}
