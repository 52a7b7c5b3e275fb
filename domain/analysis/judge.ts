import type { Json } from '../canonical-json.ts';
import type { ValueModel } from '../deployment.ts';
import { digestOfJson } from '../digest.ts';
import { externalFinding, withExternalDigest, type ExternalFinding } from '../external/finding.ts';
import type { MeasurementTally } from '../external/measurement-page.ts';
import type { MicroBlock, Progress } from './blocks.ts';
import { comparePaired, type PairedComparison } from './compare-paired.ts';
import { compareRate } from './compare-rate.ts';
import { compareSegments, type SegmentComparison } from './compare-segments.ts';
import { compareShare, type ShareComparison } from './compare-share.ts';
import { sumsOf } from './fold.ts';
import { decide, type Case } from './decide.ts';
import { evidenceDigest } from './evidence-digest.ts';
import { validEvidence, type Evidence, type ValidEvidence } from './evidence.ts';
import { JUDGE_VERSION } from './judge-version.ts';
import { mayServeProvisionally } from './provisional.ts';
import { pairedPlans, ratePlans } from './metric-plan.ts';
import { moneyFinding } from './money-finding.ts';
import { dropRatio, notMeasured } from './not-measured.ts';
import { cyclesIn, slotsOf, spanOf, type EvidencePage } from './pages.ts';
import type { AnalysisPlan } from './plan.ts';
import { ownedBy } from './valid-blocks.ts';
import type { Finding, MoneyFinding, Verdict } from './verdict.ts';

export { JUDGE_VERSION } from './judge-version.ts';

export interface JudgeInput {
  readonly plan: AnalysisPlan;
  /** Sealed evidence of the rollout, in any order; its pages closed or not. */
  readonly evidence: Evidence;
  readonly progress: Progress | null;
  /** Tallies of the measurements of the plan's external metrics, in any order; absent: none was made. */
  readonly external?: readonly MeasurementTally[];
  readonly value: ValueModel | null;
  readonly rulingMs: number;
  readonly atMs: number;
  /** Number of the verdict in the rollout. */
  readonly n: number;
  /** Traffic has been away for longer than the idle limit. */
  readonly idle?: boolean;
}

/** What the comparisons found. */
interface Compared { readonly paired: readonly PairedComparison[]; readonly findings: readonly Finding[]; readonly share: ShareComparison; readonly segments: SegmentComparison }
/** The evidence that the findings rest on, by metric and in the order of time. */
interface Judged { readonly blocks: readonly MicroBlock[]; readonly pages: readonly EvidencePage[] }

/**
 * The judge: a pure function from a plan and sealed evidence to a verdict with its reasons, in three stages: validate, compare, decide.
 * It may be asked at any time and any number of times; what it says holds at all of them together (decision-engine 2).
 * Throws LM_INVARIANT when evidence of another rollout is handed in.
 */
export function judge(input: JudgeInput): Verdict {
  const { plan, progress } = input;
  const valid = validEvidence(plan, input.evidence);
  const compared = compare(plan, valid);
  const external = externalFindings(input);
  const decision = decide({ ...caseOf(input, valid, compared), external });
  const judged = judgedEvidence(plan, valid, compared);
  const drops = dropRatio(progress);
  return {
    tenantId: plan.tenantId, rolloutId: plan.rolloutId, n: input.n, judgeVersion: JUDGE_VERSION, kind: decision.kind, reasons: decision.reasons, findings: compared.findings,
    money: money(input, compared), cycles: cyclesJudged(input, valid, compared), ...span(judged), rulingMs: input.rulingMs, atMs: input.atMs,
    planHash: planHashOf(plan), evidenceHash: hashOf(input, judged),
    dropRatio: drops, notMeasured: notMeasured(plan, { findings: compared.findings, segments: compared.segments.findings }, drops), seenTo: seenTo(valid), ...(plan.segments === undefined ? {} : { segments: compared.segments.findings }), ...(plan.external === undefined ? {} : { external }),
    ...(decision.kind === 'collecting' && mayServeProvisionally(plan, { findings: compared.findings, external, logShareEvidence: compared.share.logEvidence, cycles: cyclesOfTraffic(input, valid) }) ? { provisional: true as const } : {}),
  };
}

/** Of another rollout is a defect of whoever gathers them, as with blocks. */
function externalFindings({ plan, external = [], atMs }: JudgeInput): readonly ExternalFinding[] {
  for (const tally of external) ownedBy(plan, tally);
  return (plan.external ?? []).map((metric) => externalFinding(metric, external, atMs));
}

function hashOf({ external = [] }: JudgeInput, judged: Judged): string | null {
  return withExternalDigest(judged.blocks.length + judged.pages.length === 0 ? null : evidenceDigest(judged), external);
}

/** By which a verdict names its plan: over the plan as JSON holds it, so that a stored one has the same. */
export function planHashOf(plan: AnalysisPlan): string { return digestOfJson(JSON.parse(JSON.stringify(plan)) as Json); }

function seenTo({ paired, paged }: ValidEvidence): Readonly<Record<string, number>> {
  const last = new Map([...[...paired].map(([metric, of]) => [metric, of.at(-1)?.slot] as const), ...[...paged].map(([metric, of]) => [metric, of.flatMap(slotsOf).at(-1)] as const)]);
  return Object.fromEntries([...last].flatMap(([metric, slot]) => (slot === undefined ? [] : [[metric, slot] as const])));
}

function compare(plan: AnalysisPlan, valid: ValidEvidence): Compared {
  const of = (name: string): readonly EvidencePage[] => valid.paged.get(name) ?? [];
  const share = compareShare(of('share'));
  const serving = share.serving || ratePlans(plan).some(({ name }) => of(name).some(({ totals }) => sumsOf('rate', totals).challengerServing.n > 0));
  const paired = pairedPlans(plan).map((metric) => comparePaired(plan, metric, valid.paired.get(metric.name) ?? []));
  return { paired, share, segments: compareSegments(plan, valid.paired), findings: [...paired.map(({ finding }) => finding), ...ratePlans(plan).map((metric) => compareRate(plan, metric, of(metric.name), serving))] };
}

function caseOf(input: JudgeInput, valid: ValidEvidence, { paired, findings, share, segments }: Compared): Omit<Case, 'external'> {
  const { plan, rulingMs, idle = false } = input;
  const cycles = cyclesJudged(input, valid, { paired });
  const lasted = cycles >= plan.minCycles;
  return {
    plan, findings, segments: segments.findings, cycles, rulingMs, idle, logShareEvidence: share.logEvidence,
    cyclesSeen: Math.max(0, ...paired.map((comparison) => comparison.cycles.filter(({ state }) => state !== 'empty').length)),
    futile: lasted ? paired.filter(({ futile, finding }) => futile && finding.role === 'required').map(({ finding }) => finding.metric) : [],
  };
}

/** Whole cycles with evidence, the least over paired metrics; without such metrics, cycles of traffic since the start. */
function cyclesJudged({ plan, rulingMs }: JudgeInput, valid: ValidEvidence, { paired }: Pick<Compared, 'paired'>): number {
  if (plan.state === 'draft') return 0;
  if (paired.length > 0) return Math.min(...paired.map(({ cycles }) => cycles.filter(({ state }) => state === 'judged').length));
  return cyclesOfTraffic({ plan, rulingMs }, valid);
}

function cyclesOfTraffic({ plan, rulingMs }: Pick<JudgeInput, 'plan' | 'rulingMs'>, valid: ValidEvidence): number {
  if (plan.clock === 'event') return Math.max(0, Math.floor((rulingMs - plan.startedMs) / plan.cycleMs));
  const pages = ratePlans(plan).flatMap(({ name }) => valid.paged.get(name) ?? []);
  const whole = Math.floor((pages.reduce((end, page) => Math.max(end, spanOf(page).toMs), plan.startedAtMs) - plan.startedAtMs) / plan.cycleMs);
  return new Set(pages.flatMap((page) => cyclesIn(page, plan.startedAtMs, plan.cycleMs)).filter((cycle) => cycle >= 0 && cycle < whole)).size;
}

/** What the findings rest on: whole cycles of paired metrics since evidence began, and all of the rest. */
function judgedEvidence(plan: AnalysisPlan, valid: ValidEvidence, { paired, segments }: Compared): Judged {
  const lines = [...paired.map(({ finding, cycles }) => [finding.metric, cycles] as const), ...segments.cycles];
  const whole = new Map(lines.map(([metric, cycles]) => [metric, new Set(cycles.map(({ index }) => index))]));
  const blocks = plan.state === 'draft' ? [] : byMetric(valid.paired).flatMap(([metric, of]) => of.filter(({ fromMs }) => whole.get(metric)?.has(Math.floor(fromMs / plan.cycleMs)) === true));
  return { blocks, pages: byMetric(valid.paged).flatMap(([, pages]) => pages) };
}

function byMetric<T>(of: ReadonlyMap<string, T>): readonly (readonly [string, T])[] { return [...of].sort(([a], [b]) => (a < b ? -1 : 1)); }

/** From when to when the outcomes judged were; of health where no outcomes are. */
function span({ blocks, pages }: Judged): { readonly fromMs: number | null; readonly toMs: number | null } {
  const of = blocks.length > 0 ? blocks : pages.map(spanOf);
  return of.length === 0 ? { fromMs: null, toMs: null } : { fromMs: of.reduce((least, { fromMs }) => Math.min(least, fromMs), Infinity), toMs: of.reduce((most, { toMs }) => Math.max(most, toMs), -Infinity) };
}

function money({ plan, value }: JudgeInput, { paired }: Compared): MoneyFinding | null {
  const metric = pairedPlans(plan).find(({ name }) => name === 'value');
  const comparison = paired.find(({ finding }) => finding.metric === 'value');
  return metric === undefined || comparison === undefined || value === null ? null : moneyFinding(value, metric, comparison);
}
