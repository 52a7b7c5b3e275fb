import fc from 'fast-check';
import type { Contract } from '../../../domain/contract.ts';
import { codeOf, valueOfCode, type Cell } from '../../../domain/drift/feature-code.ts';
import { mergeProfiles, MOST_TEXTS, profileFold, type Profile } from '../../../domain/drift/profile.ts';
import { profileDrift } from '../../../domain/drift/profile-drift.ts';
import { discrepancy, embedding } from '../../../domain/drift/random-features.ts';
import { featureColumns, featuresOf } from '../../../domain/drift/request-features.ts';
import { USUAL_RULE } from '../../../domain/drift/rule.ts';
import { calibrationOf, driftSentence, featureSpace, trafficFold, windowFinding, type DriftReference } from '../../../domain/drift/watch.ts';
import { normals, uniforms } from '../../../domain/analysis/stats/seeded-random.ts';
import { BINARY, leg } from '../../support/analysis-arbitraries.ts';

describe('codes', () => {
  test('a number is told within 1 %, codes lie in the order of values, and what is no number has none', () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }), (a, b) => {
      const [x, y] = [codeOf(a) as number, codeOf(b) as number];
      expect(Math.abs(valueOfCode(x) - a)).toBeLessThanOrEqual(Math.abs(a) * 0.0101 + 1e-300);
      if (a < b) expect(x).toBeLessThanOrEqual(y);
    }), { seed: 3, numRuns: 2_000 });
    expect([codeOf(NaN), codeOf(Infinity), codeOf(null), codeOf(undefined), codeOf({}), codeOf([1])]).toEqual([null, null, null, null, null, null]);
    expect([codeOf(true), codeOf('x'.repeat(100)), codeOf(0), codeOf(-0)]).toEqual(['true', 'x'.repeat(64), 0, 0]);
    for (const extreme of [Number.MAX_VALUE, 1e-299, -Number.MAX_VALUE]) expect(Math.abs(valueOfCode(codeOf(extreme) as number) / extreme - 1)).toBeLessThan(0.011);
  });
});

describe('features of a request', () => {
  const columns = featureColumns([{ name: 'features', datatype: 'FP32', shape: [-1, 3] }, { name: 'plan', datatype: 'BYTES', shape: [-1] }, { name: 'image', datatype: 'FP32', shape: [-1, 8, 8] }]);
  test('columns are those of the contract; flat and nested data are the same', () => {
    expect(columns.map(({ name }) => name)).toEqual(['features[0]', 'features[1]', 'features[2]', 'plan']);
    const flat = { inputs: [{ name: 'features', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }, { name: 'plan', shape: [2], data: ['gold', 'basic'] }] };
    const nested = { inputs: [{ name: 'plan', shape: [2], data: ['gold', 'basic'] }, { name: 'features', shape: [2, 3], data: [[1, 2, 3], [4, 5, 6]] }] };
    expect(featuresOf(flat, columns)).toEqual([[codeOf(1), codeOf(2), codeOf(3), 'gold'], [codeOf(4), codeOf(5), codeOf(6), 'basic']]);
    expect(featuresOf(nested, columns)).toEqual(featuresOf(flat, columns));
  });
  test('what is missing is missing, and what is no request has none', () => {
    expect(featuresOf({ inputs: [{ name: 'features', data: [1, null, 3] }] }, columns)).toEqual([[codeOf(1), null, codeOf(3), null]]);
    for (const none of [null, 7, 'x', [], {}, { inputs: 3 }]) expect(featuresOf(none, columns)).toBeNull();
    expect(featuresOf({ inputs: [null, 3, { name: 5, data: [] }, { name: 'features', data: 'x' }] }, columns)).toEqual([]);
    expect(featuresOf({ inputs: [{ name: 'features', data: Array(3_000).fill(1) }] }, columns)).toHaveLength(8);
    expect(featuresOf({ inputs: [] }, [])).toBeNull();
  });
});

const profileOf = (names: readonly string[], rows: readonly (readonly Cell[])[]): Profile => { const fold = profileFold(names); for (const row of rows) fold.add(row); return fold.profile(); };

test('profiles merge: of two parts is of all, in any order', () => {
  const cell = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom('a', 'b', '$c.d'), fc.constant(null));
  fc.assert(fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 40 }), fc.nat(40), (rows, cut) => {
    const merged = mergeProfiles(profileOf(['x', 'y'], rows.slice(0, cut)), profileOf(['x', 'y'], rows.slice(cut)));
    expect(merged).toEqual(profileOf(['x', 'y'], rows));
    expect(profileOf(['x', 'y'], [...rows].reverse())).toEqual(merged);
  }), { seed: 4, numRuns: 200 });
  const many = profileOf(['id'], Array.from({ length: MOST_TEXTS + 7 }, (_, i) => [`id-${i}`]));
  expect(many.columns[0]).toMatchObject({ otherTexts: 7 });
});

describe('a window against the reference', () => {
  const numbers = (seed: number, n: number, shift = 0): Cell[][] => { const z = normals(seed); return Array.from({ length: n }, () => [codeOf(100 + 10 * (z() + shift)), z() > 0 ? 'gold' : 'basic']); };
  const names = ['age', 'plan'];
  const reference = profileOf(names, numbers(1, 5_000));
  const against = (rows: readonly (readonly Cell[])[]) => profileDrift(reference, profileOf(names, rows), USUAL_RULE);

  test('bins hold equal shares of the reference, and the same traffic is no drift', () => {
    const same = against(numbers(2, 2_000));
    expect(same.verdict).toBe('no-drift');
    expect(same.columns.map(({ name, type }) => [name, type])).toEqual([['age', 'numeric'], ['plan', 'categorical']]);
    expect(same.columns[0]!.psi).toBeLessThan(0.03);
  });
  test('a shift, missing values and a new category are drift, each in its column', () => {
    expect(against(numbers(2, 1_000, 0.6)).columns.map(({ verdict }) => verdict)).toEqual(['drift', 'no-drift']);
    expect(against(numbers(2, 1_000).map(([age, plan], i) => [i % 4 === 0 ? null : age!, plan!])).columns[0]).toMatchObject({ verdict: 'drift', missing: { ref: 0, cur: 250 } });
    expect(against(numbers(2, 1_000).map(([age, plan], i) => [age!, i % 3 === 0 ? 'platinum' : plan!])).columns[1]).toMatchObject({ verdict: 'drift', newCategories: ['platinum'] });
    expect(against(numbers(2, 1_000).map(([, plan]) => ['text', plan!])).columns[0]!.verdict).toBe('drift');
  });
  test('too few rows are never acted on', () => { expect(against(numbers(2, 60, 3)).columns[0]!.verdict).toBe('insufficient'); expect(against(numbers(2, 15, 3)).verdict).toBe('insufficient'); });
  test('under no drift the budget of false alarms holds at every size of window', () => {
    for (const n of [500, 1_000, 5_000]) {
      const alarms = Array.from({ length: 100 }, (_, run) => Number(against(numbers(run + 10, n)).verdict === 'drift')).reduce((a, b) => a + b);
      expect(alarms).toBeLessThanOrEqual(9);
    }
  });
});

describe('all numeric columns together', () => {
  /** Correlation of the two columns; each by itself stays standard normal. */
  const blocks = (seed: number, rho: number, count = 20): number[][] => {
    const z = normals(seed);
    const embed = embedding({ seed: 5, columns: [{ at: 0, mean: 0, deviation: 1 }, { at: 1, mean: 0, deviation: 1 }] });
    return Array.from({ length: count }, () => { const sum = new Float64Array(128); for (let i = 0; i < 100; i += 1) { const x = z(); embed([x, rho * x + Math.sqrt(1 - rho * rho) * z()]).forEach((v, k) => { sum[k] = sum[k]! + v / 100; }); } return [...sum]; });
  };
  test('a joint change that no column shows is seen; the same joint distribution is not', () => {
    expect(discrepancy(blocks(1, 0), blocks(2, 0.8, 10), 3)!.p).toBeLessThanOrEqual(1 / 500);
    const alarms = Array.from({ length: 60 }, (_, run) => Number(discrepancy(blocks(1_000 + run, 0.3), blocks(2_000 + run, 0.3, 10), 3)!.p <= 0.05)).reduce((a, b) => a + b);
    expect(alarms).toBeLessThanOrEqual(8);
  });
  test('too few blocks tell nothing, and the same seed gives the same digits', () => {
    expect(discrepancy(blocks(1, 0, 4), blocks(2, 0), 3)).toBeNull();
    expect(discrepancy(blocks(1, 0), blocks(2, 0), 3)).toEqual(discrepancy(blocks(1, 0), blocks(2, 0), 3));
    expect([...embedding({ seed: 5, columns: [] })([])].every(Number.isFinite)).toBe(true);
  });
});

describe('expected quality from scores', () => {
  const contract: Contract = { ...BINARY, inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }] };
  const u = uniforms(8);
  const labelled = Array.from({ length: 4_000 }, () => { const score = u(); return { score, label: u() < score ** 2 ? 1 as const : 0 as const }; });
  const calibration = calibrationOf(labelled)!;
  const space = featureSpace([[codeOf(1)], [codeOf(3)]], 7);
  const scored = (scores: readonly number[]) => {
    const fold = trafficFold({ contract, space, calibration, outputsOf: 'var_champion' });
    fold.add(scores.map((score, i) => leg(`inf_${i}`, 'champion', { predictions: [{ row: 0, score, klass: score >= 0.5 ? 1 : 0 }], features: [[codeOf(score)]] })));
    return fold.result();
  };
  const before = scored(Array.from({ length: 2_000 }, u));
  const reference: DriftReference = {
    tenantId: 'default', deploymentUid: 'dep_1', variantId: 'var_champion', source: 'rollout', rolloutId: 'dep_1/2', fromMs: 0, toMs: 1, profile: before.profile, calibration, expectedAccuracy: before.expected!.accuracy, space, blocks: before.blocks, madeAtMs: 1,
  };
  test('a calibration takes outcomes of the reference; the estimate is what such scores are right by', () => {
    // True share of right decisions: ∫_0^.5 (1 − s²) + ∫_.5^1 s² = 0.4583 + 0.2917.
    expect(before.expected!.accuracy).toBeCloseTo(0.75, 1);
    expect(calibrationOf(labelled.slice(0, 100))).toBeNull();
  });
  test('scores that crowd where decisions are hard lower it, and the window says so in a sentence', () => {
    const hard = windowFinding(reference, scored(Array.from({ length: 2_000 }, () => 0.55 + 0.2 * u())), USUAL_RULE, { fromMs: 0, toMs: 1, foldedAtMs: 1, before: null })!;
    expect(hard.estimate).toMatchObject({ isLow: true });
    expect(driftSentence(hard)).toMatch(/^x, output\.score, output\.class changed since it became champion\. By its scores alone 4\d\.?\d? % of decisions are expected to be right, against 7\d\.?\d? % before\.$/);
    const same = windowFinding(reference, scored(Array.from({ length: 2_000 }, u)), USUAL_RULE, { fromMs: 0, toMs: 1, foldedAtMs: 1, before: null })!;
    expect(same.estimate!.isLow).toBe(false);
    expect(driftSentence(same)).toBe('Nothing changed that matters.');
    expect(windowFinding(reference, scored([]), USUAL_RULE, { fromMs: 0, toMs: 1, foldedAtMs: 1, before: null })).toBeNull();
    expect(windowFinding({ ...reference, expectedAccuracy: null }, scored([0.5]), USUAL_RULE, { fromMs: 0, toMs: 1, foldedAtMs: 1, before: null })!.estimate).toBeNull();
  });
});
