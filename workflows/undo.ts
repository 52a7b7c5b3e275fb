import { ActivityFailure, CancellationScope, log } from '@temporalio/workflow';
import { lasting, quick } from './activity-stubs.ts';
import type { UndoName } from './messages.ts';
import type { Run } from './rollout-run.ts';

/** Called before the step: a step that timed out may have happened all the same. */
export function register(run: Run, name: UndoName): void {
  if (!run.undo.includes(name)) run.undo.push(name);
}

/**
 * Takes back every registered step, newest first; repeating is harmless and a cancelled workflow still does it.
 * A variant that may still get traffic, because its route could not be taken back, stays loaded.
 */
export async function undoAll(run: Run): Promise<void> {
  await CancellationScope.nonCancellable(async () => {
    let mayServe = false;
    for (let name = run.undo.at(-1); name !== undefined; name = run.undo.at(-1)) {
      if (name !== 'load' || !mayServe) mayServe = !(await undone(run, name)) || mayServe;
      run.undo.pop();
    }
  });
}

async function undone(run: Run, name: UndoName): Promise<boolean> {
  try {
    return await UNDO[name](run);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    log.error(`undo of ${name} was refused for good`, { error });
    return false;
  }
}

/** Whose word an undo of a promotion has: a pin holds automation alone. */
const BY: Readonly<Record<string, 'person' | 'safety'>> = { person: 'person', killed: 'safety' };

/** Each answers whether the challenger is out of traffic for sure, as far as this step put it there. */
const UNDO: Readonly<Record<UndoName, (run: Run) => Promise<boolean>>> = {
  /** Back to the champion that was recorded when the rollout began, only while the challenger still is champion. */
  async promote(run) {
    const { challenger, input, subject } = run;
    if (challenger === null) return true;
    if (input.champion === null) return removed(run, 'undo-promote');
    const by = BY[run.state.verdict?.reason ?? ''] ?? 'automation';
    const result = await quick.setChampion({ subject, commandId: commandId(run, 'undo-promote'), variantId: input.champion.variantId, expectedChampion: challenger.variantId, by });
    await lasting.awaitApplied({ subject, revision: result.revision });
    return result.outcome !== 'refused';
  },
  async route(run) { return isLastGood(run) ? quieted(run) : removed(run, 'undo-route'); },
  async load(run) {
    const { challenger, subject } = run;
    if (challenger !== null && !isLastGood(run)) await lasting.unloadVariant({ subject, variantId: challenger.variantId });
    return true;
  },
};

/** An earlier champion that was tried again keeps its place among those to go back to. */
function isLastGood({ challenger, input }: Run): boolean { return challenger !== null && input.lastGood.includes(challenger.variantId); }

/** No share and no copies; what a newer rollout has taken over is left to it. */
async function quieted(run: Run): Promise<boolean> {
  if (run.challenger === null) return true;
  const { subject, challenger } = run;
  await quick.setShadows({ subject, commandId: commandId(run, 'undo-shadow'), variantIds: [] });
  const { revision, outcome } = await quick.setShare({ subject, commandId: commandId(run, 'undo-share'), variantId: challenger.variantId, sharePer10k: 0 });
  await lasting.awaitApplied({ subject, revision });
  return outcome !== 'refused';
}

async function removed(run: Run, name: string): Promise<boolean> {
  if (run.challenger === null) return true;
  const { subject, challenger } = run;
  const result = await quick.removeVariant({ subject, commandId: commandId(run, name), variantId: challenger.variantId });
  await lasting.awaitApplied({ subject, revision: result.revision });
  return result.outcome !== 'refused';
}

/** Deterministic: a retried or repeated command answers as the first did. */
export function commandId(run: Run, step: string): string { return `${run.input.rolloutId}/${step}`; }
