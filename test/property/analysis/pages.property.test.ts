import fc from 'fast-check';
import type { MicroBlock, RateSums, ShareSums } from '../../../domain/analysis/blocks.ts';
import { blocksIn, closedPage, outsidePages } from '../../../domain/analysis/closed-page.ts';
import { evidenceOf, type Evidence } from '../../../domain/analysis/evidence.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import { cyclesIn, pageFrom, pageOf, spanOf } from '../../../domain/analysis/pages.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import type { Verdict } from '../../../domain/analysis/verdict.ts';
import { block, daily, DAY, fixedPlan, metricPolicy, ROLLOUT, START, withCode } from '../../support/analysis-arbitraries.ts';

const HOUR = 3_600_000;
const count = fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 100 })).map(([n, percent]) => ({ n, bad: Math.floor((n * percent * percent) / 10_000) }));
const rate = fc.record<RateSums>({ kind: fc.constant('rate'), champion: count, challengerServing: count, challengerShadow: count, championShadow: count });
const share = fc.array(fc.record({ challengerPer10k: fc.constantFrom(0, 500, 2_500, 10_000), challenger: fc.nat({ max: 40 }), total: fc.constant(40) }), { maxLength: 3 })
  .map((cells): ShareSums => ({ kind: 'share', cells: [...new Map(cells.map((cell) => [cell.challengerPer10k, cell])).values()].sort((a, b) => a.challengerPer10k - b.challengerPer10k) }));
/** Now and then what no collector folds: it must stand as short whether it is in a page or not. */
const unsound = fc.constantFrom<RateSums>(
  { kind: 'rate', champion: { n: Number.NaN, bad: 0 }, challengerServing: { n: 1, bad: 2 }, challengerShadow: { n: 9, bad: 0 }, championShadow: { n: 0, bad: 0 } },
  { kind: 'rate', champion: { n: Infinity, bad: -0 }, challengerServing: { n: 0, bad: 0 }, challengerShadow: { n: 0.5, bad: -1 }, championShadow: { n: 0, bad: 0 } },
);

/** Blocks of all rates and of the split over a week, dense and sparse, under plans whose cycles do not lie where pages do. */
const settings = fc.record({
  goal: fc.constantFrom('healthy' as const, 'better' as const), cycleMs: fc.constantFrom(HOUR, 5 * HOUR, DAY), startedAtMs: fc.nat({ max: DAY }).map((ms) => START + ms),
  slots: fc.array(fc.record({ from: fc.nat({ max: 10_000 }), length: fc.integer({ min: 1, max: 300 }) }), { minLength: 1, maxLength: 3 }),
  rates: fc.array(fc.oneof({ weight: 30, arbitrary: rate }, { weight: 1, arbitrary: unsound }), { minLength: 1, maxLength: 30 }), shares: fc.array(share, { minLength: 1, maxLength: 12 }),
  days: fc.nat({ max: 6 }), closed: fc.array(fc.boolean(), { minLength: 1, maxLength: 11 }), left: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
});
type Case = typeof settings extends fc.Arbitrary<infer T> ? T : never;

function planOf({ goal, cycleMs, startedAtMs }: Case): AnalysisPlan {
  const healthy = goal === 'healthy';
  const plan = fixedPlan({ metrics: healthy ? [metricPolicy('disagreement', { role: 'guardrail', margin: 0.3 })] : [metricPolicy('accuracy')], rollout: { goal, cycleMs: healthy ? cycleMs : DAY, horizonMs: 30 * DAY }, ...(healthy ? { labels: null } : {}) });
  return { ...plan, startedAtMs };
}

function blocksOf(plan: AnalysisPlan, { slots, rates, shares, days, goal }: Case): readonly MicroBlock[] {
  const tauMs = plan.metrics.find(({ kind }) => kind === 'rate')!.tauMs;
  const all = [...new Set(slots.flatMap(({ from, length }) => Array.from({ length }, (_, i) => Math.floor(START / tauMs) + from + i)))];
  const health = plan.metrics.filter(({ kind }) => kind === 'rate').flatMap(({ name }, m) => all.map((slot) => block(plan, name, slot, rates[(slot + m) % rates.length]!)));
  const split = all.map((slot) => block(plan, 'share', slot, shares[slot % shares.length]!));
  return [...health, ...split, ...(goal === 'better' ? daily(plan, 'accuracy', Array.from({ length: days }, (_, i) => 0.02 * i)) : [])];
}

/** Some pages closed, of some of these the blocks not removed yet. */
function paged(blocks: readonly MicroBlock[], { closed, left }: Case): Evidence {
  const pages = new Map<string, MicroBlock[]>();
  for (const one of blocks.filter(({ sums }) => sums.kind !== 'paired')) pages.set(`${one.metric} ${pageOf(one.slot)}`, [...pages.get(`${one.metric} ${pageOf(one.slot)}`) ?? [], one]);
  const chosen = [...pages.values()].filter((_, i) => closed[i % closed.length]!).map((of) => pageFrom(of));
  const outside = new Set(outsidePages(chosen, blocks));
  return { pages: [...chosen].reverse(), blocks: blocks.filter((one, i) => outside.has(one) || left[i % left.length]!) };
}

const ask = (plan: AnalysisPlan, evidence: Evidence): Verdict => judge({ plan, evidence, progress: null, value: null, rulingMs: START + 9 * DAY, atMs: 1, n: 1 });

test('however far paging has got, the verdict is the same to the last digit, with the same hash', () => {
  fc.assert(fc.property(settings, (of) => {
    const plan = planOf(of);
    const blocks = blocksOf(plan, of);
    const verdict = ask(plan, evidenceOf(blocks));
    expect(ask(plan, paged(blocks, of))).toEqual(verdict);
    expect(ask(plan, paged(blocks, { ...of, closed: [true], left: [false] }))).toEqual(verdict);
    expect(verdict.evidenceHash).not.toBeNull();
  }), { seed: 41, numRuns: 40 });
});

test('the arbitrary reaches verdicts of more than one kind, cycles, and shorts: the comparison above can fail', () => {
  const seen = fc.sample(settings, { seed: 41, numRuns: 40 }).map((of) => ask(planOf(of), evidenceOf(blocksOf(planOf(of), of))));
  expect(new Set(seen.map(({ kind }) => kind)).size).toBeGreaterThan(1);
  expect(new Set(seen.map(({ cycles }) => cycles)).size).toBeGreaterThan(4);
  expect(seen.some(({ findings }) => findings.some(({ shortBlocks, blocks }) => shortBlocks > 0 && blocks > 0))).toBe(true);
});

test('one count more in one block of a page is another hash', () => {
  fc.assert(fc.property(settings, fc.nat(), (of, pick) => {
    const plan = planOf(of);
    const blocks = blocksOf(plan, of).filter(({ sums }) => sums.kind === 'rate');
    const changed = blocks.map((one, i) => (i === pick % blocks.length && one.sums.kind === 'rate' ? { ...one, sums: { ...one.sums, champion: { n: one.sums.champion.n + 1, bad: 0.25 } } } : one));
    expect(ask(plan, paged(changed, of)).evidenceHash).not.toBe(ask(plan, paged(blocks, of)).evidenceHash);
  }), { seed: 43, numRuns: 20 });
});

test('a closed page gives its blocks back, and tells where they begin and end', () => {
  fc.assert(fc.property(settings, (of) => {
    const plan = planOf(of);
    const blocks = blocksOf(plan, of).filter(({ metric }) => metric === 'errors' || metric === 'share');
    for (const metric of ['errors', 'share']) {
      const ours = blocks.filter((one) => one.metric === metric && pageOf(one.slot) === pageOf(blocks[0]!.slot)).map((one, i) => ({ ...one, sealedAtMs: i / 3 })).sort((a, b) => a.slot - b.slot);
      const page = closedPage([...ours].reverse());
      expect(blocksIn(page)).toEqual(ours);
      expect(spanOf(page)).toEqual({ fromMs: ours[0]!.fromMs, toMs: ours.at(-1)!.toMs });
      expect(new Set(cyclesIn(page, plan.startedAtMs, plan.cycleMs))).toEqual(new Set(ours.map(({ fromMs }) => Math.floor((fromMs - plan.startedAtMs) / plan.cycleMs))));
    }
  }), { seed: 47, numRuns: 30 });
});

test('cycles shorter than a slot are told one by one', () => {
  const plan = fixedPlan();
  const page = pageFrom([3, 4, 5, 9].map((slot) => block(plan, 'errors', slot, { kind: 'rate', champion: { n: 1, bad: 0 }, challengerServing: { n: 0, bad: 0 }, challengerShadow: { n: 1, bad: 0 }, championShadow: { n: 0, bad: 0 } })));
  expect(cyclesIn(page, 1, 700)).toEqual([3, 4, 5, 9].map((slot) => Math.floor((slot * 2_000 - 1) / 700)));
});

test('what cannot be one page, or one evidence, is a defect', () => {
  const plan = fixedPlan();
  const sums = { kind: 'share', cells: [] } as const;
  const [one, two] = [block(plan, 'share', 3, sums), block(plan, 'share', 4, sums)];
  for (const wrong of [[], [one, one], [one, { ...two, metric: 'errors' }], [one, { ...two, rolloutId: 'dep_1/9' }], [one, block(plan, 'share', 9_999, sums)], [one, { ...two, fromMs: 1 }], [daily(plan, 'accuracy', [1])[0]!]]) {
    expect(() => pageFrom(wrong)).toThrow(withCode('LM_INVARIANT'));
  }
  expect(() => ask(plan, { pages: [pageFrom([one])], blocks: [two] })).toThrow(withCode('LM_INVARIANT'));
  expect(() => ask(plan, { pages: [{ ...pageFrom([one]), rolloutId: 'dep_1/9' }], blocks: [] })).toThrow(withCode('LM_INVARIANT'));
  expect(one.rolloutId).toBe(ROLLOUT);
});
