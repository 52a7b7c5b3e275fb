import { ActivityFailure, allHandlersFinished, CancelledFailure, CancellationScope, condition, continueAsNew, isCancellation, log, workflowInfo } from '@temporalio/workflow';
import { JUDGED_STAGES, type RolloutAction, type RolloutEvent } from '../domain/rollout/machine.ts';
import { planRollout } from '../domain/rollout/plan.ts';
import { judging, quick, telling } from './activity-stubs.ts';
import { unanswered } from './approving.ts';
import { tellFinished } from './entity-link.ts';
import { followVerdict, stillTried } from './field.ts';
import { flush } from './journal.ts';
import { endMeasuring, measureBeside } from './measuring.ts';
import type { RolloutInput, RolloutResult } from './messages.ts';
import { report } from './reporting.ts';
import { abort, listen } from './rollout-commands.ts';
import { automation, carry, nextVerdictNumber, openRun, type Run } from './rollout-run.ts';
import { take } from './rollout-steps.ts';
import { opening } from './story.ts';
import { undoAll } from './undo.ts';
import { failureEvent, failureVerdict } from './verdicts.ts';
import { occasion } from './waiting.ts';

/** Keeps a run's history far below the server's limit even when it does not suggest a new run. */
const JUDGEMENTS_PER_RUN = 200;

/**
 * One attempt to make a challenger champion: validate, package, load, shadow, canary, promote; or undo.
 * The state machine of the domain decides; this carries its actions out, asks the judge, and tells the story.
 */
export async function rollout(input: RolloutInput): Promise<RolloutResult> {
  const run = openRun(input, Date.now());
  listen(run);
  if (input.carried === null) await begin(run);
  measureBeside(run);
  let cancelled = false;
  while (run.state.stage !== 'done' || run.todo.length > 0) {
    try {
      await turn(run);
    } catch (error) {
      if (!isCancellation(error)) throw error;
      cancelled = true;
      abort(run, { actor: automation(run), reason: 'the workflow was cancelled' });
    }
  }
  if (cancelled) throw new CancelledFailure('The rollout was cancelled; everything was undone.');
  return { outcome: run.state.outcome ?? 'aborted', challenger: run.challenger, verdict: run.state.verdict };
}

async function begin(run: Run): Promise<void> {
  const { input } = run;
  run.journal.push(opening(run));
  run.todo = run.todo.length > 0 ? run.todo : [{ type: 'validate' }];
  try {
    const { policy, measures, contenders } = await CancellationScope.nonCancellable(() => quick.readPolicy({ tenant: input.tenant, specHash: input.specHash }));
    run.plan = { ...planRollout(policy, input.champion !== null), ...(measures === true ? { measures } : {}), ...(contenders?.beside === input.model && input.champion !== null ? { contenders: contenders.models } : {}) };
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    report(run, { type: 'failed', verdict: failureVerdict(run, error) });
  }
}

/** One round: write what happened, then do what is next, or wait and judge. */
async function turn(run: Run): Promise<void> {
  const undoing = run.todo[0]?.type === 'undo';
  if (!undoing) await flush(run);
  const action = run.todo.shift();
  if (action !== undefined) return perform(run, action);
  const why = await occasion(run);
  if (why === 'ask-expired') report(run, { type: 'ask-expired' });
  if (why === 'escalate' || why === 'approval-expired') unanswered(run, why);
  if (why === 'judge') await judge(run);
  if (run.todo.length === 0 && historyIsLong(run)) await startAfresh(run);
}

async function perform(run: Run, action: RolloutAction): Promise<void> {
  if (action.type === 'undo') {
    await Promise.all([undoAll(run), flush(run)]);
    report(run, { type: 'undone' });
    return;
  }
  if (action.type === 'ask' || action.type === 'ask-approval') return askPeople(run, action.type);
  if (action.type === 'finish') return finish(run);
  const { stage } = run.state;
  const event = await inStep(run, () => take(run, action));
  if (event !== null) await whenResumed(run, event, () => run.state.stage === stage);
}

/** Each time that approval is asked for anew, and when others are asked too, is a notice of its own. */
function askPeople(run: Run, what: 'ask' | 'ask-approval'): Promise<void> {
  if (what === 'ask') { run.askedAtMs = Date.now(); return notify(run, 'asking'); }
  const { approval } = run.state;
  const type = approval?.escalated === true ? 'escalated' : 'approving';
  return notify(run, type, `${type}/${String(approval?.verdictN ?? 0)}`);
}

/** A paused rollout takes no next step; what the step found is reported once it goes on. */
async function whenResumed(run: Run, event: RolloutEvent, stillThere: () => boolean): Promise<void> {
  const holds = event.type === 'validated' || event.type === 'packaged' || event.type === 'loaded';
  while (holds && run.state.paused && stillThere()) {
    await flush(run);
    await condition(() => !run.state.paused || !stillThere() || run.journal.length > 0);
  }
  report(run, event);
}

async function judge(run: Run): Promise<void> {
  const { input, challenger, subject } = run;
  run.pings = 0;
  if (input.champion === null || challenger === null || !JUDGED_STAGES.includes(run.state.stage)) return;
  const sides = { champion: input.champion.variantId, challenger: challenger.variantId };
  const field = stillTried(run);
  const n = nextVerdictNumber(run);
  run.judgedInRun += 1;
  const event = await inStep(run, async (): Promise<RolloutEvent> => {
    const judged = await judging.judge({ subject, n, ...sides, ...(field === undefined ? {} : { field }) });
    return await followVerdict(run, judged.verdict) ?? { type: 'judged', ...judged, atMs: Date.now() };
  });
  run.lastJudgedAtMs = Date.now();
  if (event !== null) report(run, event);
}

/** Runs one step so that an abort can interrupt it; a step that fails for good is an event like any other. Null when interrupted. */
async function inStep(run: Run, step: () => Promise<RolloutEvent | null>): Promise<RolloutEvent | null> {
  const scope = new CancellationScope();
  run.step = scope;
  try {
    return await scope.run(step);
  } catch (error) {
    if (isCancellation(error) && run.state.stage === 'undoing') return null;
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    return failureEvent(run, error);
  } finally {
    run.step = null;
  }
}

async function finish(run: Run): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    await flush(run);
    const { outcome, verdict } = run.state;
    await tellFinished(run.input, { rolloutId: run.input.rolloutId, outcome: outcome ?? 'aborted', challenger: run.challenger, verdict });
    await notify(run, outcome ?? 'aborted');
  });
}

/** People hear of it at least once; a notice that cannot be sent does not hold the rollout. */
async function notify(run: Run, type: string, id: string = type): Promise<void> {
  await flush(run);
  const { subject, input, story } = run;
  try {
    await telling.notify({ subject, id: `${input.rolloutId}/${id}`, type: `rollout.${type}`, text: story.at(-1)?.text ?? '', atMs: Date.now() });
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    log.warn('a notice was not sent', { error });
  }
}

function historyIsLong(run: Run): boolean { return workflowInfo().continueAsNewSuggested || run.judgedInRun >= JUDGEMENTS_PER_RUN; }

async function startAfresh(run: Run): Promise<void> {
  await flush(run);
  await condition(allHandlersFinished);
  if (run.todo.length > 0 || run.journal.length > 0) return;
  endMeasuring(run);
  await continueAsNew<typeof rollout>({ ...run.input, carried: carry(run) });
}
