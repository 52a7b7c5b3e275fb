import type { MicroBlock, Progress } from '../../../domain/analysis/blocks.ts';
import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { judge, JUDGE_VERSION, type JudgeInput } from '../../../domain/analysis/judge.ts';
import { fixPlan } from '../../../domain/analysis/planning.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import type { Finding, Verdict } from '../../../domain/analysis/verdict.ts';
import { normals } from '../../../domain/analysis/stats/seeded-random.ts';
import { block, CONFUSION, daily, DAY, draft, fixedPlan, healthy, metricPolicy, rateSums, ROLLOUT, series, START, TENANT, type Setting, withCode } from '../../support/analysis-arbitraries.ts';

const NOW = START + 50 * DAY;
const ask = (plan: AnalysisPlan, blocks: readonly MicroBlock[], more: Partial<JudgeInput> = {}): Verdict => judge({ plan, evidence: evidenceOf(blocks), progress: null, value: CONFUSION, rulingMs: NOW, atMs: NOW, n: 1, ...more });
const code = (verdict: Verdict): string => `${verdict.kind} ${verdict.reasons.map((reason) => reason.code).join(' ')}`;
const finding = (verdict: Verdict, name: string): Finding => verdict.findings.find(({ metric }) => metric === name)!;

/** A plan with a pilot of small noise behind it, so that its loss bound is about 0.1. */
function piloted(setting: Setting = {}): AnalysisPlan {
  const plan = draft(setting);
  const normal = normals(4);
  const blocks = plan.metrics.filter(({ kind }) => kind === 'paired').flatMap(({ name }) => series(plan, name, Array.from({ length: 40 }, () => 0.01 * normal())));
  return fixPlan(plan, blocks)!;
}
const plan = piloted();
const gains = (days: number, mean = 0.03): number[] => Array.from({ length: days }, (_, i) => mean + 0.004 * (i % 3 - 1));

test('a proved gain with proved health promotes; the finding and the hashes stand in the verdict', () => {
  const blocks = [...daily(plan, 'accuracy', gains(12)), ...healthy(plan)];
  const verdict = ask(plan, blocks);
  expect(code(verdict)).toBe('promote proved-better');
  expect(finding(verdict, 'accuracy')).toMatchObject({ state: 'pass', blocks: 12 * 4 / (plan.metrics[0]!.blockSlots), requests: 12 * 4 * 50, coverage: 1 });
  expect(finding(verdict, 'accuracy').lower).toBeGreaterThan(0);
  expect(verdict).toMatchObject({ cycles: 12, fromMs: plan.evidenceFromMs, judgeVersion: JUDGE_VERSION, n: 1, evidenceHash: expect.stringMatching(/^sha256:/) as string, planHash: expect.stringMatching(/^sha256:/) as string });
  expect(ask(plan, [...blocks].reverse())).toEqual(verdict);
  expect(ask(plan, blocks.map((one) => ({ ...one, sealedAtMs: 99 }))).evidenceHash).toBe(verdict.evidenceHash);
  expect(ask(plan, blocks.slice(4)).evidenceHash).not.toBe(verdict.evidenceHash);
});

test('a margin that was said in money is told in money where it is held against', () => {
  const marginMoney = { amount: 0.002, perUnit: 0.2, currency: 'EUR' };
  const of = piloted({ rollout: { goal: 'no-worse' }, metrics: [metricPolicy('accuracy', { margin: 0.01, marginMoney }), metricPolicy('errors', { role: 'guardrail', margin: 0.01, marginMoney })] });
  const worse = ask(of, [...daily(of, 'accuracy', gains(30, -0.08)), ...healthy(of)]);
  expect(worse.reasons[0]).toMatchObject({ code: 'proved-worse', text: expect.stringContaining('allowed is -0.01 (EUR 0.002 a request, at EUR 0.2 a unit).') as string });
  expect(finding(worse, 'accuracy')).toMatchObject({ margin: 0.01, marginMoney });
  const failing = ask(of, [...healthy(of).filter(({ metric }) => metric !== 'errors'), block(of, 'errors', START / of.metrics[1]!.tauMs, rateSums({ n: 2_000, bad: 200 }))]);
  expect(failing.reasons[0]).toMatchObject({ code: 'guardrail', text: expect.stringContaining('the limit is 1 % (EUR 0.002 a request, at EUR 0.2 a unit).') as string });
  expect(finding(ask(plan, healthy(plan)), 'accuracy')).not.toHaveProperty('marginMoney');
});

test('the same gain is held by a guardrail without data, or not yet proved', () => {
  const gain = daily(plan, 'accuracy', gains(12));
  expect(code(ask(plan, gain))).toBe('collecting no-data no-data no-data');
  expect(code(ask(plan, [...gain, ...healthy(plan, 50)]))).toBe('collecting not-enough-evidence not-enough-evidence not-enough-evidence');
  const without = healthy(plan).filter(({ metric }) => metric !== 'latency');
  expect(ask(plan, [...gain, ...without])).toMatchObject({ kind: 'collecting', reasons: [{ code: 'no-data', metric: 'latency' }] });
});

test('nothing is promoted before its whole cycles; an incomplete cycle does not count', () => {
  const gain = daily(plan, 'accuracy', gains(12));
  const twelve = { ...plan, minCycles: 12 };
  expect(code(ask(twelve, [...gain, ...healthy(plan)]))).toBe('promote proved-better');
  expect(code(ask(twelve, [...gain.slice(0, 47), ...healthy(plan)]))).toBe('collecting min-cycles');
});

test('no data at all is collecting', () => {
  expect(ask(plan, [])).toMatchObject({ kind: 'collecting', cycles: 0, evidenceHash: null, fromMs: null, money: null });
  expect(code(ask(draft(), []))).toMatch(/^collecting pilot/);
  expect(code(ask({ ...plan, metrics: [] }, []))).not.toMatch(/^promote/);
});

test('what comes before the end of the pilot is no evidence', () => {
  const early = daily({ ...plan, evidenceFromMs: START }, 'accuracy', gains(10, 0.3));
  expect(code(ask(plan, [...early, ...healthy(plan)]))).toBe('collecting no-data min-cycles');
});

test('proved harm rolls back: worse on a required metric under better, beyond the margin under no-worse', () => {
  const losses = [...daily(plan, 'accuracy', gains(30, -0.05)), ...healthy(plan)];
  expect(code(ask(plan, losses))).toBe('rollback proved-worse');
  const noWorse = piloted({ rollout: { goal: 'no-worse' }, metrics: [metricPolicy('accuracy', { margin: 0.1 })] });
  const slightly = ask(noWorse, [...daily(noWorse, 'accuracy', gains(30, -0.05)), ...healthy(noWorse)]);
  expect(code(slightly)).toBe('promote proved-no-worse');
  const tight = piloted({ rollout: { goal: 'no-worse' }, metrics: [metricPolicy('accuracy', { margin: 0.02 })] });
  expect(code(ask(tight, [...daily(tight, 'accuracy', gains(40, -0.05)), ...healthy(tight)]))).toBe('rollback proved-worse');
});

test('under better only the primary metric must gain; a second one is held to its margin', () => {
  const two = piloted({ metrics: [metricPolicy('brier', { margin: 0.02 }), metricPolicy('value')] });
  const blocks = [...daily(two, 'value', gains(40, 0.9)), ...daily(two, 'brier', gains(40, -0.005)), ...healthy(two)];
  expect(code(ask(two, blocks))).toBe('promote proved-better');
});

describe('guardrails', () => {
  const errors = (sums: MicroBlock['sums'], stage: Partial<AnalysisPlan> = {}): Verdict => {
    const of = { ...plan, ...stage };
    return ask(of, [...daily(of, 'accuracy', gains(12)), ...healthy(of).filter(({ metric }) => metric !== 'errors'), block(of, 'errors', START / 2_000, sums)]);
  };
  const none = { n: 0, bad: 0 };
  test('a broken one rolls back at once, in a draft too, and whatever else is held', () => {
    expect(errors(rateSums({ n: 60, bad: 12 }))).toMatchObject({ kind: 'rollback', reasons: [{ code: 'guardrail', metric: 'errors' }] });
    expect(errors(rateSums({ n: 60, bad: 12 }), { state: 'draft', evidenceFromMs: null }).kind).toBe('rollback');
  });
  test('roles are not pooled: healthy mirrors do not hide callers that fail, nor the other way round', () => {
    expect(errors(rateSums({ n: 5_000, bad: 0 }, { challengerServing: { n: 60, bad: 12 } })).kind).toBe('rollback');
    expect(errors(rateSums({ n: 60, bad: 12 }, { champion: { n: 5_000, bad: 0 }, challengerServing: { n: 5_000, bad: 0 } })).kind).toBe('rollback');
    expect(finding(errors(rateSums({ n: 5_000, bad: 0 }, { challengerServing: { n: 50, bad: 0 } })), 'errors')).toMatchObject({ state: 'undecided', estimate: 0, requests: 5_050 });
    expect(finding(errors(rateSums(none, { challengerServing: { n: 5_000, bad: 0 } })), 'errors').state).toBe('pass');
  });
  test('once callers are sent to the challenger, its serving role needs data of its own', () => {
    const split = block(plan, 'share', START / 2_000, { kind: 'share', cells: [{ challengerPer10k: 500, challenger: 0, total: 3 }] });
    const verdict = ask(plan, [...daily(plan, 'accuracy', gains(12)), ...healthy(plan), split]);
    expect(code(verdict)).toBe('collecting no-data no-data no-data');
  });
  test('what the champion does as well is no harm of the challenger, and no pass', () => {
    expect(errors(rateSums({ n: 1_000, bad: 200 }, { champion: { n: 1_000, bad: 200 } }))).toMatchObject({ kind: 'collecting', reasons: [{ code: 'not-enough-evidence' }] });
  });
  test('safety comes first among the reasons', () => {
    const safe = piloted({ metrics: [metricPolicy('accuracy'), metricPolicy('latency', { role: 'safety', margin: 0.05, proof: 'full' })] });
    const bad = ['errors', 'latency'].map((name) => block(safe, name, START / 2_000, rateSums({ n: 200, bad: 100 })));
    expect(ask(safe, bad).reasons.map((reason) => reason.code)).toEqual(['safety', 'guardrail']);
  });
});

test('A9 20: one crash in 10,000 requests is seen with enough of them, and the verdict says which rate could not be excluded', () => {
  const crashes = (n: number, bad: number) => [...daily(plan, 'accuracy', gains(12)), ...healthy(plan).map((one) => (one.metric === 'errors' ? { ...one, sums: rateSums({ n, bad }) } : one))];
  const rare = finding(ask(plan, crashes(10_000, 1)), 'errors');
  expect(rare).toMatchObject({ state: 'pass' });
  expect(rare.upper).toBeGreaterThan(1e-4);
  expect(rare.upper).toBeLessThan(rare.margin);
  // Nothing seen among few is no proof of nothing: the bound says so.
  expect(finding(ask(plan, crashes(100, 0)), 'errors')).toMatchObject({ state: 'undecided' });
  expect(code(ask(plan, crashes(10_000, 300)))).toBe('rollback guardrail');
});

test('A9 21: slow for one answer in fifty is no pass, whatever the mean: shares beyond the limit are compared, with their bounds', () => {
  const strict = piloted({ metrics: [metricPolicy('accuracy'), metricPolicy('latency', { role: 'guardrail', margin: 0.01 })] });
  const slow = healthy(strict).map((one) => (one.metric === 'latency' ? { ...one, sums: rateSums({ n: 20_000, bad: 400 }, { champion: { n: 20_000, bad: 20 } }) } : one));
  expect(code(ask(strict, [...daily(strict, 'accuracy', gains(12)), ...slow]))).toBe('rollback guardrail');
});

test('a split of callers against its promise holds; with a sticky key it is not tested', () => {
  const split = block(plan, 'share', START / 2_000, { kind: 'share', cells: [{ challengerPer10k: 500, challenger: 900, total: 5_000 }] });
  const serving = healthy(plan).map((one) => ({ ...one, sums: rateSums({ n: 2_000, bad: 0 }, { challengerServing: { n: 2_000, bad: 0 } }) }));
  const blocks = [...daily(plan, 'accuracy', gains(12)), ...serving, split];
  expect(code(ask(plan, blocks))).toBe('collecting share-mismatch');
  expect(code(ask({ ...plan, splitBy: 'key' }, blocks))).toBe('promote proved-better');
});

describe('the loss bound', () => {
  const worse = -plan.metrics[0]!.lossBound * 1.5;
  test('a block that loses more ends the rollout without promotion', () => {
    const verdict = ask(plan, [...daily(plan, 'accuracy', [...gains(12), worse, ...gains(12)]), ...healthy(plan)]);
    expect(code(verdict)).toBe('inconclusive loss-bound');
    expect(finding(verdict, 'accuracy')).toMatchObject({ state: 'loss-bound-broken', lower: null });
  });
  test('but harm proved is still harm', () => {
    expect(ask(plan, [...daily(plan, 'accuracy', Array(40).fill(worse) as number[]), ...healthy(plan)]).kind).toBe('rollback');
  });
  test('proof in full needs no such assumption, more blocks, and survives a bad day', () => {
    const full = { ...plan, metrics: plan.metrics.map((metric) => ({ ...metric, proof: metric.kind === 'paired' ? 'full' as const : metric.proof })) };
    const few = [...daily(full, 'accuracy', gains(12)), ...healthy(full)];
    expect(ask(full, few).kind).toBe('collecting');
    expect(finding(ask(plan, few), 'accuracy').lowerFull).toBeLessThan(finding(ask(plan, few), 'accuracy').lower!);
    expect(code(ask(full, [...daily(full, 'accuracy', [...gains(100, 0.09), worse, ...gains(100, 0.09)]), ...healthy(full)]))).toBe('promote proved-better');
  });
});

describe('coverage', () => {
  const shorten = (blocks: readonly MicroBlock[], cycles: readonly number[]): readonly MicroBlock[] => blocks.map((one, i) => (cycles.includes(Math.floor(i / 4)) && i % 4 === 1 ? { ...one, state: 'short' as const } : one));
  test('a short slot takes its whole cycle out of the evidence, and the verdict says so', () => {
    const verdict = ask(plan, [...shorten(daily(plan, 'accuracy', gains(16)), [3]), ...healthy(plan)]);
    expect(verdict).toMatchObject({ kind: 'promote', cycles: 15 });
    expect(finding(verdict, 'accuracy')).toMatchObject({ shortBlocks: 1 });
    expect(verdict.notMeasured).toContain('accuracy: 1 blocks lacked outcomes; their cycles were not judged');
  });
  test('too many hold, and end the rollout once there were chances enough', () => {
    expect(code(ask(plan, [...shorten(daily(plan, 'accuracy', gains(3)), [0, 1]), ...healthy(plan)]))).toMatch(/^collecting coverage/);
    expect(code(ask(plan, [...shorten(daily(plan, 'accuracy', gains(12)), [0, 1, 2, 3]), ...healthy(plan)]))).toBe('inconclusive not-judged coverage');
    const noPilot = shorten(series(draft(), 'accuracy', gains(20)), [0, 1, 2, 3, 4]);
    expect(code(ask(draft(), [...noPilot, ...healthy(plan)]))).toBe('inconclusive not-judged pilot coverage');
  });
  test.each([Number.NaN, Infinity])('a mean of %p proves nothing', (mean) => {
    expect(ask(plan, [...daily(plan, 'accuracy', Array(40).fill(mean) as number[]), ...healthy(plan)]).kind).not.toMatch(/promote|rollback/);
    const broken = healthy(plan).map((one) => ({ ...one, sums: rateSums({ n: mean, bad: 0 }) }));
    expect(ask(plan, [...daily(plan, 'accuracy', gains(12)), ...broken]).kind).not.toMatch(/promote|rollback/);
  });
});

describe('ends without a proof', () => {
  const quiet = (days: number): readonly MicroBlock[] => [...daily(plan, 'accuracy', Array(days).fill(0) as number[]), ...healthy(plan)];
  test('horizon and idle limit', () => {
    const horizon = { ...plan, horizonMs: 40 * DAY };
    expect(code(ask(horizon, daily(plan, 'accuracy', [0.01, -0.01]).concat(healthy(plan))))).toBe('inconclusive horizon');
    expect(code(ask(plan, quiet(3), { idle: true }))).toBe('inconclusive idle');
    expect(code(ask(plan, quiet(3)))).toBe('collecting not-enough-evidence');
    expect(code(ask({ ...plan, horizonMs: 1 }, [...daily(plan, 'accuracy', gains(12)), ...healthy(plan)]))).toBe('promote proved-better');
  });
  test('a challenger that does the same is futile long before the horizon', () => {
    expect(code(ask({ ...plan, horizonMs: 60 * DAY }, quiet(30)))).toBe('inconclusive futile');
    expect(code(ask({ ...plan, horizonMs: 60 * DAY }, quiet(5)))).toBe('collecting not-enough-evidence');
  });
});

describe('goal healthy', () => {
  const setting: Setting = { metrics: [metricPolicy('disagreement', { role: 'guardrail', margin: 0.3 })], rollout: { goal: 'healthy', minCycles: 2, horizonMs: 30 * DAY }, labels: null };
  const healthyPlan = fixedPlan(setting);
  const days = (count: number): readonly MicroBlock[] => healthyPlan.metrics.flatMap(({ name, tauMs }) => Array.from({ length: count }, (_, day) => block(healthyPlan, name, (START + (day + 1) * DAY) / tauMs - 1, rateSums({ n: 900, bad: 1 }))));
  test('health alone promotes after its cycles, and says what it did not look at', () => {
    const now = { rulingMs: START + 3 * DAY };
    expect(code(ask(healthyPlan, days(1), now))).toBe('collecting min-cycles');
    const verdict = ask(healthyPlan, days(2), now);
    expect(code(verdict)).toBe('promote proved-healthy');
    expect(verdict.notMeasured).toContain('outcomes: whether answers turn out right was not judged');
  });
});

test('money: the difference, its bounds, and both totals in micros', () => {
  const value = piloted({ metrics: [metricPolicy('value')] });
  const verdict = ask(value, [...daily(value, 'value', Array(12).fill(0.04) as number[], { championMean: 1, challengerMean: 1.04 }), ...healthy(value)]);
  expect(verdict.money).toMatchObject({ currency: 'EUR', perRequestMicros: 40_000, requests: 2_400, totalMicros: 96_000_000, championTotalMicros: 2_400_000_000, challengerTotalMicros: 2_496_000_000 });
  expect(verdict.money!.lowerMicros).toBeLessThan(40_000);
  expect(verdict.money!.upperMicros).toBeGreaterThan(40_000);
  expect(ask(value, healthy(value)).money).toBeNull();
});

test('drops are told beside the comparison; sampling is not a drop', () => {
  const progress: Progress = { tenantId: TENANT, rolloutId: ROLLOUT, watermarkMs: NOW, lastRecordAtMs: NOW, pairs: 95, openSlots: 0, labelCoverage: 1, labelDelayMs: null, drops: { cap: 3, deadline: 2, 'sampled-out': 900 }, duplicates: 0, updatedAtMs: NOW };
  const verdict = ask(plan, [], { progress });
  expect(verdict.dropRatio).toBe(0.05);
  expect(verdict.notMeasured.join()).toContain('5 % of the copies to the challenger were dropped');
});

test('blocks of another rollout are a defect, not evidence', () => {
  expect(() => ask(plan, [{ ...healthy(plan)[0]!, rolloutId: 'dep_1/2' }])).toThrow(withCode('LM_INVARIANT'));
});

describe('engine fast', () => {
  const fast = { ...piloted(), engine: 'fast' as const };
  const wave = (days: number, mean: number): number[] => gains(days, mean).map((gain, i) => gain + 0.006 * Math.sin(i));

  test('judges by the asymptotic bound from its burn-in on, and says so', () => {
    const wide = { ...fast, metrics: fast.metrics.map((metric) => (metric.name === 'accuracy' ? { ...metric, lossBound: 1, gainBound: 1 } : metric)) };
    const blocks = [...daily(wide, 'accuracy', wave(40, 0.02)), ...healthy(wide)];
    const verdict = ask(wide, blocks);
    expect(code(verdict)).toBe('promote proved-better');
    const found = finding(verdict, 'accuracy');
    expect(found.fast).toMatchObject({ isBurntIn: true, cases: 40 * 4 * 10 });
    expect(found.lower).toBe(found.fast!.lower);
    expect(verdict.reasons[0]!.text).toContain('by the approximate bound of engine fast');
    expect(verdict.notMeasured.join()).toMatch(/accuracy: its bound is approximate/);
    expect(code(ask({ ...wide, engine: 'strict' }, blocks))).toBe('collecting not-enough-evidence');
    expect(finding(ask({ ...wide, engine: 'strict' }, blocks), 'accuracy')).not.toHaveProperty('fast');
  });

  test('before the burn-in the strict bound alone counts: too few blocks, requests or cases', () => {
    const few = ask(fast, [...daily(fast, 'accuracy', wave(7, 0.012)), ...healthy(fast)]);
    expect(finding(few, 'accuracy').fast).toMatchObject({ isBurntIn: false, lower: null, upper: null });
    expect(few).toMatchObject({ kind: 'collecting', reasons: [{ text: expect.stringContaining('engine fast counts from 30 blocks, 500 requests and 20 outcomes') as string }] });
    for (const more of [{ n: 2, pairs: 2 }, { needed: 0, labelled: 0 }]) {
      expect(finding(ask(fast, [...daily(fast, 'accuracy', wave(40, 0.02), more), ...healthy(fast)]), 'accuracy').fast).toMatchObject({ isBurntIn: false });
    }
  });

  test('a great harm is found before the burn-in, and a version that answers alike is no worse though blocks never vary', () => {
    expect(code(ask(fast, [...daily(fast, 'accuracy', gains(7, -0.3)), ...healthy(fast)]))).toBe('rollback proved-worse');
    const alike = { ...piloted({ rollout: { goal: 'no-worse', engine: 'fast' }, metrics: [metricPolicy('accuracy', { margin: 0.05 })] }) };
    expect(alike.engine).toBe('fast');
    expect(code(ask(alike, [...daily(alike, 'accuracy', Array(30).fill(0) as number[], { needed: 0, labelled: 0 }), ...healthy(alike)]))).toBe('promote proved-no-worse');
  });

  test('a block beyond the loss bound voids the strict part alone', () => {
    const days = [...wave(60, 0.03), -0.2, ...wave(60, 0.03)];
    const found = finding(ask(fast, [...daily(fast, 'accuracy', days), ...healthy(fast)]), 'accuracy');
    expect(found).toMatchObject({ state: 'pass', lower: found.fast!.lower });
    expect(code(ask({ ...fast, engine: 'strict' }, [...daily(fast, 'accuracy', days), ...healthy(fast)]))).toBe('inconclusive loss-bound');
  });

  test('what must hold without assumptions, safety and rates stay strict', () => {
    const safe = fixedPlan({ rollout: { engine: 'fast' }, metrics: [metricPolicy('accuracy', { proof: 'full' }), metricPolicy('brier', { role: 'safety', proof: 'full' })] });
    const verdict = ask(safe, [...daily(safe, 'accuracy', wave(40, 0.1)), ...daily(safe, 'brier', wave(40, 0.1)), ...healthy(safe)]);
    for (const found of verdict.findings) expect(found).not.toHaveProperty('fast');
  });

  test('what could still be proved by the horizon is by the better bound', () => {
    const slow = { ...fast, horizonMs: 200 * DAY, metrics: fast.metrics.map((metric) => (metric.name === 'accuracy' ? { ...metric, lossBound: 1, gainBound: 1 } : metric)) };
    const blocks = [...daily(slow, 'accuracy', wave(20, 0.003)), ...healthy(slow)];
    const [quick, slower] = [finding(ask(slow, blocks), 'accuracy'), finding(ask({ ...slow, engine: 'strict' }, blocks), 'accuracy')];
    expect(quick.projectedBlocks!).toBeLessThan(slower.projectedBlocks!);
  });
});
