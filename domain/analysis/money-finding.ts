import type { ValueModel } from '../deployment.ts';
import { MICROS } from '../money.ts';
import type { PairedComparison } from './compare-paired.ts';
import { judgedBlocks } from './cycles.ts';
import type { MetricPlan } from './plan.ts';
import type { MoneyFinding } from './verdict.ts';

/**
 * The `value` metric in money. Per request: the mean of block means with its bounds (the metric's range where a bound is void). In total: what the requests
 * judged earned, added up. A version's own total rests on the requests whose outcome is known on both sides.
 */
export function moneyFinding({ currency }: ValueModel, { range }: MetricPlan, { finding, cycles }: PairedComparison): MoneyFinding | null {
  if (finding.estimate === null) return null;
  const totalDifference = judgedBlocks(cycles).reduce((sum, { n, mean }) => sum + n * mean, 0);
  const championTotal = (finding.championMean ?? 0) * finding.requests;
  return {
    currency, perRequestMicros: micros(finding.estimate), lowerMicros: micros(finding.lower ?? finding.lowerFull ?? range.lo), upperMicros: micros(finding.upper ?? range.hi),
    requests: finding.requests, totalMicros: micros(totalDifference), championTotalMicros: micros(championTotal), challengerTotalMicros: micros(championTotal) + micros(totalDifference),
  };
}

function micros(amount: number): number { return Math.round(amount * MICROS) + 0; }
