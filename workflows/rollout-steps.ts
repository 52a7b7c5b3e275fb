import { CancellationScope } from '@temporalio/workflow';
import type { RolloutAction, RolloutEvent } from '../domain/rollout/machine.ts';
import { formatShare } from '../domain/share.ts';
import type { VariantId } from '../domain/ids.ts';
import type { VariantSummary } from '../domain/variant.ts';
import { checks, loading, packing, quick } from './activity-stubs.ts';
import { modelTried, type Run } from './rollout-run.ts';
import { choose, sameBytes, stillTried, twinsEvent } from './field.ts';
import { hearKillsOfBefore } from './rollout-kills.ts';
import { copyTrafficTo, routed } from './routed.ts';
import { commandId, register } from './undo.ts';
import { plainVerdict } from './verdicts.ts';

export type StepAction = Exclude<RolloutAction, { type: 'undo' | 'ask' | 'ask-approval' | 'finish' }>;

/** Carries out one step towards promotion. Its undo is registered first. Answers the event that it leads to, or null when the judge is next. */
export async function take(run: Run, action: StepAction): Promise<RolloutEvent | null> {
  if (action.type === 'validate') return validate(run);
  const { challenger } = run;
  if (challenger === null) return { type: 'failed', verdict: plainVerdict(run, 'inconclusive', 'error', 'No variant was validated.') };
  switch (action.type) {
    case 'package': return pack(run, challenger);
    case 'load': return load(run, challenger);
    case 'start-shadow': return startShadow(run, challenger);
    case 'open-split': return openSplit(run, challenger);
    case 'set-share': return setShare(run, challenger, action.sharePer10k);
    case 'promote': return promote(run, challenger);
  }
}

async function validate(run: Run): Promise<RolloutEvent> {
  const { subject, input } = run;
  run.challenger = await checks.validateModel.executeWithOptions({ summary: `Is ${input.model} sound?` }, [{ subject, champion: input.champion?.variantId ?? null, retry: input.retry }]);
  for (const model of run.plan.contenders ?? []) run.contenders.push(await checks.validateModel.executeWithOptions({ summary: `Is ${model} sound?` }, [{ subject: { ...subject, model }, champion: input.champion?.variantId ?? null, retry: input.retry }]));
  const twins = sameBytes(run);
  if (twins !== null) return twinsEvent(run, twins);
  run.others = [...run.contenders];
  hearKillsOfBefore(run);
  return { type: 'validated' };
}

async function pack(run: Run, challenger: VariantSummary): Promise<RolloutEvent> {
  for (const { model, variantId } of [challenger, ...run.contenders]) await packing.packageModel.executeWithOptions({ summary: 'Immutable package' }, [{ subject: { ...run.subject, model }, variantId }]);
  return { type: 'packaged' };
}

async function load(run: Run, challenger: VariantSummary): Promise<RolloutEvent> {
  register(run, 'load');
  for (const { model, variantId } of [challenger, ...run.contenders]) {
    if (run.contenders.length > 0) run.loaded.push(variantId);
    await loading.loadVariant.executeWithOptions({ summary: 'Load, warm, golden requests, latency' }, [{ subject: { ...run.subject, model }, variantId }]);
  }
  const first = run.plan.mode === 'first' ? plainVerdict(run, 'first', 'first-version', 'First version: its checks have passed; there was nothing to compare with.') : null;
  return { type: 'loaded', first, atMs: Date.now() };
}

/** The collector compares from the moment on which every gateway mirrors. */
async function startShadow(run: Run, { variantId }: VariantSummary): Promise<RolloutEvent | null> {
  register(run, 'route');
  const failure = await copyTrafficTo(run, 'shadow');
  return failure ?? openComparison(run, variantId);
}

/** Nothing reaches it yet: the judge is asked at once, and if nothing holds the rollout the first step follows. */
function openSplit(run: Run, { variantId }: VariantSummary): Promise<null> {
  register(run, 'route');
  run.pings += 1;
  return openComparison(run, variantId);
}

async function openComparison(run: Run, challenger: VariantId): Promise<null> {
  const { subject, input } = run;
  if (input.champion === null) return null;
  const field = stillTried(run);
  await quick.openComparison({ subject, champion: input.champion.variantId, challenger, ...(field === undefined ? {} : { field }) });
  run.shadowSinceMs = Date.now();
  return null;
}

/** A shadow stays: gateways mirror whichever leg does not answer, so that pairs go on (decision D5). */
async function setShare(run: Run, { variantId }: VariantSummary, sharePer10k: number): Promise<RolloutEvent | null> {
  const { subject, state } = run;
  return await choose(run) ?? routed(run, () => quick.setShare.executeWithOptions({ summary: `${formatShare(sharePer10k)} of the traffic` }, [{ subject, commandId: commandId(run, `share-${state.step + 1}/${attempt(run)}`), variantId, sharePer10k }]));
}

/** A compare-and-set against the champion that this rollout was judged against. A first version has no way back, so it is seen through. */
async function promote(run: Run, { variantId }: VariantSummary): Promise<RolloutEvent> {
  const { subject, input, state } = run;
  const stopped = await choose(run);
  if (stopped !== null) return stopped;
  register(run, 'promote');
  const by = state.verdict?.reason === 'person' ? 'person' : 'automation';
  const crown = (): Promise<RolloutEvent | null> => routed(run, () => quick.setChampion.executeWithOptions({ summary: `${modelTried(run)} decides` }, [{ subject, commandId: commandId(run, `promote/${attempt(run)}`), variantId, expectedChampion: input.champion?.variantId ?? null, by }]));
  return await (input.champion === null ? CancellationScope.nonCancellable(crown) : crown()) ?? { type: 'promoted' };
}

/** A step that was held is asked for again after another verdict: the route remembers what it answered the first time. */
function attempt({ state }: Run): number { return state.verdict?.n ?? 0; }
