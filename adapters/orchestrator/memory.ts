import { z } from 'zod';
import { LastmileError } from '../../domain/errors.ts';
import { rolloutId } from '../../domain/ids.ts';
import type { Command, CommandAccepted, Orchestrator, RolloutAccepted } from '../../ports/orchestrator.ts';
import { rolloutWorkflowId } from '../../workflows/ids.ts';
import type { Adapter } from '../define.ts';

const Options = z.strictObject({});

interface Memory { readonly answers: Map<string, RolloutAccepted | CommandAccepted>; readonly started: Map<string, number>; readonly active: Map<string, string>; readonly workflows: Set<string> }

/** Accepts what the real one accepts and remembers it; nothing runs, so a rollout is active until it is aborted or promoted. */
export const memory: Adapter<Orchestrator, z.output<typeof Options>> = {
  name: 'memory',
  summary: 'Rollouts that are accepted and never run; for tests of what calls them.',
  options: Options,
  create() {
    const state: Memory = { answers: new Map(), started: new Map(), active: new Map(), workflows: new Set() };
    const once = async <T extends RolloutAccepted | CommandAccepted>(updateId: string, answer: () => T): Promise<T> => {
      const before = state.answers.get(updateId);
      const result = before === undefined ? answer() : before as T;
      state.answers.set(updateId, result);
      return result;
    };
    return {
      startRollout: ({ tenant, deploymentUid, whenBusy }, updateId) => once(`${tenant}/${deploymentUid}/${updateId}`, () => {
        const running = state.active.get(deploymentUid);
        if (running !== undefined && whenBusy === 'refuse') throw new LastmileError('LM_ROLLOUT_IN_PROGRESS', `Rollout ${running} is running; wait for it, abort it, or set rollout.whenBusy.`, { details: { rollout: state.started.get(deploymentUid) } });
        if (running !== undefined) return { rolloutId: null, n: null, state: 'queued' as const };
        const n = (state.started.get(deploymentUid) ?? 0) + 1;
        const id = rolloutId(deploymentUid, n);
        state.started.set(deploymentUid, n);
        state.active.set(deploymentUid, id);
        state.workflows.add(rolloutWorkflowId(tenant, id));
        return { rolloutId: id, n, state: 'started' as const };
      }),
      command: ({ tenant, deploymentUid }, command, updateId) => once(`${tenant}/${deploymentUid}/${updateId}`, () => obey(state, deploymentUid, command)),
      async deliver() { /* Nobody waits for news. */ },
      async putSchedule() { /* Nothing would run by it. */ },
      async describe(workflowId) { return state.workflows.has(workflowId) ? { workflowId, runId: null, status: 'RUNNING', link: null } : null; },
      async healthy() { return true; },
      async close() { /* Nothing is open. */ },
    };
  },
};

function obey(state: Memory, uid: string, command: Command): CommandAccepted {
  if (command.type === 'rollback') {
    if (!state.started.has(uid)) throw new LastmileError('LM_DEPLOYMENT_NOT_FOUND', `There is no deployment ${uid}; apply its file first.`);
    throw new LastmileError('LM_COMMAND_REFUSED', 'There is no earlier champion to go back to.');
  }
  if (state.active.get(uid) !== command.rolloutId) throw new LastmileError('LM_COMMAND_REFUSED', `Rollout ${command.rolloutId} has ended; a new one can be started.`);
  if (command.type === 'abort' || command.type === 'promote') state.active.delete(uid);
  return { message: `${command.type} accepted` };
}
