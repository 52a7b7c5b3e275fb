import { sigmoid, type Example } from './logistic.ts';

const { log, floor, fround } = Math;

/** One split: `low` where the feature is at or below the threshold, `high` above it. Single precision, as ONNX compares. */
export interface Stump { readonly feature: number; readonly threshold: number; readonly low: number; readonly high: number }
export interface Stumps { readonly bias: number; readonly stumps: readonly Stump[] }
export interface BoostOptions { readonly rounds: number; readonly rate: number; readonly ridge: number; readonly bins: number }

const DEFAULTS: BoostOptions = { rounds: 80, rate: 0.2, ridge: 5, bins: 32 };

/** Gradient boosting of one-split trees on the logistic loss with Newton leaves (Friedman 2001; second order as XGBoost, Chen & Guestrin 2016). */
export function trainStumps(examples: readonly Example[], options: Partial<BoostOptions> = {}): Stumps {
  const { rounds, rate, ridge, bins } = { ...DEFAULTS, ...options };
  const positives = examples.filter((e) => e.label === 1).length;
  const bias = fround(log(positives / (examples.length - positives)));
  const candidates = (examples[0]?.features ?? []).map((_, j) => quantiles(examples.map((e) => e.features[j] ?? 0), bins));
  const margins = examples.map(() => bias);
  const stumps: Stump[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const best = bestStump(examples, margins, candidates, ridge);
    if (best === null) break;
    const stump = { ...best, low: fround(best.low * rate), high: fround(best.high * rate) };
    stumps.push(stump);
    examples.forEach((e, i) => { margins[i] = (margins[i] ?? 0) + leaf(stump, e.features); });
  }
  return { bias, stumps };
}

export function stumpsMargin(model: Stumps, features: readonly number[]): number { return model.stumps.reduce((sum, stump) => sum + leaf(stump, features), model.bias); }
export function stumpsScore(model: Stumps, features: readonly number[]): number { return sigmoid(stumpsMargin(model, features)); }

function leaf(stump: Stump, features: readonly number[]): number { return (features[stump.feature] ?? 0) <= stump.threshold ? stump.low : stump.high; }

function quantiles(values: readonly number[], bins: number): readonly number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return [...new Set(Array.from({ length: bins - 1 }, (_, k) => fround(sorted[floor(((k + 1) * sorted.length) / bins)] ?? 0)))];
}

/** The split with the greatest gain in the second-order loss; null when none gains. */
function bestStump(examples: readonly Example[], margins: readonly number[], candidates: readonly (readonly number[])[], ridge: number): Stump | null {
  const slopes = examples.map((e, i) => e.label - sigmoid(margins[i] ?? 0));
  const curves = examples.map((_, i) => { const p = sigmoid(margins[i] ?? 0); return p * (1 - p); });
  let best: Stump | null = null;
  let bestGain = 1e-9;
  candidates.forEach((thresholds, feature) => {
    const sums = binned(examples, { slopes, curves }, thresholds, feature);
    const total = sums.reduce((sum, bin) => ({ slope: sum.slope + bin.slope, curve: sum.curve + bin.curve }), { slope: 0, curve: 0 });
    const low = { slope: 0, curve: 0 };
    thresholds.forEach((threshold, k) => {
      low.slope += sums[k]?.slope ?? 0;
      low.curve += sums[k]?.curve ?? 0;
      const high = { slope: total.slope - low.slope, curve: total.curve - low.curve };
      const gain = low.slope ** 2 / (low.curve + ridge) + high.slope ** 2 / (high.curve + ridge) - total.slope ** 2 / (total.curve + ridge);
      if (gain <= bestGain) return;
      bestGain = gain;
      best = { feature, threshold, low: low.slope / (low.curve + ridge), high: high.slope / (high.curve + ridge) };
    });
  });
  return best;
}

interface Derivatives { readonly slopes: readonly number[]; readonly curves: readonly number[] }

/** Sums of first and second derivatives per bin; bin k holds values in (thresholds[k-1], thresholds[k]]. */
function binned(examples: readonly Example[], { slopes, curves }: Derivatives, thresholds: readonly number[], feature: number): { slope: number; curve: number }[] {
  const sums = Array.from({ length: thresholds.length + 1 }, () => ({ slope: 0, curve: 0 }));
  examples.forEach((e, i) => {
    const bin = sums[binOf(thresholds, e.features[feature] ?? 0)];
    if (bin === undefined) return;
    bin.slope += slopes[i] ?? 0;
    bin.curve += curves[i] ?? 0;
  });
  return sums;
}

function binOf(thresholds: readonly number[], value: number): number {
  let from = 0;
  let to = thresholds.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (value <= (thresholds[middle] ?? Infinity)) to = middle; else from = middle + 1;
  }
  return from;
}
