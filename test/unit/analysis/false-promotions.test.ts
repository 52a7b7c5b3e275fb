import { evidenceOf } from '../../../domain/analysis/evidence.ts';
import { atAlpha, budgetNote, budgetOf, spentBefore, spentBy, YEAR_MS } from '../../../domain/analysis/false-promotions.ts';
import { judge } from '../../../domain/analysis/judge.ts';
import { daily, fixedPlan, healthy, START } from '../../support/analysis-arbitraries.ts';

const spent = (...alphas: readonly number[]): { rolloutId: string; atMs: number; alpha: number }[] => alphas.map((alpha, i) => ({ rolloutId: `dep_1/${i + 1}`, atMs: i, alpha }));
const next = (alphas: readonly number[], of: { alpha?: number; falsePromotionsPerYear?: number } = {}): number => budgetOf({ alpha: 0.05, falsePromotionsPerYear: 0.2, ...of }, spent(...alphas)).nextAlpha;

test('the alpha of the file while there is plenty, then a shrinking share of what is left', () => {
  const granted: number[] = [];
  for (let n = 0; n < 6; n += 1) granted.push(next(granted));
  expect(granted.map((alpha) => Number(alpha.toFixed(6)))).toEqual([0.05, 0.05, 0.025, 0.015, 0.01, 0.007143]);
  expect(next([0.05, 0.05], { falsePromotionsPerYear: 5 })).toBe(0.05);
  expect(next([], { falsePromotionsPerYear: 0.01 })).toBe(0.005);
  expect(budgetOf({ alpha: 0.05 }, [])).toMatchObject({ perYear: 0.2, nextAlpha: 0.05 });
});

test('a budget lowered below what is spent grants next to nothing, and not nothing', () => {
  expect(next([0.05, 0.05], { falsePromotionsPerYear: 0.08 })).toBe(1e-12);
  expect(budgetOf({ alpha: 0.05, falsePromotionsPerYear: 0.08 }, spent(0.05, 0.05))).toMatchObject({ left: 0, spent: 0.1 });
});

test('a year counts with both its ends, and a rollout never counts against itself', () => {
  const at = (n: number, atMs: number): { rolloutId: string; atMs: number; alpha: number } => ({ rolloutId: `dep_1/${n}`, atMs, alpha: 0.05 });
  const before = spentBefore({ rolloutId: 'dep_1/4', startedAtMs: 2 * YEAR_MS }, [at(1, YEAR_MS - 1), at(2, YEAR_MS), at(3, 2 * YEAR_MS), at(4, 2 * YEAR_MS)]);
  expect(before.map(({ rolloutId }) => rolloutId)).toEqual(['dep_1/2', 'dep_1/3']);
});

test('the plan tells what it spends; proofs are held at it, harm is found at the alpha of the file', () => {
  const plan = fixedPlan();
  const strict = atAlpha(plan, 1e-6);
  expect(spentBy(strict)).toEqual({ rolloutId: plan.rolloutId, atMs: plan.startedAtMs, alpha: 1e-6 });
  expect(strict.metrics.map(({ alpha }) => alpha)).toEqual(plan.metrics.map(() => 1e-6));
  const ask = (of: typeof plan, mean: number, days: number): ReturnType<typeof judge> =>
    judge({ plan: of, evidence: evidenceOf([...daily(of, 'accuracy', Array<number>(days).fill(mean)), ...healthy(of)]), progress: null, value: null, rulingMs: START + 100 * 86_400_000, atMs: 1, n: 1 });
  const needed = (of: typeof plan, mean: number, kind: string): number => Array.from({ length: 40 }, (_, i) => 3 * i + 1).find((days) => ask(of, mean, days).kind === kind) ?? Infinity;
  expect(needed(strict, -0.4, 'rollback')).toBe(needed(plan, -0.4, 'rollback'));
  expect(needed(strict, 0.4, 'promote')).toBeGreaterThan(needed(plan, 0.4, 'promote'));
  expect(needed({ ...strict, harmAlpha: 1e-6 }, -0.4, 'rollback')).toBeGreaterThan(needed(strict, -0.4, 'rollback'));
});

test('the note of plan says what was spent, what is left, and what the next rollout gets', () => {
  const policy = { alpha: 0.05, falsePromotionsPerYear: 0.2 };
  expect(budgetNote(policy, [])).toBe('False promotions: at most 0.2 a year are to be expected (rollout.falsePromotions); nothing was spent in the last 365 days. The next rollout is judged at alpha 0.05.');
  expect(budgetNote(policy, spent(0.05))).toContain('0.05 was spent by one rollout of the last 365 days, 0.15 is left. The next rollout is judged at alpha 0.05.');
  expect(budgetNote(policy, spent(0.05, 0.05))).toContain('0.1 was spent by 2 rollouts of the last 365 days, 0.1 is left. The next rollout is judged at alpha 0.025.');
});
