import { contractProblems, inferContract } from '../../../domain/contract-inference.ts';
import type { Contract, ContractOverrides } from '../../../domain/contract.ts';
import type { ModelMetadata, TensorMetadata } from '../../../domain/tensor.ts';

const features: TensorMetadata = { name: 'features', datatype: 'FP32', shape: [-1, 3] };
const label: TensorMetadata = { name: 'label', datatype: 'INT64', shape: [-1] };
const textLabel: TensorMetadata = { name: 'label', datatype: 'BYTES', shape: [-1] };
const probabilities = (k: number): TensorMetadata => ({ name: 'probabilities', datatype: 'FP32', shape: [-1, k] });
const score: TensorMetadata = { name: 'score', datatype: 'FP32', shape: [-1, 1] };
const model = (...outputs: TensorMetadata[]): ModelMetadata => ({ name: 'churn', platform: 'onnx', versions: ['7'], inputs: [features], outputs });
const infer = (metadata: ModelMetadata, overrides: Partial<ContractOverrides> = {}, classPayoff = false): Contract =>
  inferContract(metadata, { golden: [], latencyLimitMs: 100, ...overrides }, { classPayoff });
const refusal = (call: () => unknown): string => { try { call(); } catch (error) { expect(error).toMatchObject({ code: 'LM_INVALID_SPEC' }); return (error as Error).message; } throw new Error('it was inferred'); };

test('a label beside two probabilities is binary, the score in column 1', () => {
  expect(infer(model(label, probabilities(2)))).toEqual({
    task: 'binary', inputs: [features], outputs: [label, probabilities(2)], score: { output: 'probabilities', column: 1 }, klass: { output: 'label', column: null },
    classes: [0, 1], positive: 1, threshold: 0.5, range: { min: 0, max: 1 }, golden: [], latencyLimitMs: 100,
  });
});

test('a label beside more probabilities is multiclass', () => {
  expect(infer(model(label, probabilities(5)))).toMatchObject({ task: 'multiclass', score: null, klass: { output: 'label', column: null }, classes: null, positive: null, range: null });
});

test('one column may be a probability or a value: the error lists both lines, and either settles it', () => {
  const message = refusal(() => infer(model(score)));
  expect(message).toContain('contract: {task: binary, score: "score"}');
  expect(message).toContain('contract: {task: regression, score: "score"}');
  expect(infer(model(score), { task: 'binary' })).toMatchObject({ task: 'binary', score: { output: 'score', column: null }, range: { min: 0, max: 1 } });
  expect(infer(model(score), { task: 'regression' })).toMatchObject({ task: 'regression', score: { output: 'score', column: null }, classes: null, range: null });
});

test('a payoff per class says that one column is a probability', () => {
  expect(infer(model(score), {}, true)).toMatchObject({ task: 'binary', score: { output: 'score', column: null }, classes: [0, 1], positive: 1 });
});

test('two columns alone are binary only with a reason to be', () => {
  expect(refusal(() => infer(model(probabilities(2))))).toContain('contract: {task: binary, score: "probabilities[1]"}');
  expect(infer(model(probabilities(2)), {}, true)).toMatchObject({ score: { output: 'probabilities', column: 1 }, klass: null });
});

test('what the file says wins', () => {
  expect(infer(model(label, probabilities(2)), { score: { output: 'probabilities', column: 0 }, classes: [1, 0], positive: 1, threshold: 0.3, range: { min: 0.1, max: 0.9 } }))
    .toMatchObject({ score: { output: 'probabilities', column: 0 }, classes: [1, 0], threshold: 0.3, range: { min: 0.1, max: 0.9 } });
  expect(infer(model(label, probabilities(2)), { task: 'multiclass' })).toMatchObject({ task: 'multiclass', klass: { output: 'label', column: null } });
});

test('the score column follows the place of the positive class', () => {
  expect(infer(model(textLabel, probabilities(2)), { classes: ['DOWN', 'UP'], positive: 'DOWN' })).toMatchObject({ score: { output: 'probabilities', column: 0 }, positive: 'DOWN' });
});

test('text classes are not guessed: the error says what to write', () => {
  expect(refusal(() => infer(model(textLabel, probabilities(2))))).toContain('write contract: {classes: [OTHER, POSITIVE], positive: POSITIVE}');
  expect(refusal(() => infer(model(textLabel, probabilities(2)), { classes: ['DOWN', 'UP'] }))).toMatch(/contract: \{positive: DOWN\}[^]*contract: \{positive: UP\}/);
});

test('every problem is in one error', () => {
  const message = refusal(() => infer(model(label, probabilities(2)), { score: { output: 'nobody', column: null }, threshold: 3, golden: [{ request: { inputs: [] }, expect: { nobody: [1] }, tolerance: 0 }] }));
  for (const part of ['contract.score names the output nobody', 'contract.threshold 3', 'contract.golden[0]: it lacks the input features', 'contract.golden[0]: it expects the output nobody']) expect(message).toContain(part);
});

test.each([
  [{ output: 'probabilities', column: null }, 'has 2 columns; write "probabilities[0]" to "probabilities[1]"'],
  [{ output: 'probabilities', column: 2 }, 'probabilities[2] is beyond'],
] as const)('score %j is refused', (column, text) => {
  expect(refusal(() => infer(model(label, probabilities(2)), { score: column }))).toContain(text);
});

test('several outputs of real numbers need a word from the file', () => {
  expect(refusal(() => infer(model(score, { ...score, name: 'other' }), { task: 'regression' }))).toMatch(/score: "score"[^]*score: "other"/);
});

test('a server that lists no outputs is taken by the file\'s word, with a golden request to check it', () => {
  const silent: ModelMetadata = { ...model(), inputs: [] };
  expect(refusal(() => infer(silent))).toContain('its server lists no outputs');
  const overrides = { task: 'binary', score: { output: 'predict_proba', column: 1 } } as const;
  expect(refusal(() => infer(silent, overrides))).toContain('write at least one request under contract.golden');
  expect(infer(silent, { ...overrides, golden: [{ request: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }] }, expect: null, tolerance: 0 }] })).toMatchObject({ score: overrides.score, inputs: [], outputs: [] });
});

describe('a challenger against the frozen contract', () => {
  const contract = infer(model(label, probabilities(2)));
  test('the same shape fits, and so do more outputs and a wider input', () => {
    expect(contractProblems(contract, model(label, probabilities(2)))).toEqual([]);
    expect(contractProblems(contract, { ...model(probabilities(2), label, score), inputs: [{ ...features, shape: [-1, -1] }] })).toEqual([]);
  });
  test.each<[string, ModelMetadata]>([
    ['another number of features', { ...model(label, probabilities(2)), inputs: [{ ...features, shape: [-1, 4] }] }],
    ['a fixed batch', { ...model(label, probabilities(2)), inputs: [{ ...features, shape: [1, 3] }] }],
    ['another datatype', { ...model(label, probabilities(2)), inputs: [{ ...features, datatype: 'FP64' }] }],
    ['another input name', { ...model(label, probabilities(2)), inputs: [{ ...features, name: 'x' }] }],
    ['one input more', { ...model(label, probabilities(2)), inputs: [features, { ...features, name: 'extra' }] }],
    ['a missing output', model(probabilities(2))],
    ['more classes', model(label, probabilities(3))],
    ['text labels', model(textLabel, probabilities(2))],
    ['no metadata', { ...model(), inputs: [] }],
  ])('%s does not fit', (_what, metadata) => { expect(contractProblems(contract, metadata)).not.toEqual([]); });
});
