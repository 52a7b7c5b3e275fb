import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../support/source-tree.ts';
import { ENGINE_CASES, engineAnswers, foldAnswers, FOLDS } from '../../support/engine-cases.ts';

interface Recorded { readonly folds: Readonly<Record<string, unknown>>; readonly cases: Readonly<Record<string, unknown>> }
const recorded = JSON.parse(readFileSync(join(ROOT, 'test', 'fixtures', 'engine.json'), 'utf8')) as Recorded;
/** Logarithms differ in their last digit from one machine to another. */
const SAME = 1e-9;

/** What is said now, with the recorded numbers in the place of those that hardly differ from them. */
function settled(now: unknown, then: unknown): unknown {
  if (typeof now === 'number' && typeof then === 'number') return Math.abs(now - then) <= SAME * Math.max(1, Math.abs(then)) ? then : now;
  if (Array.isArray(now) && Array.isArray(then)) return now.map((each, i) => settled(each, then[i]));
  if (typeof now === 'object' && now !== null && typeof then === 'object' && then !== null) return Object.fromEntries(Object.entries(now).map(([key, each]) => [key, settled(each, (then as Record<string, unknown>)[key])]));
  return now;
}
const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));

describe('verdicts, plans, forecasts and words are those that were recorded', () => {
  test.each(ENGINE_CASES.map((each) => [each.name, each] as const))('%s', (name, each) => {
    const then = recorded.cases[name];
    expect(settled(plain(engineAnswers(each)), then)).toEqual(then);
  });
});

describe('folds are those that were recorded', () => {
  test.each(FOLDS)('%s, %s', (metric, how) => {
    const then = recorded.folds[`${metric}, ${how}`];
    expect(settled(plain(foldAnswers(metric, how)), then)).toEqual(then);
  });
});

test('nothing else is recorded', () => {
  expect(Object.keys(recorded.cases)).toEqual(ENGINE_CASES.map(({ name }) => name));
  expect(Object.keys(recorded.folds)).toEqual(FOLDS.map(([metric, how]) => `${metric}, ${how}`));
});
