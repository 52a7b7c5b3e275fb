import { ActivityFailure, CancellationScope, condition, isCancellation, log } from '@temporalio/workflow';
import { JUDGED_STAGES } from '../domain/rollout/machine.ts';
import { measuring } from './activity-stubs.ts';
import type { Run } from './rollout-run.ts';

const AGAIN_MS = 60_000;

/**
 * Asks for external metrics as often as the file says, beside the judge: a source that is slow or gone holds no verdict and no way back. Each new measurement
 * is a reason to judge. What is under way when the run ends is measured anew by the next one. Does nothing where the file names no such metric, so
 * that histories of before replay.
 */
export function measureBeside(run: Run): void {
  const { input: { champion } } = run;
  if (run.plan.measures !== true || champion === null) return;
  void measureOn(run, champion.variantId).catch((error: unknown) => { if (!isCancellation(error)) throw error; });
}

async function measureOn(run: Run, champion: string): Promise<void> {
  const isJudged = (): boolean => JUDGED_STAGES.includes(run.state.stage) && run.challenger !== null;
  for (;;) {
    await condition(isJudged);
    const waitMs = await measureNow(run, champion);
    run.measuring = new CancellationScope();
    await run.measuring.run(() => condition(() => !isJudged(), waitMs));
  }
}

/** Right before a run is continued as new: it leaves no timer behind. The next run begins with a measuring. */
export function endMeasuring(run: Run): void { run.measuring?.cancel(); }

/** Answers when to measure again. */
async function measureNow(run: Run, champion: string): Promise<number> {
  const { subject, challenger } = run;
  if (challenger === null) return AGAIN_MS;
  try {
    const { taken, nextMs } = await measuring.measure.executeWithOptions({ summary: 'External metrics' }, [{ subject, champion, challenger: challenger.variantId }]);
    run.pings += taken;
    return nextMs;
  } catch (error) {
    if (!(error instanceof ActivityFailure) || isCancellation(error)) throw error;
    log.warn('external metrics were not measured', { error });
    return AGAIN_MS;
  }
}
