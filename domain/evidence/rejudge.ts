import { evidenceOf } from '../analysis/evidence.ts';
import { judgeField } from '../analysis/judge-field.ts';
import { JUDGE_VERSION } from '../analysis/judge.ts';
import { notMeasured } from '../analysis/not-measured.ts';
import type { AnalysisPlan } from '../analysis/plan.ts';
import type { Verdict } from '../analysis/verdict.ts';
import { pagesUpTo, tallyOf, type MeasurementTally } from '../external/measurement-page.ts';
import type { Measurement } from '../external/measurement.ts';
import { canonicalJson } from '../canonical-json.ts';
import type { BundleParts } from './bundle.ts';
import { toPlain } from './plain-json.ts';

/** `same`: the pure judge says the stored verdict again, to the last digit. `not-judged`: it rests on no blocks (first, validation, a person). */
export type Rejudged =
  | { readonly state: 'same' | 'not-judged' }
  | { readonly state: 'other-version'; readonly stored: string; readonly here: string }
  | { readonly state: 'differs'; readonly members: readonly string[]; readonly kind: string };

/**
 * Asks the judge again on the plan and the blocks of the bundle. What the judge took from elsewhere is taken from the verdict: the times, its number,
 * whether traffic was away, and the share of dropped copies, from which what was not measured follows.
 */
export function rejudge({ verdict, plan, blocks, measurements = [], spec }: Pick<BundleParts, 'verdict' | 'plan' | 'blocks' | 'measurements' | 'spec'>): Rejudged {
  if (verdict.planHash === null || plan === null) return { state: 'not-judged' };
  if (verdict.judgeVersion !== JUDGE_VERSION) return { state: 'other-version', stored: verdict.judgeVersion, here: JUDGE_VERSION };
  const { rulingMs, atMs, n, dropRatio } = verdict;
  const again = judgeField({ plan, evidence: evidenceOf(blocks), external: talliesSeen(verdict, plan, measurements), progress: null, value: spec.spec.value, rulingMs, atMs, n, idle: verdict.reasons.some(({ code }) => code === 'idle') }, verdict.field?.map(({ variantId }) => variantId));
  const told = { ...again, dropRatio, notMeasured: notMeasured(plan, again, dropRatio) };
  // Verdicts of before it was kept do not say what they saw.
  const members = differences(verdict, told).filter((name) => name !== 'seenTo' || verdict.seenTo !== undefined);
  return members.length === 0 ? { state: 'same' } : { state: 'differs', members, kind: again.kind };
}

/** The tallies that the judge was handed: made anew of the measurements up to the slot that the finding names. */
function talliesSeen({ external = [] }: Verdict, plan: AnalysisPlan, measurements: readonly Measurement[]): readonly MeasurementTally[] {
  return (plan.external ?? []).flatMap((metric) => {
    const toSlot = external.find((finding) => finding.metric === metric.name)?.toSlot ?? null;
    return toSlot === null ? [] : pagesUpTo(metric, measurements.filter((each) => each.metric === metric.name), toSlot).map(tallyOf);
  });
}

function differences(stored: Verdict, again: Partial<Verdict>): readonly string[] {
  const text = (verdict: Partial<Verdict>, name: string): string => canonicalJson(toPlain((verdict as Readonly<Record<string, unknown>>)[name]));
  return [...new Set([...Object.keys(stored), ...Object.keys(again)])].filter((name) => text(stored, name) !== text(again, name)).sort();
}

