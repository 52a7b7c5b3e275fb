import { comparePaired } from '../../../domain/analysis/compare-paired.ts';
import { cleanRequestsToPass, compareRate } from '../../../domain/analysis/compare-rate.ts';
import { joined, wholeCycles } from '../../../domain/analysis/cycles.ts';
import { decide, type Case } from '../../../domain/analysis/decide.ts';
import { evidenceOf, validEvidence } from '../../../domain/analysis/evidence.ts';
import { judgeField } from '../../../domain/analysis/judge-field.ts';
import { metricPlan } from '../../../domain/analysis/metric-plan.ts';
import { dropRatio, notMeasured } from '../../../domain/analysis/not-measured.ts';
import { pageFrom } from '../../../domain/analysis/pages.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import { isFutile, projectedBlocks, type Outlook } from '../../../domain/analysis/projection.ts';
import { mayServeProvisionally } from '../../../domain/analysis/provisional.ts';
import { areEnough, isAccountedFor, sampledOutcomes } from '../../../domain/analysis/sampled-outcomes.ts';
import { rateInterval } from '../../../domain/analysis/stats/bernoulli-sequence.ts';
import { familyHarmAlpha, harmAlpha, thresholds } from '../../../domain/analysis/thresholds.ts';
import { totalOf, totalRate, totalShare } from '../../../domain/analysis/totals.ts';
import { bySlot, ownedBy, sound } from '../../../domain/analysis/valid-blocks.ts';
import type { Finding } from '../../../domain/analysis/verdict.ts';
import { block, daily, DAY, draft, fixedPlan, metricPolicy, pairedSums, rateSums, series, START, withCode } from '../../support/analysis-arbitraries.ts';

const plan = fixedPlan();
const accuracy = plan.metrics[0]!;
const errors = plan.metrics.find(({ name }) => name === 'errors')!;
const day = (n: number): number => (START + n * DAY) / accuracy.tauMs;
const finding = (of: Partial<Finding> = {}): Finding => ({
  metric: 'accuracy', role: 'required', state: 'undecided', estimate: 0.1, lower: -0.1, upper: 0.2, lowerFull: null, alpha: 0.05, margin: 0, championMean: 0.5, challengerMean: 0.6,
  blocks: 30, shortBlocks: 0, requests: 1_000, coverage: 1, lossBound: 0.5, worstBlock: -0.1, projectedBlocks: null, ...of,
});

describe('what cannot be is refused by name', () => {
  test('a metric that is not planned', () => {
    expect(() => metricPlan(plan, 'recall')).toThrow(withCode('LM_INVARIANT'));
    expect(() => metricPlan(plan, 'recall')).toThrow(/The analysis plan of dep_1\/1 has no metric "recall"; it has accuracy, errors, /);
    expect(metricPlan(plan, 'errors')).toBe(errors);
  });
  test('evidence of another rollout, or of another tenant', () => {
    expect(() => { ownedBy(plan, { tenantId: plan.tenantId, rolloutId: 'dep_1/2' }); }).toThrow(/Evidence of rollout dep_1\/2 was handed to the judge of dep_1\/1\./);
    expect(() => { ownedBy(plan, { tenantId: 'other', rolloutId: plan.rolloutId }); }).toThrow(withCode('LM_INVARIANT'));
  });
  test('outcomes where counts are planned', () => {
    expect(() => totalOf('paired', [])).toThrow(withCode('LM_INVARIANT'));
    expect(() => totalOf('paired', [])).toThrow('Blocks of outcomes were read where those of a rate or of the split are planned.');
    expect([totalOf('rate', []).kind, totalOf('share', []).kind]).toEqual(['rate', 'share']);
  });
  test('a closed page that lacks a block of its own span', () => {
    const slot = Math.floor(START / errors.tauMs);
    const page = pageFrom([block(plan, 'errors', slot, rateSums({ n: 5, bad: 0 }))]);
    expect(() => validEvidence(plan, { pages: [page], blocks: [block(plan, 'errors', slot + 1, rateSums({ n: 5, bad: 0 }))] })).toThrow(/^Page \d+ of errors, rollout dep_1\/1, lacks its block \d+\.$/);
    expect(validEvidence(plan, { pages: [page], blocks: [block(plan, 'errors', slot, rateSums({ n: 5, bad: 0 }))] }).paged.get('errors')).toEqual([page]);
  });
  test('a field of nobody', () => {
    expect(() => judgeField({ plan: { ...plan, field: ['var_a', 'var_b'] }, evidence: evidenceOf([]), progress: null, value: null, rulingMs: START, atMs: 1, n: 1 }, [])).toThrow('Nobody is left in the field.');
  });
});

describe('sums', () => {
  test('roles are added up each by itself, cells by share in the order of shares', () => {
    const one = rateSums({ n: 3, bad: 1 }, { champion: { n: 10, bad: 2 }, challengerServing: { n: 4, bad: 3 }, championShadow: { n: 7, bad: 5 } });
    expect(totalRate([one, one, rateSums({ n: 1, bad: 1 })])).toEqual({ kind: 'rate', champion: { n: 20 + rateSums({ n: 1, bad: 1 }).champion.n, bad: 4 + rateSums({ n: 1, bad: 1 }).champion.bad }, challengerServing: { n: 8, bad: 6 }, challengerShadow: { n: 7, bad: 3 }, championShadow: { n: 14, bad: 10 } });
    const cell = (challengerPer10k: number, challenger: number, total: number) => ({ challengerPer10k, challenger, total });
    expect(totalShare([{ kind: 'share', cells: [cell(5_000, 40, 90), cell(100, 1, 80)] }, { kind: 'share', cells: [cell(1_000, 5, 50), cell(100, 2, 70)] }])).toEqual({ kind: 'share', cells: [cell(100, 3, 150), cell(1_000, 5, 50), cell(5_000, 40, 90)] });
  });
  test('of blocks of one slot the first counts, and slots come in the order of time', () => {
    const [early, late, again] = [block(plan, 'accuracy', 7, pairedSums(0.1)), block(plan, 'accuracy', 9, pairedSums(0.2)), block(plan, 'accuracy', 7, pairedSums(0.9))];
    expect(bySlot([late, early, again]).get('accuracy')).toEqual([early, late]);
  });
  test('counts that cannot be prove nothing', () => {
    const share = (challenger: number, total: number) => sound(block(plan, 'share', 1, { kind: 'share', cells: [{ challengerPer10k: 100, challenger: 1, total: 9 }, { challengerPer10k: 200, challenger, total }] })).state;
    expect([share(3, 9), share(9, 9), share(10, 9), share(-1, 9), share(Number.NaN, 9), share(0, Number.NaN)]).toEqual(['sealed', 'sealed', 'short', 'short', 'short', 'short']);
    const paired = (more: object) => sound(block(plan, 'accuracy', 1, pairedSums(0.1, more))).state;
    expect([paired({}), paired({ n: 50, pairs: 50 }), paired({ n: 51, pairs: 50 }), paired({ n: -1 }), paired({ m2: Number.NaN }), paired({ weight: Infinity }), paired({ labelled: -2 })]).toEqual(['sealed', 'sealed', 'short', 'short', 'short', 'short', 'short']);
    const rate = (n: number, bad: number) => sound(block(plan, 'errors', 1, rateSums({ n, bad }))).state;
    expect([rate(4, 4), rate(4, 5), rate(4, -1)]).toEqual(['sealed', 'short', 'short']);
  });
});

describe('cycles', () => {
  test('come in the order of time, whatever that of their blocks, and only whole', () => {
    const perCycle = plan.cycleMs / accuracy.tauMs;
    const slots = Array.from({ length: 2 * perCycle + 1 }, (_, i) => block(plan, 'accuracy', day(3) + i, pairedSums(i / 100)));
    const cycles = wholeCycles(plan, accuracy, slots, START);
    expect(cycles.map(({ fromMs, toMs, state }) => [fromMs, toMs, state])).toEqual([[START + 3 * DAY, START + 4 * DAY, 'judged'], [START + 4 * DAY, START + 5 * DAY, 'judged']]);
    const swapped = [...slots.slice(perCycle, 2 * perCycle), ...slots.slice(0, perCycle), slots.at(-1)!];
    expect(wholeCycles(plan, accuracy, swapped, START)).toEqual(cycles);
    expect(wholeCycles(plan, accuracy, slots, START + 4 * DAY).map(({ fromMs }) => fromMs)).toEqual([START + 4 * DAY]);
    expect(wholeCycles(plan, accuracy, [], START)).toEqual([]);
  });
  test('blocks join runs of slots in order; a run without a difference is no observation', () => {
    const at = (slot: number, mean: number, n = 50) => block(plan, 'accuracy', slot, pairedSums(mean, { n, pairs: 50 }));
    expect(joined([at(5, 0.4), at(4, 0.2), at(0, 0.1), at(1, 0.3), at(2, 0, 0), at(3, 0, 0)], 2)).toEqual([{ n: 100, mean: expect.closeTo(0.2, 12) as number }, { n: 100, mean: expect.closeTo(0.3, 12) as number }]);
    const empty = wholeCycles(plan, accuracy, Array.from({ length: plan.cycleMs / accuracy.tauMs }, (_, i) => at(day(2) + i, 0, 0)), START);
    expect(empty).toMatchObject([{ state: 'empty', blocks: [] }]);
  });
});

describe('a paired metric', () => {
  test('cycles without a request are no reason to think that outcomes lack', () => {
    const short = daily(plan, 'accuracy', [0.1]).map((one) => ({ ...one, state: 'short' as const }));
    const good = daily(plan, 'accuracy', [0.1, 0.1, 0.1, 0.1]).slice(4).map((one) => ({ ...one }));
    const state = (blocks: Parameters<typeof comparePaired>[2]) => comparePaired(plan, accuracy, blocks).finding.state;
    // One of four is as much as is allowed; an empty one does not make it one of five, nor does it count itself.
    expect(state([...short, ...good])).not.toBe('short-coverage');
    expect(state([...short, ...good.slice(0, 8)])).toBe('short-coverage');
    const idle = good.slice(8).map((one) => ({ ...one, sums: pairedSums(0, { n: 0, pairs: 0, needed: 0, labelled: 0 }) }));
    expect(state([...short, ...good.slice(0, 8), ...idle])).toBe('short-coverage');
  });
  test('a draft judges nothing, however plain it is', () => {
    const of = draft();
    const { finding: found } = comparePaired(of, of.metrics[0]!, series(of, 'accuracy', Array.from({ length: 200 }, () => -0.9)));
    expect(found).toMatchObject({ state: 'no-data', blocks: 0, requests: 0, estimate: null, lossBound: null, worstBlock: null, projectedBlocks: null });
  });
});

describe('a rate', () => {
  const find = (sums: Parameters<typeof rateSums>, serving: boolean) => compareRate(plan, errors, [pageFrom([block(plan, 'errors', Math.floor(START / errors.tauMs), rateSums(...sums))])], serving);
  test('of two roles that are both open the one with the higher bound is told', () => {
    const [rare, frequent] = [{ n: 200, bad: 0 }, { n: 200, bad: 1 }];
    expect(find([rare, { challengerServing: frequent }], true)).toMatchObject({ state: 'undecided', estimate: 0.005, requests: 400 });
    expect(find([frequent, { challengerServing: rare }], true)).toMatchObject({ state: 'undecided', requests: 400 });
    expect(find([rare, { challengerServing: { n: 0, bad: 0 } }], true)).toMatchObject({ state: 'no-data', estimate: null, lower: null, upper: null, requests: 200 });
    expect(find([rare, {}], true).requests).toBe(200);
    expect(find([{ n: 0, bad: 0 }, { challengerServing: rare }], false)).toMatchObject({ state: 'no-data', requests: 200 });
  });
  test('the champion is told by the worse of what it did for callers and for copies', () => {
    expect(find([{ n: 100, bad: 0 }, { champion: { n: 100, bad: 2 }, championShadow: { n: 100, bad: 7 } }], false).championMean).toBe(0.07);
    expect(find([{ n: 100, bad: 0 }, { champion: { n: 0, bad: 0 }, championShadow: { n: 0, bad: 0 } }], false).championMean).toBeNull();
  });
  test.each([[0.01, 0.05], [0.05, 0.05], [0.2, 0.01], [0.5, 0.5], [1, 0.05]])('a margin of %d at %d: the least number of clean requests that proves it', (margin, alpha) => {
    const n = cleanRequestsToPass(margin, alpha);
    const upper = (of: number): number => rateInterval({ n: of, bad: 0 }, alpha, Math.min(Math.max(2 / margin, 20), 20_000)).upper;
    expect(upper(n)).toBeLessThanOrEqual(margin);
    expect(n === 1 || upper(n - 1) > margin).toBe(true);
  });
});

describe('a decision', () => {
  const of = (more: Partial<Case> = {}): Case => ({ plan, findings: [finding()], external: [], segments: [], cycles: 30, cyclesSeen: 30, futile: [], logShareEvidence: -Infinity, rulingMs: START, idle: false, ...more });
  const code = (more: Partial<Case>): string => { const { kind, reasons } = decide(of(more)); return `${kind} ${reasons.map((reason) => reason.code).join(' ')}`; };
  const segment = { metric: 'accuracy', segment: 'eu', state: 'no-data', estimate: null, lower: null, upper: null, margin: 0.1, blocks: 0, requests: 0, logEWorse: null } as const;
  test('says what lacks; where nothing does, that nothing was judged', () => {
    expect(decide(of({ findings: [] }))).toEqual({ kind: 'collecting', reasons: [{ code: 'no-data', metric: null, text: 'Nothing has been judged yet.' }] });
    expect(code({})).toBe('collecting not-enough-evidence');
    expect(code({ findings: [finding({ state: 'pass' }), finding({ metric: 'errors', role: 'guardrail' })] })).toBe('collecting not-enough-evidence');
  });
  test('a segment without data holds a plan that is fixed, and no draft', () => {
    expect(code({ segments: [segment], findings: [finding({ state: 'pass' })] })).toBe('collecting no-data');
    expect(code({ segments: [{ ...segment, state: 'open' }], findings: [finding({ state: 'pass' })] })).toMatch(/^promote/);
    const pilot = decide(of({ plan: draft(), segments: [segment], findings: [finding({ state: 'no-data' })] }));
    expect(pilot.reasons.map((reason) => reason.code)).toEqual(['pilot']);
  });
  test('limits are limits: a mismatch of a thousand to one holds only beyond it, the horizon ends only after it', () => {
    const proved = [finding({ state: 'pass' })];
    expect(code({ findings: proved, logShareEvidence: Math.log(1_000) })).toMatch(/^promote/);
    expect(code({ findings: proved, logShareEvidence: Math.log(1_001) })).toBe('collecting share-mismatch');
    expect(code({ rulingMs: plan.startedMs + plan.horizonMs })).toBe('collecting not-enough-evidence');
    expect(code({ rulingMs: plan.startedMs + plan.horizonMs + 1 })).toBe('inconclusive horizon');
    expect(code({ cycles: plan.minCycles, findings: proved })).toMatch(/^promote/);
    expect(code({ cycles: plan.minCycles - 1, findings: proved })).toBe('collecting min-cycles');
    const short = [finding({ state: 'short-coverage' })];
    expect([code({ findings: short, cyclesSeen: 3 }), code({ findings: short, cyclesSeen: 4 })]).toEqual(['collecting coverage', 'inconclusive not-judged coverage']);
    expect(code({ futile: ['accuracy'] })).toBe('inconclusive futile');
    expect(code({ idle: true })).toBe('inconclusive idle');
  });
  test('harm by a number of another system is a guardrail, or a requirement that is not met', () => {
    const external = { metric: 'p99', state: 'fail', compare: 'challenger', better: 'lower', limit: 2, good: 0, failed: 3, inconclusive: 0, inconclusiveInARow: 0, count: 5, failureLimit: 0, inconclusiveLimit: null, value: 3, why: null, measuredAtMs: 1, lastFailedValue: 3, toSlot: 1 } as const;
    const codes = (role: Case['external'][number]['role']) => decide(of({ external: [{ ...external, role }] })).reasons.map((reason) => reason.code);
    expect([codes('guardrail'), codes('required')]).toEqual([['guardrail'], ['requirement']]);
  });
});

describe('thresholds', () => {
  test('under better only the primary metric must gain, under no-worse none', () => {
    const two = fixedPlan({ metrics: [metricPolicy('accuracy', { margin: 0.03 }), metricPolicy('brier', { margin: 0.02 })] });
    const of = (which: AnalysisPlan) => which.metrics.slice(0, 2).map((metric) => thresholds(which, metric));
    expect(of(two)).toEqual([{ pass: 0, fail: 0 }, { pass: -0.02, fail: -0.02 }]);
    expect(of({ ...two, goal: 'no-worse' })).toEqual([{ pass: -0.03, fail: -0.03 }, { pass: -0.02, fail: -0.02 }]);
    expect(thresholds({ ...two, metrics: [] }, two.metrics[0]!)).toEqual({ pass: -0.03, fail: -0.03 });
  });
  test('tests for harm share one alpha, and all segments are one more', () => {
    const size = plan.metrics.length;
    const { harmAlpha: told, ...own } = plan;
    expect(told).toBeGreaterThan(0);
    const [paired, rate] = [own.metrics[0]!, own.metrics.find(({ kind }) => kind === 'rate')!];
    expect(harmAlpha(own as AnalysisPlan, { ...paired, alpha: 0.05 })).toBeCloseTo(0.05 / size, 15);
    expect(harmAlpha(own as AnalysisPlan, { ...rate, alpha: 0.05 })).toBeCloseTo(0.05 / size / 2, 15);
    expect(harmAlpha({ ...own, harmAlpha: 0.01 }, paired)).toBeCloseTo(0.01 / size, 15);
    expect(familyHarmAlpha({ ...own, harmAlpha: 0.01 })).toBeCloseTo(0.01 / size, 15);
    expect(familyHarmAlpha({ ...own, harmAlpha: 0.01, segments: { path: 'eu', values: [], metrics: [] } as unknown as NonNullable<AnalysisPlan['segments']> })).toBeCloseTo(0.01 / (size + 1), 15);
    expect(familyHarmAlpha({ ...own, metrics: own.metrics.map((metric) => ({ ...metric, alpha: 0.04 })) })).toBeCloseTo(0.04 / size, 15);
  });
});

describe('outcomes taken at random', () => {
  const sampling = { least: 0.1 } as NonNullable<AnalysisPlan['sampling']>;
  const of = (weight: number, needed = 1_000, coverage = 0.95): boolean => isAccountedFor({ needed, seen: 100, weight }, { ...plan, sampling, coverage });
  test('are believed within four deviations and what coverage allows to be lost', () => {
    const room = 4 * Math.sqrt(1_000 * 0.9 / 0.1) + 0.05 * 1_000;
    expect([of(1_000 - room + 1), of(1_000 - room - 1), of(1_000 + room - 1), of(1_000 + room + 1)]).toEqual([true, false, true, false]);
    const strict = 4 * Math.sqrt(1_000 * 0.9 / 0.1);
    expect([of(1_000 - strict + 1, 1_000, 1), of(1_000 - strict - 1, 1_000, 1)]).toEqual([true, false]);
    const { sampling: none, ...all } = { ...plan, sampling };
    expect(none).toBe(sampling);
    expect(isAccountedFor({ needed: 1_000, seen: 0, weight: 0 }, all)).toBe(true);
  });
  test('few say nothing, unless none was needed', () => {
    expect([[0, 0], [5, 0], [5, 19], [5, 20]].map(([needed, seen]) => areEnough({ needed: needed!, seen: seen!, weight: 0 }))).toEqual([true, false, false, true]);
    expect(sampledOutcomes([pairedSums(0.1, { needed: 10, labelled: 4, weight: 9 }), pairedSums(0.1, { needed: 3, labelled: 2 })])).toEqual({ needed: 13, seen: 6, weight: 9 });
  });
});

describe('what is left to prove', () => {
  const outlook = (more: Partial<Outlook> = {}): Outlook => ({ engine: 'strict', metric: { ...accuracy, lossBound: 0.3, proof: 'given-loss-bound' }, means: Array.from({ length: 20 }, (_, i) => 0.05 + 0.02 * ((i % 3) - 1)), threshold: 0, ...more });
  test('nothing is foretold from nothing, and nothing of what is no gain', () => {
    expect(projectedBlocks(outlook({ means: [] }))).toBeNull();
    expect(projectedBlocks(outlook({ means: outlook().means.map((mean) => -mean) }))).toBeNull();
    expect(projectedBlocks(outlook({ threshold: 0.05 }))).toBeNull();
    expect(projectedBlocks(outlook({ threshold: -1 }))).toBe(0);
    expect(isFutile(outlook({ means: [] }), 1, 10)).toBe(false);
  });
  test('as many blocks as the forecast says give the proof, and one fewer does not', () => {
    const at = outlook();
    const more = projectedBlocks(at)!;
    expect(more).toBeGreaterThan(0);
    const mean = at.means.reduce((a, b) => a + b) / 20;
    expect([isFutile(at, mean, more), isFutile(at, mean, more - 1)]).toEqual([false, true]);
    expect(isFutile(at, mean, -5)).toBe(true);
    // Half of alpha and the room below the loss bound: a proof in full takes longer.
    const full = projectedBlocks(outlook({ metric: { ...at.metric, proof: 'full' } }))!;
    expect(full).toBeGreaterThan(more);
    expect(projectedBlocks(outlook({ metric: { ...at.metric, proof: 'full', lossBound: -at.metric.range.lo } }))).toBe(projectedBlocks(outlook({ metric: { ...at.metric, lossBound: -at.metric.range.lo } })));
  });
});

describe('callers before outcomes', () => {
  const of = fixedPlan({ metrics: [metricPolicy('accuracy')], rollout: { provisional: { minCycles: 3 } } });
  const may = (findings: readonly Finding[], more: Partial<Parameters<typeof mayServeProvisionally>[1]> = {}, which: AnalysisPlan = of) => mayServeProvisionally(which, { findings, external: [], logShareEvidence: -Infinity, cycles: 3, ...more });
  const health = finding({ metric: 'errors', role: 'guardrail', state: 'pass' });
  test('need all that can be known without outcomes, and a split as promised', () => {
    expect(may([finding(), health])).toBe(true);
    expect(may([finding({ state: 'fail' }), health])).toBe(false);
    expect(may([finding(), { ...health, state: 'undecided' }])).toBe(false);
    expect(may([finding(), health], { cycles: 2 })).toBe(false);
    expect([may([health], { logShareEvidence: Math.log(1_000) }), may([health], { logShareEvidence: Math.log(1_001) }), may([health], { logShareEvidence: 99 }, { ...of, splitBy: 'key' })]).toEqual([true, false, true]);
    const external = (state: string) => [{ state }] as unknown as Parameters<typeof mayServeProvisionally>[1]['external'];
    expect([may([health], { external: external('pass') }), may([health], { external: external('undecided') })]).toEqual([true, false]);
  });
});

describe('what is not measured', () => {
  const told = (which: AnalysisPlan, found: readonly Finding[] = [], drops: number | null = null) => notMeasured(which, { findings: found }, drops).join('\n');
  const progress = (pairs: number, drops: Record<string, number>) => ({ pairs, drops }) as unknown as Parameters<typeof dropRatio>[0];
  test('copies that were due and lost; those that were not due are none', () => {
    expect(dropRatio(null)).toBeNull();
    expect(dropRatio(progress(0, { 'sampled-out': 9 }))).toBeNull();
    expect([dropRatio(progress(0, { capacity: 3 })), dropRatio(progress(10, {})), dropRatio(progress(30, { capacity: 6, deadline: 4, 'sampled-out': 50 }))]).toEqual([1, 0, 0.25]);
    expect(told(plan, [], 0)).not.toContain('under load');
    expect(told(plan, [], 0.25)).toContain('requests under load: 25 % of the copies');
  });
  test('losses beyond the bound, while none was seen, by whom it was learnt', () => {
    const given: AnalysisPlan = { ...plan, engine: 'strict', metrics: [{ ...accuracy, proof: 'given-loss-bound' }] };
    const bound = finding({ blocks: 60, lossBound: 0.5 });
    expect(told(given, [bound])).toContain('accuracy: blocks that lose more than 0.5; none was seen, but up to 5 % of blocks could be such');
    for (const none of [finding({ blocks: 0 }), finding({ blocks: 60, lossBound: null }), finding({ blocks: 60, lossBound: 1 })]) expect(told(given, [none])).not.toContain('blocks that lose more');
    expect(told({ ...given, metrics: [{ ...accuracy, proof: 'full' }] }, [bound])).not.toContain('blocks that lose more');
    const learnt = (ids: readonly string[]): AnalysisPlan => ({ ...given, learntFrom: ids, metrics: [{ ...accuracy, proof: 'given-loss-bound', plannedFrom: 'earlier-rollout' }] });
    expect(told(given, [bound])).not.toContain('learnt');
    expect(told(learnt(['dep_1/7']), [bound])).toContain('accuracy: that bound was learnt from rollout 7, whose challengers were other versions');
    expect(told(learnt(['dep_1/9', 'dep_1/7', 'dep_1/4']), [bound])).toContain('that bound was learnt from rollouts 4, 7 and 9, whose');
  });
  test('a segment of which harm of the margin is not excluded', () => {
    const segments = (lower: number | null, state = 'open', segment: string | null = 'eu') => notMeasured(plan, { findings: [], segments: [{ metric: 'accuracy', segment, state, estimate: 0, lower, upper: 0.1, margin: 0.1, blocks: 3, requests: 9, logEWorse: null }] as never }, null).join('\n');
    expect(segments(-0.2)).toContain('accuracy for eu: harm was not found there, and being worse by less than 0.2 is not excluded (its margin is 0.1)');
    expect(segments(-0.1)).toContain('accuracy for eu');
    expect(segments(-0.2, 'open', null)).toContain('accuracy for all');
    for (const quiet of [segments(-0.05), segments(null), segments(-0.2, 'worse')]) expect(quiet).not.toContain('accuracy for');
  });
});
