import { formatDuration } from '../duration.ts';
import type { MarginMoney } from '../deployment.ts';
import type { ExternalFinding } from '../external/finding.ts';
import { metricOf } from './metrics/index.ts';
import { BURN_IN } from './paired-bounds.ts';
import type { AnalysisPlan } from './plan.ts';
import { ALLOWED_SHORT, SHARE_MISMATCH } from './thresholds.ts';
import type { Finding, Reason, ReasonCode, SegmentFinding } from './verdict.ts';

/** The words of a verdict, for engineers: which metric, which numbers, and what they are held against. */

/** Four digits that matter, without trailing zeros. */
export function figure(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(4)));
}

export function percent(share: number | null): string { return share === null ? 'unknown' : `${figure(share * 100)} %`; }

export function explainFinding(code: ReasonCode, finding: Finding): Reason {
  return { code, metric: finding.metric, text: `${finding.metric}: ${isRate(finding) ? rateText(code, finding) : pairedText(code, finding)}` };
}

function isRate({ metric }: Finding): boolean { return metricOf(metric).kind === 'rate'; }

function rateText(code: ReasonCode, { estimate, lower, upper, margin, requests, championMean, shortBlocks, marginMoney }: Finding): string {
  if (code === 'no-data') return 'no requests of the challenger in a role that it plays; a guardrail without data is not passed.';
  if (code === 'coverage' || code === 'not-judged') return `${figure(shortBlocks)} blocks hold numbers that cannot be; it is not judged.`;
  const rate = `the challenger's rate is ${percent(estimate)} over ${figure(requests)} requests (champion ${percent(championMean)})`;
  if (code === 'guardrail' || code === 'safety') return `${rate}, proved to be above ${percent(lower)}; the limit is ${percent(margin)}${marginText(marginMoney)}.`;
  return `${rate}, not yet proved to be at most ${percent(margin)}${marginText(marginMoney)} (proved: at most ${percent(upper)}).`;
}

type Words = Partial<Record<ReasonCode, (finding: Finding) => string>>;

const lacksOutcomes = ({ coverage, sampled }: Finding): string => sampled !== undefined ? `${figure(sampled.seen)} outcomes were taken of ${figure(sampled.needed)} that were needed, and by their propensities stand for ${figure(sampled.weight)}: outcomes were lost, or taken with other chances than was said; nothing rests on them.` : `more than ${percent(ALLOWED_SHORT)} of the cycles lack outcomes (coverage ${percent(coverage)}); such cycles are not judged.`;
const worse = (finding: Finding): string => `${meanText(finding)}, proved to be below ${figure(finding.upper)}; allowed is ${figure(finding.margin === 0 ? 0 : -finding.margin)}${marginText(finding.marginMoney)}.`;
const PAIRED: Words = {
  'no-data': () => 'no whole cycle with known outcomes yet.',
  coverage: lacksOutcomes, 'not-judged': lacksOutcomes, 'proved-worse': worse, guardrail: worse, safety: worse,
  'loss-bound': ({ worstBlock, lossBound }) => `a block lost ${figure(worstBlock === null ? null : -worstBlock)}, more than the ${figure(lossBound)} that the plan assumed; nothing can be promoted under this plan.`,
  futile: (finding) => `${meanText(finding)}; even at ${figure(finding.upper)}, the most it can be, no proof would come before the horizon.`,
};

/** An asymptotic bound is named where it is the one that stands. */
export function isApproximate({ fast, lower }: Finding): boolean { return fast !== undefined && lower !== null && fast.lower === lower; }
const byWhat = (finding: Finding): string => (isApproximate(finding) ? ' by the approximate bound of engine fast' : '');
const burnIn = ({ fast, blocks, requests }: Finding): string => fast === undefined || fast.isBurntIn ? '' : ` (engine fast counts from ${figure(BURN_IN.blocks)} blocks, ${figure(BURN_IN.requests)} requests and ${figure(BURN_IN.cases)} outcomes that tell the two apart; so far ${figure(blocks)}, ${figure(requests)}, ${figure(fast.cases)})`;

function pairedText(code: ReasonCode, finding: Finding): string {
  const words = PAIRED[code];
  if (words !== undefined) return words(finding);
  const { lower, lowerFull, projectedBlocks } = finding;
  return `${meanText(finding)}, proved to be above ${figure(lower ?? lowerFull)}${byWhat(finding)}${burnIn(finding)}${projectedBlocks === null ? '' : `; about ${figure(projectedBlocks)} more blocks like these would prove it`}.`;
}

/** What a margin is in money, where the file says it so. */
export function marginText(margin: MarginMoney | undefined): string {
  return margin === undefined ? '' : ` (${margin.currency} ${figure(margin.amount)} a request, at ${margin.currency} ${figure(margin.perUnit)} a unit)`;
}

function isBySlot(name: string): boolean { const metric = metricOf(name); return metric.kind === 'paired' && metric.by === 'slot'; }

function meanText({ metric, estimate, blocks }: Finding): string { return `challenger minus champion is ${figure(estimate)} ${metricOf(metric).unit} over ${figure(blocks)} blocks`; }

export function explainSegment(code: 'segment' | 'no-data', { metric, segment, estimate, upper, margin, blocks }: SegmentFinding): Reason {
  const of = `${metric} for ${segment ?? 'all'}`;
  if (code === 'no-data') return { code, metric, text: `${of}: no whole cycle with known outcomes yet; a declared segment without data is not passed.` };
  return { code, metric, text: `${of}: challenger minus champion is ${figure(estimate)} ${metricOf(metric).unit} over ${figure(blocks)} blocks, proved to be worse than ${figure(margin === 0 ? 0 : -margin)} there (at most ${figure(upper)}).` };
}

type HoldCode = 'pilot' | 'min-cycles' | 'share-mismatch' | 'horizon' | 'idle';

export function explainHold(code: HoldCode, plan: AnalysisPlan, cycles = 0): Reason { return { code, metric: null, text: HOLDS[code](plan, cycles) }; }

const HOLDS: Readonly<Record<HoldCode, (plan: AnalysisPlan, cycles: number) => string>> = {
  pilot: ({ pilotCycles, cycleMs }) => `The pilot of ${figure(pilotCycles)} cycles of ${formatDuration(cycleMs)} is not complete; it plans the comparison and is no evidence.`,
  'min-cycles': ({ minCycles, cycleMs }, cycles) => `${figure(cycles)} of ${figure(minCycles)} whole cycles of ${formatDuration(cycleMs)} are judged; nothing is promoted before.`,
  'share-mismatch': () => `Callers were not split as the route promised (e-value above ${figure(SHARE_MISMATCH)}); promotion is held until that is understood.`,
  horizon: ({ horizonMs }) => `The horizon of ${formatDuration(horizonMs)} has passed without a proof; the champion stays.`,
  idle: () => 'No traffic came within the idle limit; the champion stays.',
};

const PROMOTION: Readonly<Record<AnalysisPlan['goal'], { readonly code: ReasonCode; readonly text: string }>> = {
  better: { code: 'proved-better', text: 'proved to be better' },
  'no-worse': { code: 'proved-no-worse', text: 'proved to be no worse than its margins' },
  healthy: { code: 'proved-healthy', text: 'proved to answer in time and in shape; it was not judged on outcomes' },
};

export function explainPromotion({ goal }: AnalysisPlan, findings: readonly Finding[], external: readonly ExternalFinding[]): Reason {
  const { code, text } = PROMOTION[goal];
  const required = findings.filter(({ role }) => role === 'required');
  const facts = required.map((finding) => pairedFact(finding)).join('; ');
  return { code, metric: required[0]?.metric ?? null, text: `The challenger is ${text}${facts === '' ? '' : `: ${facts}`}; every guardrail is proved to be within its limit${external.length === 0 ? '' : `, and ${external.map(({ metric }) => metric).join(', ')} measured so`}.` };
}

function pairedFact(finding: Finding): string {
  const { metric, estimate, lower, lowerFull, blocks } = finding;
  return `${metric} ${figure(estimate)}${isBySlot(metric) ? '' : ' per request'}, above ${figure(lower ?? lowerFull)}${byWhat(finding)} (${figure(blocks)} blocks)`;
}
