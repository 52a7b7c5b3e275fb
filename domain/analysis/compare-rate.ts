import type { Count } from './blocks.ts';
import { sumsOf } from './fold.ts';
import type { EvidencePage } from './pages.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import { rateInterval } from './stats/bernoulli-sequence.ts';
import { harmAlpha } from './thresholds.ts';
import { totalRate } from './totals.ts';
import type { Finding, FindingState } from './verdict.ts';

/** One role of the challenger: its own rate, never pooled with the other's. `lower` proves harm, `upper` proves health. */
interface RoleFinding { readonly state: 'pass' | 'fail' | 'undecided' | 'no-data'; readonly count: Count; readonly lower: number; readonly upper: number; readonly championRate: number | null }

/**
 * A guardrail: passes when in each role that the challenger plays its rate is proved to be at most the margin; fails when in one of them it is proved
 * to be above, unless the champion's rate in the same traffic is as high: what both do is not the challenger's harm, though it is no pass either.
 * `serving`: callers are being sent to the challenger, so that its serving role must have data of its own.
 */
export function compareRate(plan: AnalysisPlan, metric: MetricPlan, pages: readonly EvidencePage[], serving: boolean): Finding {
  const sums = totalRate(pages.map(({ totals }) => sumsOf('rate', totals)));
  const inServing = roleFinding(plan, metric, sums.challengerServing, [sums.champion]);
  const inShadow = roleFinding(plan, metric, sums.challengerShadow, [sums.champion, sums.championShadow]);
  const roles = [...(serving || sums.challengerServing.n > 0 ? [inServing] : []), ...(!serving || sums.challengerShadow.n > 0 ? [inShadow] : [])];
  const unsound = pages.reduce((n, { short }) => n + short, 0);
  const state = stateOf(roles, unsound);
  const telling = roles.find((role) => role.state === state) ?? roles.reduce((worst, role) => (role.upper > worst.upper ? role : worst), inShadow);
  const known = telling.count.n > 0;
  return {
    metric: metric.name, role: metric.role, state, estimate: known ? telling.count.bad / telling.count.n : null, lower: known ? telling.lower : null, upper: known ? telling.upper : null,
    lowerFull: null, alpha: metric.alpha, margin: metric.margin, championMean: telling.championRate, challengerMean: known ? telling.count.bad / telling.count.n : null,
    blocks: pages.reduce((n, { sealed }) => n + sealed, 0), shortBlocks: unsound, requests: roles.reduce((n, { count }) => n + count.n, 0), coverage: null, lossBound: null, worstBlock: null, projectedBlocks: null, ...(metric.marginMoney === undefined ? {} : { marginMoney: metric.marginMoney }),
  };
}

function stateOf(roles: readonly RoleFinding[], unsound: number): FindingState {
  if (roles.some(({ state }) => state === 'fail')) return 'fail';
  if (unsound > 0) return 'short-coverage';
  if (roles.some(({ state }) => state === 'no-data')) return 'no-data';
  return roles.every(({ state }) => state === 'pass') ? 'pass' : 'undecided';
}

function roleFinding(plan: AnalysisPlan, metric: MetricPlan, count: Count, champions: readonly Count[]): RoleFinding {
  const tOpt = tunedCount(metric.margin);
  const { lower } = rateInterval(count, harmAlpha(plan, metric), tOpt);
  const { upper } = rateInterval(count, metric.alpha, tOpt);
  const rates = champions.filter(({ n }) => n > 0).map(({ n, bad }) => bad / n);
  const championRate = rates.length === 0 ? null : Math.max(...rates);
  const state = count.n === 0 ? 'no-data' : lower > Math.max(metric.margin, championRate ?? 0) ? 'fail' : upper <= metric.margin ? 'pass' : 'undecided';
  return { state, count, lower, upper, championRate };
}

/** Requests without one bad among them that prove a rate to be at most the margin: the least that a guardrail waits for in each role. */
export function cleanRequestsToPass(margin: number, alpha: number): number {
  const passes = (n: number): boolean => rateInterval({ n, bad: 0 }, alpha, tunedCount(margin)).upper <= margin;
  let [low, high] = [0, 1];
  while (!passes(high)) [low, high] = [high, high * 2];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (passes(middle)) high = middle; else low = middle;
  }
  return high;
}

/** Requests at which the interval is tightest: about where a rate well below the margin is first proved. */
function tunedCount(margin: number): number { return Math.min(Math.max(2 / margin, 20), 20_000); }
