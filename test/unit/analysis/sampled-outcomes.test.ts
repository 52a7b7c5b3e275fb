import type { MicroBlock, PairedSums } from '../../../domain/analysis/blocks.ts';
import { blockLine } from '../../../domain/analysis/block-line.ts';
import { draftPlan, planProblems } from '../../../domain/analysis/drafting.ts';
import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { foldMetric } from '../../../domain/analysis/fold.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import { fixPlan } from '../../../domain/analysis/planning.ts';
import type { Verdict } from '../../../domain/analysis/verdict.ts';
import type { Label } from '../../../domain/record.ts';
import { uniforms } from '../../../domain/analysis/stats/seeded-random.ts';
import { BINARY, block, CONFUSION, DAY, draftInput, healthy, label, leg, metricPolicy, pairedSums, scores, specOf, START } from '../../support/analysis-arbitraries.ts';

const LEAST = 0.1;
const LABELS = { delayMs: DAY, maturityMs: DAY, coverage: 0.95, graceMs: DAY / 10, clock: 'event', sampling: { least: LEAST } } as const;
function planOf(metrics = [metricPolicy('accuracy')]): AnalysisPlan { return fixPlan(draftPlan({ ...draftInput(), spec: specOf({ metrics, labels: LABELS, rollout: { pilotCycles: 0 } }) }), [])!; }
const plan = planOf();

/** Outcomes are taken more often where the challenger says positive: not at random at all, but with known chances. */
function drawn(n: number, seed: number): { sums: PairedSums; truth: number; naive: number } {
  const u = uniforms(seed);
  const requests = Array.from({ length: n }, (_, i) => {
    const outcome = Number(u() < 0.3);
    const [champion, challenger] = [u() < 0.75 ? outcome : 1 - outcome, u() < 0.8 ? outcome : 1 - outcome];
    const propensity = challenger === 1 ? 0.9 : 0.1;
    return { id: `inf_${String(i).padStart(5, '0')}`, outcome, champion, challenger, propensity, seen: u() < propensity };
  });
  const d = requests.map(({ outcome, champion, challenger }) => Number(challenger === outcome) - Number(champion === outcome));
  const legs = requests.flatMap(({ id, champion, challenger }) => [leg(id, 'champion', scores(champion)), leg(id, 'challenger', scores(challenger))]);
  const labels = requests.filter(({ seen }) => seen).map(({ id, outcome, propensity }) => label(id, outcome, { propensity }));
  const sums = foldMetric({ metric: 'accuracy', plan, contract: BINARY, value: null, legs, labels }) as PairedSums;
  const seen = requests.flatMap((request, i) => (request.seen && request.champion !== request.challenger ? [d[i]!] : request.champion === request.challenger ? [0] : []));
  return { sums, truth: d.reduce((a, b) => a + b) / n, naive: seen.reduce((a, b) => a + b, 0) / seen.length };
}

test('the mean is that of all requests though outcomes are missing by the answer itself; leaving the unseen out is not', () => {
  const runs = Array.from({ length: 40 }, (_, i) => drawn(2_000, i + 1));
  const average = (of: (run: (typeof runs)[number]) => number): number => runs.reduce((sum, run) => sum + of(run), 0) / runs.length;
  expect(Math.abs(average(({ sums, truth }) => sums.mean - truth))).toBeLessThan(0.01);
  expect(Math.abs(average(({ naive, truth }) => naive - truth))).toBeGreaterThan(0.05);
  expect(Math.abs(average(({ sums }) => sums.weight! / sums.needed) - 1)).toBeLessThan(0.05);
  // What each version is worth is by all requests too.
  expect(average(({ sums }) => sums.championMean)).toBeCloseTo(0.75, 1);
  expect(average(({ sums }) => sums.challengerMean)).toBeCloseTo(0.8, 1);
});

test('what needs no outcome counts as ever, and a label without its chance, or with one below the least, is none', () => {
  const fold = (labels: readonly Label[]): PairedSums => foldMetric({
    metric: 'accuracy', plan, contract: BINARY, value: null, labels,
    legs: [leg('inf_1', 'champion', scores(0.1)), leg('inf_1', 'challenger', scores(0.9)), leg('inf_2', 'champion', scores(0.9)), leg('inf_2', 'challenger', scores(0.8)), leg('inf_3', 'champion', scores(0.9)), leg('inf_3', 'challenger', { error: 'timeout', status: 0, predictions: [] })],
  }) as PairedSums;
  expect(fold([label('inf_1', 1, { propensity: 0.25 })])).toMatchObject({ n: 3, pairs: 3, needed: 1, labelled: 1, weight: 4, min: -1, max: 4, mean: 1 });
  for (const unsound of [label('inf_1', 1), label('inf_1', 1, { propensity: 0.05 }), label('inf_1', 1, { propensity: NaN })]) expect(fold([unsound])).toMatchObject({ n: 3, needed: 1, labelled: 0, weight: 0, mean: -1 / 3 });
});

test('the range is that of one rare outcome, metrics of a slot are refused, and the weight is in the evidence', () => {
  expect(plan).toMatchObject({ sampling: { least: LEAST }, metrics: [{ name: 'accuracy', range: { lo: -10, hi: 10 }, lossBound: 10 }, {}, {}, {}] });
  expect(planProblems(specOf({ labels: LABELS, metrics: [metricPolicy('auc')] }), BINARY)).toEqual(['metrics[auc] needs every outcome, and labels.sampling takes some; judge by accuracy, brier, an error or value']);
  expect(planProblems(specOf({ labels: LABELS, metrics: [metricPolicy('accuracy', { margin: 1 })] }), BINARY)[0]).toMatch(/could be worse by more than 1:/);
  expect(planProblems(specOf({ labels: LABELS, metrics: [metricPolicy('accuracy'), metricPolicy('latency-p95', { role: 'guardrail', margin: 20 })] }), BINARY)).toEqual([]);
  const one = block(plan, 'accuracy', 1, pairedSums(0.1, { weight: 12.5 }));
  expect(blockLine(one)).toMatch(/ 12\.5\n$/);
  expect(blockLine({ ...one, sums: pairedSums(0.1) })).not.toMatch(/12\.5/);
});

describe('judged', () => {
  const days = (mean: number, of: Partial<PairedSums>, n = 60): MicroBlock[] => Array.from({ length: n * 4 }, (_, i) => block(plan, 'accuracy', plan.evidenceFromMs! / (DAY / 4) + i, pairedSums(mean, { needed: 20, ...of })));
  const ask = (blocks: readonly MicroBlock[]): Verdict => judge({ plan, evidence: evidenceOf([...blocks, ...healthy(plan)]), progress: null, value: CONFUSION, rulingMs: START + 70 * DAY, atMs: 1, n: 1 });

  test('a gain is proved by a fifth of the outcomes, and the verdict says what it rests on', () => {
    const verdict = ask(days(3, { labelled: 4, weight: 20 }));
    expect(verdict.kind).toBe('promote');
    expect(verdict.findings[0]).toMatchObject({ coverage: 1, sampled: { needed: 4_800, seen: 960, weight: 4_800 } });
    expect(verdict.notMeasured.join()).toMatch(/accuracy: outcomes of 960 of 4800 requests were taken, at random; that their chances are what was said is assumed/);
  });
  test.each([['lost', { labelled: 2, weight: 10 }], ['said to be rarer than they are', { labelled: 10, weight: 40 }], ['none at all', { labelled: 0, weight: 0 }]])('outcomes that were %s are not judged, neither as gain nor as harm', (_, of) => {
    for (const mean of [3, -3, 0]) {
      const verdict = ask(days(mean, of));
      expect(verdict).toMatchObject({ kind: 'inconclusive', reasons: [{ code: 'not-judged', text: expect.stringContaining('outcomes were lost, or taken with other chances than was said') as string }, {}] });
    }
  });
  test('fewer than twenty outcomes never pass, however quiet the rest is', () => {
    const quiet = { ...plan, goal: 'no-worse' as const, metrics: plan.metrics.map((metric) => (metric.name === 'accuracy' ? { ...metric, margin: 0.5, lossBound: 1 } : metric)) };
    const few = (labelled: number): Verdict => judge({ plan: quiet, evidence: evidenceOf([...days(0, { needed: 0, labelled: 0, weight: 0 }), ...healthy(quiet)].map((each, i) => (i === 0 ? { ...each, sums: pairedSums(0, { needed: labelled * 10, labelled, weight: labelled * 10 }) } : each))), progress: null, value: CONFUSION, rulingMs: START + 70 * DAY, atMs: 1, n: 1 });
    expect([few(19).kind, few(20).kind]).toEqual(['collecting', 'promote']);
  });
});
