import type { MicroBlock } from './blocks.ts';
import { judgedBlocks, wholeCycles, type Cycle } from './cycles.ts';
import type { AnalysisPlan, MetricPlan } from './plan.ts';
import { partsOfLine } from './segments.ts';
import { logEvidence, lowerBound } from './stats/block-means.ts';
import { eBenjaminiHochberg } from './stats/false-discovery.ts';
import { familyHarmAlpha } from './thresholds.ts';
import type { SegmentFinding } from './verdict.ts';

export interface SegmentComparison { readonly findings: readonly SegmentFinding[]; readonly cycles: ReadonlyMap<string, readonly Cycle[]> }

/**
 * Each declared segment by the primary metric, over its own whole cycles. Which of them are proved worse than the margin: e-BH over their e-values (Wang and Ramdas
 * 2022), so that segments may share callers and days. No loss bound is assumed: what was learnt of all traffic says little of a part of it.
 */
export function compareSegments(plan: AnalysisPlan, paired: ReadonlyMap<string, readonly MicroBlock[]>): SegmentComparison {
  const lines = plan.segments?.metrics ?? [];
  const judged = lines.map((metric) => {
    const cycles = wholeCycles(plan, metric, paired.get(metric.name) ?? [], plan.evidenceFromMs ?? plan.startedMs);
    const blocks = plan.state === 'draft' ? [] : judgedBlocks(cycles);
    return { metric, cycles, means: blocks.map(({ mean }) => mean), requests: blocks.reduce((sum, { n }) => sum + n, 0) };
  });
  const alpha = familyHarmAlpha(plan);
  const evidence = judged.map(({ metric, means }) => logEvidence(means.map((mean) => -mean), { ...metric, lossBound: metric.range.hi }, { alpha, mu0: metric.margin }));
  const worse = eBenjaminiHochberg(evidence.map((log) => Math.exp(log)), alpha);
  return {
    cycles: new Map(judged.map(({ metric, cycles }) => [metric.name, cycles])),
    findings: judged.map(({ metric, means, requests }, i) => ({
      ...partsOfLine(metric.name), state: means.length === 0 ? 'no-data' : worse[i] === true ? 'worse' : 'open', estimate: means.length === 0 ? null : means.reduce((a, b) => a + b) / means.length,
      ...boundsOf(metric, means, alpha / lines.length), margin: metric.margin, blocks: means.length, requests, logEWorse: means.length === 0 ? null : finite(evidence[i]),
    })),
  };
}

/** Each at its share of the level, so that all of them hold together. */
function boundsOf(metric: MetricPlan, means: readonly number[], alpha: number): Pick<SegmentFinding, 'lower' | 'upper'> {
  if (means.length === 0) return { lower: null, upper: null };
  const { lo, hi } = metric.range;
  return { lower: Math.max(lo, lowerBound(means, { ...metric, lossBound: -lo }, alpha)), upper: Math.min(hi, -lowerBound(means.map((mean) => -mean), { ...metric, lossBound: hi }, alpha)) };
}

/** JSON has no infinity. */
function finite(log: number | undefined): number | null { return log !== undefined && Number.isFinite(log) ? log : null; }
