import type { PairedSums } from './blocks.ts';
import type { AnalysisPlan } from './plan.ts';

/** How outcomes that were taken at random account for those that were needed. */
export interface SampledOutcomes { readonly needed: number; readonly seen: number; /** Σ 1/π: the requests that those seen stand for. */ readonly weight: number }

/** Fewer say nothing, however quiet they are. */
const LEAST_SEEN = 20;
const DEVIATIONS = 4;

export function sampledOutcomes(slots: readonly PairedSums[]): SampledOutcomes {
  return slots.reduce((sum, { needed, labelled, weight = 0 }) => ({ needed: sum.needed + needed, seen: sum.seen + labelled, weight: sum.weight + weight }), { needed: 0, seen: 0, weight: 0 });
}

/**
 * Whether the propensities can be true: Σ 1/π over those seen has the mean `needed` and at most the variance needed · (1 − least)/least. Further away than four
 * deviations, besides what `coverage` allows to be lost, outcomes were lost or the chances were others than said; then nothing rests on them.
 */
export function isAccountedFor({ needed, weight }: SampledOutcomes, { sampling, coverage }: AnalysisPlan): boolean {
  if (sampling === undefined) return true;
  const { least } = sampling;
  return Math.abs(weight - needed) <= DEVIATIONS * Math.sqrt((needed * (1 - least)) / least) + (1 - coverage) * needed;
}

export function areEnough({ needed, seen }: SampledOutcomes): boolean { return needed === 0 || seen >= LEAST_SEEN; }
