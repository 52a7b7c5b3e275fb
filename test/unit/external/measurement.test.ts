import fc from 'fast-check';
import { sampleExternalMetric, sampleMeasurement } from '../../../conformance/stores/measurement-store.ts';
import { externalFinding, withExternalDigest, type ExternalFinding } from '../../../domain/external/finding.ts';
import { pagesUpTo, tallyOf, withMeasurement, type MeasurementPage } from '../../../domain/external/measurement-page.ts';
import { resultOf, type Measurement, type Reading } from '../../../domain/external/measurement.ts';
import { freshMs, type ExternalMetric } from '../../../domain/external/metric.ts';
import { nextSlotMs, slotAt } from '../../../domain/external/slots.ts';
import { externalSummary, externalText } from '../../../domain/external/texts.ts';

const SCOPE = { tenant: 'acme', uid: 'dep_1' };
const NOW = 1_000_000;
const at = (value: number, sampleMs = NOW): Reading => ({ value, sampleMs });
const NONE: Reading = { none: 'no-series', text: 'the query finds no series' };
const measured = (challenger: Reading, champion: Reading | null = null, atMs = NOW): Measurement => sampleMeasurement(SCOPE, 0, { challenger, champion, atMs });
const metric = sampleExternalMetric;

describe('one measurement', () => {
  test.each([
    ['lower', 1, 1, 'good'], ['lower', 1.000001, 1, 'failed'], ['lower', -5, 1, 'good'], ['higher', 1, 1, 'good'], ['higher', 0.999, 1, 'failed'], ['higher', 7, 1, 'good'],
  ] as const)('better %s: %d against %d is %s', (better, value, limit, state) => {
    expect(resultOf(metric({ better, limit, failBeyond: limit }), measured(at(value)))).toEqual({ state, value, why: null });
  });

  test('between the limit and failBeyond it is inconclusive', () => {
    const between = metric({ limit: 1, failBeyond: 2 });
    expect([1, 1.5, 2, 2.1].map((value) => resultOf(between, measured(at(value))).state)).toEqual(['good', 'inconclusive', 'inconclusive', 'failed']);
    expect(resultOf(between, measured(at(1.5)))).toMatchObject({ why: 'it lies between 1 and 2' });
    const higher = metric({ better: 'higher', limit: 2, failBeyond: 1 });
    expect([2, 1.5, 1, 0.9].map((value) => resultOf(higher, measured(at(value))).state)).toEqual(['good', 'inconclusive', 'inconclusive', 'failed']);
  });

  test('difference and ratio take both sides', () => {
    expect(resultOf(metric({ compare: 'difference', limit: 0.1, failBeyond: 0.1 }), measured(at(3), at(2.95)))).toMatchObject({ state: 'good', value: expect.closeTo(0.05, 12) });
    expect(resultOf(metric({ compare: 'ratio', limit: 1.1, failBeyond: 1.1 }), measured(at(3), at(2)))).toMatchObject({ state: 'failed', value: 1.5 });
  });

  test.each<[string, Partial<ExternalMetric>, Measurement, string]>([
    ['no answer', {}, measured(NONE), 'challenger: the query finds no series'],
    ['the champion unknown', { compare: 'ratio' }, measured(at(1), NONE), 'champion: the query finds no series'],
    ['the champion not asked for', { compare: 'difference' }, measured(at(1)), 'champion: was not asked for'],
    ['not finite', {}, measured(at(NaN)), 'challenger: is not a finite number'],
    ['infinite', {}, measured(at(-Infinity)), 'challenger: is not a finite number'],
    ['no time', {}, measured(at(0.5, NaN)), 'challenger: is not a finite number'],
    ['stale', { maxAgeMs: 1_000 }, measured(at(0.5, NOW - 1_001)), 'challenger: is stale, 1 s old; at most 1 s is taken'],
    ['of the future', { maxAgeMs: 1_000 }, measured(at(0.5, NOW + 61_000)), 'challenger: is of 61 s ahead; the clocks of worker and source are apart'],
    ['divided by nothing', { compare: 'ratio' }, measured(at(0), at(0)), 'ratio is not a finite number'],
    ['too large', { compare: 'difference' }, measured(at(-1.7e308), at(1.7e308)), 'difference is not a finite number'],
  ])('%s is inconclusive', (_name, of, measurement, why) => {
    expect(resultOf(metric(of), measurement)).toEqual({ state: 'inconclusive', value: null, why });
  });
});

test('slots begin after the initial delay, and the next one is behind the one of now', () => {
  const timed = { initialDelayMs: 500, everyMs: 1_000 };
  expect([0, 499, 500, 1_499, 1_500].map((ms) => slotAt(timed, 10_000, 10_000 + ms))).toEqual([-1, -1, 0, 0, 1]);
  expect([0, 499, 500, 1_499, 1_500].map((ms) => nextSlotMs(timed, 10_000, 10_000 + ms) - 10_000)).toEqual([500, 500, 1_500, 1_500, 2_500]);
  expect(nextSlotMs({ initialDelayMs: 3_600_000, everyMs: 1_000 }, 0, -5_000)).toBe(3_600_000);
});

function fold(of: ExternalMetric, measurements: readonly Measurement[]): readonly MeasurementPage[] { return pagesUpTo(of, measurements, Infinity); }
function found(of: ExternalMetric, measurements: readonly Measurement[], atMs = NOW): ExternalFinding { return externalFinding(of, fold(of, measurements).map(tallyOf), atMs); }
const slots = (readings: readonly Reading[], from = 0): readonly Measurement[] => readings.map((challenger, i) => sampleMeasurement(SCOPE, from + i, { challenger, atMs: NOW }));

describe('pages', () => {
  test('a slot is taken once, in order', () => {
    const [first, second] = slots([at(0.5), at(0.6)]) as [Measurement, Measurement];
    const page = withMeasurement(null, metric(), second);
    expect(withMeasurement(page, metric(), second)).toBeNull();
    expect(withMeasurement(page, metric(), first)).toBeNull();
  });

  test('a hundred slots a page, each with its own tally; the same measurements give the same digests', () => {
    const all = slots(Array.from({ length: 250 }, (_, i) => (i === 120 ? at(9) : at(0.5))), 50);
    const pages = fold(metric(), all);
    expect(pages.map(({ page, good, failed, toSlot, measurements }) => [page, good, failed, toSlot, measurements.length])).toEqual([[0, 50, 0, 99, 50], [1, 99, 1, 199, 100], [2, 100, 0, 299, 100]]);
    expect(fold(metric(), [...all].reverse())).toEqual(pages);
    const other = fold(metric(), all.map((each) => (each.slot === 60 ? { ...each, atMs: each.atMs + 1 } : each)));
    expect(other.map(({ digest }, i) => digest === pages[i]?.digest)).toEqual([false, true, true]);
    expect(pagesUpTo(metric(), all, 199)).toEqual(pages.slice(0, 2));
    expect(withExternalDigest('sha256:1', pages)).not.toBe(withExternalDigest('sha256:1', other));
    expect(withExternalDigest('sha256:1', [...pages].reverse())).toBe(withExternalDigest('sha256:1', pages));
    expect([withExternalDigest(null, []), withExternalDigest('sha256:1', [])]).toEqual([null, 'sha256:1']);
  });
});

describe('the finding', () => {
  const three = metric({ count: 3, failureLimit: 1, inconclusiveLimit: 2 });
  test.each<[string, readonly Reading[], ExternalFinding['state']]>([
    ['nothing measured', [], 'no-data'],
    ['fewer good ones than it needs', [at(1), at(1)], 'undecided'],
    ['enough good ones', [at(1), at(1), at(1)], 'pass'],
    ['a failure that is let pass, not at the end', [at(1), at(9), at(1), at(1)], 'pass'],
    ['a failure that is let pass, at the end', [at(1), at(1), at(1), at(9)], 'undecided'],
    ['one failure more', [at(1), at(9), at(1), at(9), at(1)], 'fail'],
    ['the newest unknown', [at(1), at(1), at(1), NONE], 'no-data'],
    ['unknown for as long as is let pass', [at(1), NONE, NONE], 'no-data'],
    ['unknown for longer', [at(1), NONE, NONE, NONE], 'not-judged'],
    ['unknown for longer, then known', [NONE, NONE, NONE, at(1), at(1), at(1)], 'pass'],
    ['failures weigh more than what is unknown', [at(9), at(9), NONE, NONE, NONE], 'fail'],
  ])('%s', (_name, readings, state) => { expect(found(three, slots(readings)).state).toBe(state); });

  test('what is unknown is counted on over pages; without a limit it waits', () => {
    const unknown = slots([at(1), ...Array.from({ length: 230 }, () => NONE)]);
    expect(found(metric({ inconclusiveLimit: 229 }), unknown)).toMatchObject({ state: 'not-judged', inconclusiveInARow: 230 });
    expect(found(metric({ inconclusiveLimit: 230 }), unknown)).toMatchObject({ state: 'no-data' });
    expect(found(metric({ inconclusiveLimit: null }), unknown)).toMatchObject({ state: 'no-data' });
  });

  test('a pass ends when measuring does, whichever way the clocks are apart', () => {
    const good = slots([at(1), at(1), at(1)]);
    const limit = freshMs(three);
    expect([0, limit, limit + 1, -limit, -limit - 1].map((ms) => found(three, good, NOW + ms).state)).toEqual(['pass', 'pass', 'no-data', 'pass', 'no-data']);
  });

  test('of the metric that is asked for alone', () => {
    const other = fold(metric({ name: 'other' }), slots([at(9), at(9), at(9)]).map((each) => ({ ...each, metric: 'other' })));
    expect(externalFinding(three, [...other, ...fold(three, slots([at(1), at(1), at(1)]))].map(tallyOf), NOW).state).toBe('pass');
  });

  test('says in words what is and what is allowed', () => {
    const text = (readings: readonly Reading[]): string => externalText(found(three, slots(readings)));
    expect(text([])).toBe('conversion: has not been measured yet.');
    expect(text([at(0.25)])).toBe("conversion: the challenger's number is 0.25 (at most 1); 1 good measurements, 3 needed.");
    expect(text([at(1), at(1), at(1), NONE])).toBe('conversion: challenger: the query finds no series; a number that is missing or stale is not passed.');
    expect(text([at(9), at(1), at(8.5), at(1)])).toBe("conversion: the challenger's number was 8.5, allowed is at most 1; 2 measurements failed, 1 are let pass.");
    expect(text([NONE, NONE, NONE])).toBe('conversion: the last 3 measurements gave nothing to judge by (challenger: the query finds no series).');
    expect(externalSummary(found(three, slots([at(1), at(1), at(1)])))).toBe("conversion (external guardrail): pass; the challenger's number is 1, allowed is at most 1; 3 good measurements.");
  });
});

describe('property: never a pass without fresh finite data (A9.27)', () => {
  const number = fc.oneof(fc.double(), fc.constantFrom(0, 1, NaN, Infinity, -Infinity));
  const reading: fc.Arbitrary<Reading> = fc.oneof(fc.record({ value: number, sampleMs: fc.oneof(fc.integer({ min: NOW - 400_000, max: NOW + 400_000 }), fc.constant(NaN)) }), fc.constant(NONE));
  const anyMetric = fc.record({ compare: fc.constantFrom('challenger', 'difference', 'ratio'), better: fc.constantFrom('lower', 'higher'), limit: fc.double({ min: -10, max: 10, noNaN: true }), count: fc.integer({ min: 1, max: 4 }), failureLimit: fc.nat(3), inconclusiveLimit: fc.option(fc.nat(3)), maxAgeMs: fc.integer({ min: 1, max: 300_000 }) })
    .map((of) => metric({ ...of, failBeyond: of.limit }));
  const series = fc.array(fc.record({ challenger: reading, champion: fc.option(reading), atMs: fc.integer({ min: NOW - 300_000, max: NOW }) }), { maxLength: 12 });

  test('a pass names enough good measurements and a newest one that is known, finite, fresh and within the limit', () => {
    fc.assert(fc.property(anyMetric, series, fc.integer({ min: NOW - 200_000, max: NOW + 400_000 }), (of, given, atMs) => {
      const measurements = given.map((each, i) => sampleMeasurement(SCOPE, i * 7, each));
      const finding = found(of, measurements, atMs);
      if (finding.state !== 'pass') return;
      const results = measurements.map((each) => resultOf(of, each));
      const newest = measurements.at(-1)!;
      expect(results.filter(({ state }) => state === 'good').length).toBeGreaterThanOrEqual(of.count);
      expect(results.filter(({ state }) => state === 'failed').length).toBeLessThanOrEqual(of.failureLimit);
      expect(Math.abs(atMs - newest.atMs)).toBeLessThanOrEqual(freshMs(of));
      for (const side of of.compare === 'challenger' ? [newest.challenger] : [newest.challenger, newest.champion!]) {
        if ('none' in side) throw new Error('an unknown number was passed');
        expect(Number.isFinite(side.value)).toBe(true);
        expect(Math.abs(newest.atMs - side.sampleMs)).toBeLessThanOrEqual(of.maxAgeMs);
      }
      expect(of.better === 'lower' ? finding.value! <= of.limit : finding.value! >= of.limit).toBe(true);
    }), { numRuns: 2_000 });
  });

  test('one more unknown, stale or failed measurement never makes a pass of what is none', () => {
    fc.assert(fc.property(anyMetric, series, reading, (of, given, last) => {
      const measurements = given.map((each, i) => sampleMeasurement(SCOPE, i, each));
      const more = sampleMeasurement(SCOPE, given.length, { challenger: last, champion: last, atMs: NOW });
      if (resultOf(of, more).state !== 'good') expect(found(of, [...measurements, more], NOW).state).not.toBe('pass');
    }), { numRuns: 1_000 });
  });
});
