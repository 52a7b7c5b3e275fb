import type { VerdictSummary } from '../domain/analysis/verdict.ts';
import type { RolloutEvent } from '../domain/rollout/machine.ts';
import type { VariantSummary } from '../domain/variant.ts';
import { lasting } from './activity-stubs.ts';
import type { Run } from './rollout-run.ts';
import { copyTrafficTo } from './routed.ts';
import { plainVerdict } from './verdicts.ts';

/** Several challengers that are tried at once: `run.challenger` is the one that would go on, `run.others` are those beside it. */

/** All that are still tried, for the judge; undefined where there never was more than one. Once people are asked, or callers get it, the choice stands. */
export function stillTried({ plan, challenger, others, state }: Run): readonly string[] | undefined {
  if (plan.contenders === undefined || challenger === null) return undefined;
  return [challenger, ...(state.stage === 'approving' ? [] : others)].map(({ variantId }) => variantId);
}

/** Two names for the same bytes would be one version judged twice. */
export function sameBytes({ challenger, contenders }: Run): string | null {
  const all = [...(challenger === null ? [] : [challenger]), ...contenders];
  const twin = all.find(({ variantId }, i) => all.findIndex((other) => other.variantId === variantId) < i);
  const first = all.find(({ variantId }) => variantId === twin?.variantId);
  return twin === undefined ? null : `${twin.model} has the same bytes as ${first?.model ?? ''}: nothing can be told of two of them.`;
}

/** What a verdict means for the field: whom harm was proved of gets no more copies and leaves memory; whose proof it is takes the lead. Null: the rollout goes on by the verdict. */
export async function followVerdict(run: Run, { kind, challenger: leader, out = [], n }: VerdictSummary): Promise<RolloutEvent | null> {
  if (run.challenger === null || run.others.length === 0 || kind === 'rollback') return null;
  const all = [run.challenger, ...run.others];
  const left = all.filter(({ variantId }) => !out.includes(variantId));
  const first = left.find(({ variantId }) => variantId === leader) ?? left[0];
  if (first === undefined) return null;
  if (kind === 'promote' && first !== run.challenger) tell(run, `${first.model} is the one that would go on.`);
  run.challenger = first;
  run.others = left.filter((each) => each !== first);
  for (const gone of all.filter((each) => !left.includes(each))) tell(run, `${gone.model} is proved to be harmful and is tried no more.`);
  return left.length === all.length ? null : only(run, `out-${String(n)}`);
}

/** The others were in it only to be compared: before callers get the one that was chosen they are let go. */
export async function choose(run: Run): Promise<RolloutEvent | null> {
  if (run.others.length === 0) { await unloadRest(run); return null; }
  for (const { model } of run.others) tell(run, `${model} is tried no more: another one goes on.`);
  run.others = [];
  return only(run, 'chosen');
}

async function only(run: Run, step: string): Promise<RolloutEvent | null> {
  const failure = await copyTrafficTo(run, step);
  if (failure === null) await unloadRest(run);
  return failure;
}

/** A challenger that was killed while others are tried leaves the field; the route has let it go already. True where that is all. */
export function leaves(run: Run, isNamed: (variant: VariantSummary | null) => boolean): boolean {
  const { stage } = run.state;
  if (run.challenger === null || run.others.length === 0 || (stage !== 'shadowing' && stage !== 'approving')) return false;
  // What people were asked about cannot be exchanged for another.
  if (stage === 'approving' && isNamed(run.challenger)) return false;
  const left = [run.challenger, ...run.others].filter((each) => !isNamed(each));
  const [first, ...others] = left;
  if (first === undefined || left.length === 1 + run.others.length) return false;
  for (const gone of [run.challenger, ...run.others].filter((each) => isNamed(each))) tell(run, `${gone.model} was killed and is tried no more.`);
  run.challenger = first;
  run.others = others;
  run.pings += 1;
  return true;
}

/** Unloads all that were loaded for the comparison and are in it no more. Those that callers may be sent back to stay. */
async function unloadRest(run: Run): Promise<void> {
  const stay = new Set([run.challenger, ...run.others].map((each) => each?.variantId));
  for (const variant of [...run.loaded]) {
    if (stay.has(variant)) continue;
    if (!run.input.lastGood.includes(variant)) await lasting.unloadVariant({ subject: run.subject, variantId: variant });
    run.loaded = run.loaded.filter((each) => each !== variant);
  }
}

function tell(run: Run, text: string): void { run.journal.push({ line: { atMs: Date.now(), stage: run.state.stage, text }, audit: null, record: null }); }

/** What a rollout that cannot tell two challengers apart ends with. */
export function twinsEvent(run: Run, text: string): RolloutEvent { return { type: 'failed', verdict: plainVerdict(run, 'rollback', 'validation', text) }; }
