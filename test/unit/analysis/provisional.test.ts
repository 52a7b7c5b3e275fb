import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import type { MicroBlock } from '../../../domain/analysis/blocks.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import type { Verdict } from '../../../domain/analysis/verdict.ts';
import { block, CONFUSION, daily, DAY, draft, fixedPlan, healthy, metricPolicy, rateSums, START, type Setting } from '../../support/analysis-arbitraries.ts';

const setting: Setting = { metrics: [metricPolicy('accuracy')], rollout: { provisional: { minCycles: 3 }, horizonMs: 60 * DAY } };
const plan = fixedPlan(setting);
const ask = (of: AnalysisPlan, blocks: readonly MicroBlock[], days: number): Verdict => judge({ plan: of, evidence: evidenceOf(blocks), progress: null, value: CONFUSION, rulingMs: START + days * DAY, atMs: 1, n: 1 });

test('what needs no outcomes is proved and outcomes are awaited: callers may get it, after as many cycles as the policy says', () => {
  expect(ask(plan, healthy(plan), 2)).not.toHaveProperty('provisional');
  expect(ask(plan, healthy(plan), 3)).toMatchObject({ kind: 'collecting', provisional: true });
  // A pilot under way is no hindrance: it plans how outcomes are judged.
  expect(ask(draft(setting), healthy(plan), 3)).toMatchObject({ kind: 'collecting', provisional: true });
  expect(ask(plan, [...daily(plan, 'accuracy', [0.1, 0.1]), ...healthy(plan)], 5)).toMatchObject({ kind: 'collecting', provisional: true });
});

test('not without the policy, nor while a guardrail is open, nor where outcomes cannot be judged, nor where callers were split otherwise than promised', () => {
  const without = fixedPlan({ metrics: [metricPolicy('accuracy')] });
  expect(ask(without, healthy(without), 9)).not.toHaveProperty('provisional');
  expect(ask(plan, healthy(plan, 40), 9)).not.toHaveProperty('provisional');
  expect(ask(plan, [], 9)).not.toHaveProperty('provisional');
  const short = daily(plan, 'accuracy', [0.1, 0.1, 0.1]).map((one) => ({ ...one, state: 'short' as const }));
  expect(ask(plan, [...short, ...healthy(plan)], 9)).not.toHaveProperty('provisional');
  const { tauMs } = plan.metrics.find(({ name }) => name === 'errors')!;
  const skewed = block(plan, 'share', START / tauMs, { kind: 'share', cells: [{ challengerPer10k: 1_000, challenger: 600, total: 1_000 }] });
  const serving = healthy(plan).map((one) => ({ ...one, sums: rateSums({ n: 2_000, bad: 0 }, { challengerServing: { n: 2_000, bad: 0 } }) }));
  expect(ask(plan, [...serving, skewed], 9)).toMatchObject({ kind: 'collecting' });
  expect(ask(plan, [...serving, skewed], 9)).not.toHaveProperty('provisional');
  expect(ask(plan, serving, 9)).toMatchObject({ provisional: true });
});

test('what outcomes say takes it back, or confirms it; a horizon without a proof ends it', () => {
  const roomy = fixedPlan({ ...setting, metrics: [metricPolicy('accuracy', { lossBound: 0.4 })] });
  expect(ask(roomy, [...daily(roomy, 'accuracy', Array.from({ length: 50 }, () => -0.3)), ...healthy(roomy)], 51)).toMatchObject({ kind: 'rollback' });
  const proved = ask(roomy, [...daily(roomy, 'accuracy', Array.from({ length: 50 }, () => 0.3)), ...healthy(roomy)], 51);
  expect(proved).toMatchObject({ kind: 'promote' });
  expect(proved).not.toHaveProperty('provisional');
  const late = ask(plan, healthy(plan), 61);
  expect(late).toMatchObject({ kind: 'inconclusive', reasons: [{ code: 'horizon' }, {}, {}] });
  expect(late).not.toHaveProperty('provisional');
});
