import { ApplicationFailure } from '@temporalio/workflow';
import type { Code } from '../domain/errors.ts';
import type { Run } from './rollout-run.ts';

/** Why a rollout does not do what it was told, as the caller of the update sees it. */
export function refusal({ input, state }: Run, text: string, type: Code = 'LM_COMMAND_REFUSED'): ApplicationFailure {
  return ApplicationFailure.create({ type, nonRetryable: true, message: `Rollout ${input.n} of ${input.deployment}: ${text}`, details: [{ stage: state.stage, paused: state.paused, outcome: state.outcome }] });
}
