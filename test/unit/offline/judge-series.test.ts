import { judgeSeries, type Series } from '../../../domain/offline/judge-series.ts';
import { congruential } from '../../support/congruential.ts';

const points = (seed: number, n: number, mean: number, width: number): readonly number[] => congruential(seed, n).map((u) => mean + width * (u - 0.5));
const one = (of: Partial<Series>) => judgeSeries({ latency: { champion: points(1, 200, 100, 10), challenger: points(2, 200, 100, 10), direction: 'lower', margin: 5, ...of } }, 0.05);

test('alike within the margin passes in every direction', () => {
  for (const direction of ['lower', 'higher', 'same'] as const) expect(one({ direction })).toMatchObject({ verdict: 'promote', metrics: [{ state: 'pass' }] });
});
test('worse than the margin is rolled back; better never is, but is not the same', () => {
  expect(one({ challenger: points(2, 200, 130, 10) })).toMatchObject({ verdict: 'rollback', metrics: [{ state: 'fail', reason: 'proved-worse' }] });
  expect(one({ challenger: points(2, 200, 70, 10) })).toMatchObject({ verdict: 'promote' });
  expect(one({ direction: 'same', challenger: points(2, 200, 70, 10) })).toMatchObject({ verdict: 'rollback' });
});
test('A hidden explosion of variance is no pass, whatever the mean', () => {
  expect(one({ challenger: points(2, 400, 100, 60).slice(0, 200) })).toMatchObject({ verdict: 'collecting', metrics: [{ state: 'undecided', reason: 'spread' }] });
  const late = [...points(2, 180, 100, 10), ...points(3, 20, 100, 400)];
  expect(one({ challenger: late }).verdict).not.toBe('promote');
});
test('errors against zeros are no pass, nor are zeros against zeros', () => {
  const zeros = Array<number>(200).fill(0);
  expect(one({ champion: zeros, challenger: zeros.map((_, i) => (i % 20 === 0 ? 1 : 0)), margin: null }).verdict).not.toBe('promote');
  expect(one({ champion: zeros, challenger: zeros.map((_, i) => (i % 2 === 0 ? 1 : 0)), margin: null }).verdict).toBe('rollback');
  expect(one({ champion: zeros, challenger: zeros, margin: null })).toMatchObject({ verdict: 'collecting', metrics: [{ reason: 'no-variation' }] });
  expect(one({ champion: zeros, challenger: zeros.map((_, i) => (i === 7 ? 1 : 0)), margin: 1 })).toMatchObject({ metrics: [{ reason: 'spread' }] });
});
test('few points, holes, and points that are no numbers are no pass', () => {
  expect(one({ champion: points(1, 20, 100, 1), challenger: points(2, 20, 100, 1) })).toMatchObject({ verdict: 'collecting', metrics: [{ reason: 'few-points' }] });
  expect(one({ challenger: [...points(2, 100, 100, 10), null, ...points(3, 99, 100, 10)] })).toMatchObject({ metrics: [{ state: 'no-data', text: 'latency: point 101 of the challenger is no number' }] });
  expect(one({ champion: [NaN, ...points(2, 199, 100, 10)] })).toMatchObject({ metrics: [{ state: 'no-data' }] });
  expect(one({ challenger: [] })).toMatchObject({ verdict: 'collecting', metrics: [{ text: 'latency: the challenger has no points' }] });
});
test('series of different lengths are two arms', () => {
  expect(one({ challenger: points(2, 150, 100, 10) })).toMatchObject({ verdict: 'promote', metrics: [{ n: 150 }] });
});
test('all must pass; one that fails rolls back; the margin is a tenth of the champion\'s mean where none is said', () => {
  const good: Series = { champion: points(1, 200, 100, 10), challenger: points(2, 200, 100, 10), direction: 'lower', margin: null };
  const short: Series = { ...good, champion: good.champion.slice(0, 10), challenger: good.challenger.slice(0, 10) };
  expect(judgeSeries({ good, short }, 0.05).verdict).toBe('collecting');
  expect(judgeSeries({ good, bad: { ...good, challenger: points(2, 200, 200, 10) } }, 0.05).verdict).toBe('rollback');
  expect(judgeSeries({ good }, 0.05).metrics[0]?.margin).toBeCloseTo(10, 0);
  expect(judgeSeries({}, 0.05).verdict).toBe('collecting');
});
