import { ActivityFailure, CancellationScope, log, setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import { quick } from './activity-stubs.ts';
import { tellProgress } from './entity-link.ts';
import { rolloutWorkflowId } from './ids.ts';
import { SEARCH } from './messages.ts';
import type { Run } from './rollout-run.ts';

const STORY_LIMIT = 200;
const SHOWN_LINES = 20;

/** Writes what happened since the last flush: verdicts without evidence, audit chain, projection, Temporal's own page, the deployment's status. A cancelled workflow still writes. */
export async function flush(run: Run): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    while (run.journal.length > 0) await write(run);
  });
}

async function write(run: Run): Promise<void> {
  const { subject, input } = run;
  const entries = run.journal.splice(0);
  run.story = [...run.story, ...entries.map(({ line }) => line)].slice(-STORY_LIMIT);
  run.revision += 1;
  show(run);
  for (const { audit, record } of entries) {
    if (record !== null) await written('verdict', quick.recordVerdict({ subject, n: record.n, verdict: record }));
    if (audit !== null) await written('audit entry', quick.audit({ tenant: input.tenant, entry: audit }));
  }
  await written('projection', quick.projectRollout({ record: recordOf(run) }));
  await tellProgress(input, { rolloutId: input.rolloutId, stage: run.state.stage, challenger: run.challenger, message: run.story.at(-1)?.text ?? '', verdict: run.state.verdict });
}

/** These are tried until the store answers; one that it refuses for good is a defect, which must not leave traffic half moved. */
async function written(what: string, writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.error(`a ${what} could not be written`, { error });
  }
}

export function recordOf(run: Run): RolloutRecord {
  const { tenant, rolloutId, deploymentUid, n, model, specHash, champion, actor, reason } = run.input;
  return {
    tenantId: tenant, rolloutId, deploymentUid, n, revision: run.revision, model, specHash, plan: run.plan, state: run.state, champion, challenger: run.challenger, ...(run.contenders.length === 0 ? {} : { contenders: run.contenders }),
    startedBy: actor, reason, startedAtMs: run.startedAtMs, endedAtMs: run.endedAtMs, story: run.story, workflowId: rolloutWorkflowId(tenant, rolloutId),
  };
}

/** The Temporal page of the workflow reads as the rollout's story, newest line first. */
function show({ state, story, input }: Run): void {
  upsertSearchAttributes([{ key: SEARCH.stage, value: state.outcome ?? state.stage }, { key: SEARCH.verdict, value: state.verdict?.kind ?? null }]);
  const lines = story.slice(-SHOWN_LINES).reverse().map(({ atMs, text }) => `- \`${new Date(atMs).toISOString()}\` ${text}`);
  setCurrentDetails(`**${input.deployment}**, rollout ${input.n}: ${input.model}, ${state.paused ? 'paused in ' : ''}${state.outcome ?? state.stage}\n\n${lines.join('\n')}`);
}
