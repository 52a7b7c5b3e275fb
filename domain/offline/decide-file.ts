import type { FileFinding, FileReason, Gate, SegmentFinding } from './file-verdict.ts';
import type { JudgeOptions } from './options.ts';

export interface FileCase {
  readonly options: JudgeOptions;
  readonly finding: FileFinding;
  readonly guardrails: readonly FileFinding[];
  readonly segments: readonly SegmentFinding[];
  readonly gates: readonly Gate[];
  readonly harmAlpha: number;
}
export interface FileDecision { readonly verdict: 'promote' | 'rollback' | 'collecting' | 'inconclusive'; readonly reasons: readonly FileReason[] }

/** By precedence as the live judge: proved harm; what ends without a proof; what holds; the proof; else not yet. Engine fast proves nothing before its burn-in. */
export function decideFile(of: FileCase): FileDecision {
  const harm = harms(of);
  if (harm.length > 0) return { verdict: 'rollback', reasons: harm };
  const failed = of.gates.filter(({ pass }) => !pass).map(({ name, text }): FileReason => ({ code: name, metric: of.finding.name, text }));
  if (failed.some(({ code }) => code === 'loss-bound')) return { verdict: 'inconclusive', reasons: failed };
  if (failed.length > 0) return { verdict: 'collecting', reasons: failed };
  return isProved(of.finding.logBetter, of.options.alpha) ? { verdict: 'promote', reasons: [promotion(of)] } : { verdict: 'collecting', reasons: [notYet(of)] };
}

function isProved(logE: number, alpha: number): boolean { return logE >= Math.log(1 / alpha); }

function harms({ finding, guardrails, segments, gates, harmAlpha, options: { goal, margin } }: FileCase): readonly FileReason[] {
  const isEarly = gates.some(({ name, pass }) => name === 'burn-in' && !pass);
  const worse = goal === 'no-worse' && margin > 0 ? `worse than the margin of ${margin} allows` : 'worse';
  return [
    ...guardrails.filter(({ logWorse }) => isProved(logWorse, harmAlpha)).map(({ name, difference }): FileReason => ({ code: 'guardrail', metric: name, text: `${name}: the challenger is proved to fail more often by more than a hundredth of all rows (difference ${told(difference)})` })),
    ...(!isEarly && isProved(finding.logWorse, harmAlpha) ? [{ code: 'proved-worse' as const, metric: finding.name, text: `${finding.name}: the challenger is proved ${worse}; difference ${told(finding.difference)}` }] : []),
    ...(isEarly ? [] : segments.filter((segment) => segment.worse)).map(({ segment, difference, n }): FileReason => ({ code: 'segment', metric: finding.name, text: `segment ${segment}: the challenger is proved ${worse} on its ${n} rows; difference ${told(difference)}` })),
  ];
}

function promotion({ finding: { name, difference }, options: { goal, margin, alpha } }: FileCase): FileReason {
  return goal === 'better'
    ? { code: 'proved-better', metric: name, text: `${name}: the challenger is proved better at α = ${alpha}; difference ${told(difference)}` }
    : { code: 'proved-no-worse', metric: name, text: `${name}: the challenger is proved no worse than the margin of ${margin} at α = ${alpha}; difference ${told(difference)}` };
}

/** Two-sided mixtures near their best: 1.55² · 1.96² (decision-engine 3). */
const NEEDED = 9.2;

function notYet({ finding: { name, difference, deviation, blocks }, options: { goal, margin } }: FileCase): FileReason {
  const gap = difference === null ? null : difference + (goal === 'better' ? 0 : margin);
  const needed = gap !== null && gap > 0 && deviation > 0 ? Math.ceil((NEEDED * deviation * deviation) / (gap * gap)) : null;
  const more = needed === null ? 'more of the same would not prove it' : `at this difference and spread some ${needed} blocks are needed, and there are ${blocks}`;
  return { code: 'not-enough-evidence', metric: name, text: `${name}: neither better nor worse is proved yet; ${more}` };
}

function told(value: number | null): string { return value === null ? 'unknown' : String(Number(value.toPrecision(4))); }
