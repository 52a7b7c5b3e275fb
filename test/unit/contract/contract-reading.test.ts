import fc from 'fast-check';
import { labelValue, readAnswer } from '../../../domain/contract-reading.ts';
import { OFF_CONTRACT, type Contract } from '../../../domain/contract.ts';
import { compareGolden } from '../../../domain/golden.ts';
import { answerTexts } from '../../support/contract-arbitraries.ts';

const binary: Contract = {
  task: 'binary', inputs: [], outputs: [{ name: 'label', datatype: 'INT64', shape: [-1] }, { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] }],
  score: { output: 'probabilities', column: 1 }, klass: { output: 'label', column: null }, classes: [0, 1], positive: 1, threshold: 0.5, range: { min: 0, max: 1 }, golden: [], latencyLimitMs: 100,
};
const regression: Contract = { ...binary, task: 'regression', outputs: [{ name: 'score', datatype: 'FP32', shape: [-1, 1] }], score: { output: 'score', column: null }, klass: null, classes: null, positive: null, range: null };
const multiclass: Contract = { ...binary, task: 'multiclass', outputs: [], score: null, klass: { output: 'probabilities', column: null }, classes: ['a', 'b', 'c'], positive: null, range: null };
const proba = (...data: unknown[]): unknown => ({ name: 'probabilities', datatype: 'FP32', shape: [data.length / 2, 2], data });
const label = (...data: unknown[]): unknown => ({ name: 'label', datatype: 'INT64', shape: [data.length], data });
const read = (contract: Contract, ...outputs: unknown[]): ReturnType<typeof readAnswer> => readAnswer(contract, JSON.stringify({ model_name: 'm', outputs }));

test('rows of a batch are read one by one; the class follows from the threshold', () => {
  expect(read(binary, label(0, 1, 1), proba(0.8, 0.2, 0.5, 0.5, 0.1, 0.9))).toEqual({ ok: true, predictions: [{ row: 0, score: 0.2, klass: 0 }, { row: 1, score: 0.5, klass: 1 }, { row: 2, score: 0.9, klass: 1 }] });
  expect(read({ ...binary, threshold: 0.95 }, label(1), proba(0.1, 0.9))).toMatchObject({ predictions: [{ klass: 0 }] });
});

test('nested data and a label of shape [n, 1] are the same answer, and a request may leave the label out', () => {
  const nested = { name: 'probabilities', datatype: 'FP32', shape: [2, 2], data: [[0.8, 0.2], [0.1, 0.9]] };
  const expected = { ok: true, predictions: [{ row: 0, score: 0.2, klass: 0 }, { row: 1, score: 0.9, klass: 1 }] };
  expect(read(binary, nested, { name: 'label', datatype: 'INT64', shape: [2, 1], data: [[0], [1]] })).toEqual(expected);
  expect(read(binary, nested)).toEqual(expected);
});

test('a rounding beyond the range is moved to the bound; more is out of range', () => {
  expect(read(binary, proba(0, 1.0000001))).toMatchObject({ ok: true, predictions: [{ score: 1 }] });
  expect(read(binary, proba(0, 1.001))).toMatchObject({ ok: false, reason: 'out-of-range' });
});

test.each([
  ['null', 'non-finite', () => read(binary, label(1), proba(0.2, null))],
  ['null in the other column', 'non-finite', () => read(binary, label(1), proba(null, 0.2))],
  ['NaN as a bare word', 'non-finite', () => readAnswer(binary, '{"model_name":"a \\"NaN\\" model","outputs":[{"name":"probabilities","datatype":"FP32","shape":[1,2],"data":[0.5,NaN]}]}')],
  ['-Infinity as a bare word', 'non-finite', () => readAnswer(regression, '{"outputs":[{"name":"score","datatype":"FP32","shape":[1,1],"data":[-Infinity]}]}')],
  ['a number beyond double', 'non-finite', () => readAnswer(regression, '{"outputs":[{"name":"score","datatype":"FP32","shape":[1,1],"data":[1e999]}]}')],
  ['NaN as a text', 'non-finite', () => read(binary, label(1), proba(0.2, 'nan'))],
  ['a text', 'wrong-type', () => read(binary, label(1), proba(0.2, 'high'))],
  ['a label that is no integer', 'wrong-type', () => read(binary, label(0.5), proba(0.2, 0.8))],
  ['a class that nobody knows', 'unknown-class', () => read(binary, label(2), proba(0.2, 0.8))],
  ['no score', 'missing-output', () => read(binary, label(1))],
  ['no outputs', 'missing-output', () => readAnswer(binary, '{"error":"busy"}')],
  ['three columns', 'wrong-shape', () => read(binary, { name: 'probabilities', datatype: 'FP32', shape: [1, 3], data: [0.1, 0.2, 0.7] })],
  ['fewer values than the shape says', 'wrong-shape', () => read(binary, { name: 'probabilities', datatype: 'FP32', shape: [2, 2], data: [0.1, 0.9] })],
  ['uneven rows', 'wrong-shape', () => read(binary, label(1, 0), proba(0.2, 0.8))],
  ['no rows', 'wrong-shape', () => read(binary, { name: 'probabilities', datatype: 'FP32', shape: [0, 2], data: [] })],
  ['an output twice', 'wrong-shape', () => read(binary, proba(0.2, 0.8), proba(0.8, 0.2))],
  ['HTML', 'unparsable', () => readAnswer(binary, '<html>502</html>')],
  ['nothing', 'unparsable', () => readAnswer(binary, '')],
  ['half an answer', 'unparsable', () => readAnswer(binary, '{"outputs":[{"name":"probab')],
  ['a list', 'unparsable', () => readAnswer(binary, '[]')],
] as const)('%s is %s', (_what, reason, call) => { expect(call()).toMatchObject({ ok: false, reason }); });

test('regression reads the value; multiclass takes the highest of several columns, and texts by their name', () => {
  expect(read(regression, { name: 'score', datatype: 'FP32', shape: [2], data: [1.5, -3] })).toEqual({ ok: true, predictions: [{ row: 0, score: 1.5, klass: null }, { row: 1, score: -3, klass: null }] });
  const wide = { name: 'probabilities', datatype: 'FP32', shape: [2, 3], data: [0.1, 0.7, 0.2, 0.5, 0.1, 0.4] };
  expect(read(multiclass, wide)).toEqual({ ok: true, predictions: [{ row: 0, score: null, klass: 'b' }, { row: 1, score: null, klass: 'a' }] });
  expect(read({ ...multiclass, classes: [10, 20, 30] }, wide)).toMatchObject({ predictions: [{ klass: 20 }, { klass: 10 }] });
  const texts: Contract = { ...multiclass, outputs: [{ name: 'label', datatype: 'BYTES', shape: [-1] }], klass: { output: 'label', column: null } };
  expect(read(texts, { name: 'label', datatype: 'BYTES', shape: [1], data: ['c'] })).toMatchObject({ predictions: [{ klass: 'c' }] });
  expect(read(texts, { name: 'label', datatype: 'BYTES', shape: [1], data: ['z'] })).toMatchObject({ ok: false, reason: 'unknown-class' });
});

test('binary without a score reads the class: a text, or the place of one', () => {
  const byClass: Contract = { ...binary, outputs: [], score: null, classes: ['no', 'yes'], positive: 'yes' };
  expect(read(byClass, label(1, 0))).toMatchObject({ predictions: [{ score: null, klass: 1 }, { klass: 0 }] });
  expect(read(byClass, { name: 'label', datatype: 'BYTES', shape: [1], data: ['yes'] })).toMatchObject({ predictions: [{ klass: 1 }] });
});

test('whatever the answer, reading it never throws, and a good reading holds only good numbers', () => {
  fc.assert(fc.property(answerTexts, fc.constantFrom(binary, regression, multiclass), (text, contract) => {
    const reading = readAnswer(contract, text);
    if (!reading.ok) { expect(OFF_CONTRACT).toContain(reading.reason); return; }
    expect(reading.predictions.length).toBeGreaterThan(0);
    for (const { score, klass } of reading.predictions) {
      if (contract.score !== null) expect(Number.isFinite(score)).toBe(true);
      if (contract.range !== null) expect(score! >= contract.range.min && score! <= contract.range.max).toBe(true);
      if (contract.task === 'binary') expect([0, 1]).toContain(klass);
      if (contract.task === 'multiclass') expect(contract.classes).toContain(klass);
    }
  }), { numRuns: 2_000, seed: 11 });
});

test('good answers survive the round trip', () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (scores) => {
    const reading = read(binary, proba(...scores.flatMap((p) => [1 - p, p])));
    expect(reading.ok && reading.predictions.map(({ score }) => score)).toEqual(scores.map((p) => (p === 0 ? 0 : p)));
  }), { numRuns: 300, seed: 12 });
});

test('a very long text without an end is refused, not a crash', () => {
  expect(readAnswer(binary, `{"a": NaN, "b": "${'x'.repeat(8_000_000)}`)).toMatchObject({ ok: false, reason: 'unparsable' });
  expect(readAnswer(binary, '['.repeat(200_000))).toMatchObject({ ok: false, reason: 'unparsable' });
  expect(readAnswer(binary, `{"outputs":[{"name":"probabilities","datatype":"FP32","shape":[1,2],"data":${'['.repeat(100_000)}${']'.repeat(100_000)}}]}`)).toMatchObject({ ok: false });
});

describe('labels in the contract\'s own terms', () => {
  const named: Contract = { ...binary, classes: ['DOWN', 'UP'], positive: 'UP' };
  test.each<[Contract, number | string | boolean, number | string | null]>([
    [binary, 1, 1], [binary, 0, 0], [binary, '1', 1], [binary, true, 1], [binary, false, 0], [binary, 2, null], [binary, 'yes', null], [binary, '', null], [binary, Number.NaN, null],
    [named, 'UP', 1], [named, 'DOWN', 0], [named, 'up', null], [named, 1, null], [{ ...binary, classes: ['false', 'true'], positive: 'true' }, true, 1],
    [multiclass, 'b', 'b'], [multiclass, 'z', null], [{ ...multiclass, classes: null }, 3, 3], [{ ...multiclass, classes: [1, 2, 3] }, '2', 2],
    [regression, 2.5, 2.5], [regression, '2.5', 2.5], [regression, 'much', null], [regression, ' ', null], [regression, Number.POSITIVE_INFINITY, null],
  ])('%#: %p is %p', (contract, value, expected) => { expect(labelValue(contract, value)).toBe(expected); });
});

describe('golden answers', () => {
  const request = { inputs: [] };
  const response = { model_name: 'm', outputs: [{ name: 'p', datatype: 'FP32', shape: [1, 2], data: [[0.25, 200]] }, { name: 'c', datatype: 'BYTES', shape: [1], data: ['x'] }] };
  test('agree within the tolerance, relative for large numbers; texts exactly', () => {
    expect(compareGolden({ request, expect: { p: [0.2501, 200.01], c: ['x'] }, tolerance: 1e-3 }, response)).toBeNull();
    expect(compareGolden({ request, expect: null, tolerance: 0 }, response)).toBeNull();
  });
  test.each<[Record<string, (number | string)[]>, string]>([
    [{ p: [0.26, 200] }, 'output p value 0 is 0.25, expected 0.26'], [{ p: [0.25] }, 'output p has 2 values, 1 were expected'],
    [{ q: [1] }, 'no output q'], [{ c: ['y'] }, 'output c value 0 is "x", expected "y"'], [{ c: [1] }, 'output c value 0'],
  ])('%j differs', (expected, text) => { expect(compareGolden({ request, expect: expected, tolerance: 1e-3 }, response)).toContain(text); });
  test('a null in the answer agrees with nothing', () => {
    expect(compareGolden({ request, expect: { p: [0] }, tolerance: 10 }, { model_name: 'm', outputs: [{ name: 'p', datatype: 'FP32', shape: [1], data: [null] }] })).toContain('is null');
  });
});
