import { ActivityFailure, CancellationScope, log } from '@temporalio/workflow';
import { lasting, quick } from './activity-stubs.ts';
import type { VariantSummary } from '../domain/variant.ts';
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
    if (input.champion === null) return removed(run, challenger, 'undo-promote');
    const by = BY[run.state.verdict?.reason ?? ''] ?? 'automation';
    const result = await quick.setChampion({ subject, commandId: commandId(run, 'undo-promote'), variantId: input.champion.variantId, expectedChampion: challenger.variantId, by });
    await lasting.awaitApplied({ subject, revision: result.revision });
    return result.outcome !== 'refused';
  },
  async route(run) {
    let isOut = true;
    for (const variant of triedBy(run)) isOut = await (isLastGood(run, variant) ? quieted(run, variant) : removed(run, variant, 'undo-route')) && isOut;
    return isOut;
  },
  async load(run) {
    const ids = new Set([...triedBy(run).map(({ variantId }) => variantId), ...run.loaded]);
    for (const variantId of ids) if (!run.input.lastGood.includes(variantId)) await lasting.unloadVariant({ subject: run.subject, variantId });
    return true;
  },
};

/** An earlier champion that was tried again keeps its place among those to go back to. */
function isLastGood({ input }: Run, { variantId }: VariantSummary): boolean { return input.lastGood.includes(variantId); }

/** All that may still get copies or callers: the one that would go on first. */
function triedBy({ challenger, others }: Run): readonly VariantSummary[] { return [...(challenger === null ? [] : [challenger]), ...others]; }

/** No share and no copies; what a newer rollout has taken over is left to it. */
async function quieted(run: Run, variant: VariantSummary): Promise<boolean> {
  const { subject } = run;
  await quick.setShadows({ subject, commandId: commandId(run, idOf(run, variant, 'undo-shadow')), variantIds: [] });
  const { revision, outcome } = await quick.setShare({ subject, commandId: commandId(run, idOf(run, variant, 'undo-share')), variantId: variant.variantId, sharePer10k: 0 });
  await lasting.awaitApplied({ subject, revision });
  return outcome !== 'refused';
}

async function removed(run: Run, variant: VariantSummary, name: string): Promise<boolean> {
  const { subject } = run;
  const result = await quick.removeVariant({ subject, commandId: commandId(run, idOf(run, variant, name)), variantId: variant.variantId });
  await lasting.awaitApplied({ subject, revision: result.revision });
  return result.outcome !== 'refused';
}

/** The first keeps the name that it has where it is the only one. */
function idOf({ challenger }: Run, { variantId }: VariantSummary, name: string): string { return variantId === challenger?.variantId ? name : `${name}/${variantId}`; }

/** Deterministic: a retried or repeated command answers as the first did. */
export function commandId(run: Run, step: string): string { return `${run.input.rolloutId}/${step}`; }
