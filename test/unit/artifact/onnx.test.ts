import { startChild, type Child } from '../../../modelhost/child-process.ts';
import { readOnnxMetadata } from '../../../artifact/onnx/read.ts';
import { encodeGraph } from '../../../artifact/onnx/graph.ts';
import { ModelProto } from '../../../artifact/onnx/schema.ts';
import { writeBoostedTrees, writeLinearRegression, writeLogistic } from '../../../artifact/onnx/write.ts';
import { CHURN, churnOnnx, churnOnnxWithHole, LINEAR, linearOf, linearOnnx, sigmoid, treeOf, TREES, treesOnnx } from '../../support/onnx-models.ts';

/** FP32 rows, so that the comparison in double precision starts from the same numbers. */
function rowsOf(n: number, columns: number, seed: number): number[][] {
  let state = seed;
  const next = (): number => { state = (state * 1_103_515_245 + 12_345) % 2_147_483_648; return Math.fround((state / 2_147_483_648) * 8 - 4); };
  return Array.from({ length: n }, () => Array.from({ length: columns }, next));
}

describe('against ONNX Runtime', () => {
  let child: Child;
  let slot = 0;
  beforeAll(() => { child = startChild(); });
  afterAll(() => child.kill());

  async function run(bytes: Uint8Array, rows: readonly (readonly number[])[]): Promise<Record<string, unknown[]>> {
    slot += 1;
    const header = Buffer.from('{"servedName":"m","servedVersion":"1","threads":1}\n');
    const loaded = await child.call('load', slot, Buffer.concat([header, bytes]), 30_000);
    expect(loaded).toMatchObject({ status: 200 });
    const request = { inputs: [{ name: 'features', datatype: 'FP32', shape: [rows.length, rows[0]!.length], data: rows }] };
    const { status, body } = await child.call('infer', slot, Buffer.from(JSON.stringify(request)), 30_000);
    expect(status).toBe(200);
    const { outputs } = JSON.parse(body.toString()) as { outputs: { name: string; data: unknown[] }[] };
    return Object.fromEntries(outputs.map(({ name, data }) => [name, data]));
  }
  const near = (found: unknown, expected: number): void => { expect(Math.abs(Number(found) - expected)).toBeLessThan(1e-6); };

  test('logistic regression on standardised features', async () => {
    const rows = rowsOf(200, 3, 1);
    const { label, probabilities } = await run(churnOnnx(), rows);
    rows.forEach((row, i) => {
      const p = sigmoid(linearOf(CHURN, row));
      near(probabilities![2 * i + 1], p);
      near(probabilities![2 * i], 1 - p);
      if (Math.abs(p - 0.5) > 1e-6) expect(label![i]).toBe(p > 0.5 ? 1 : 0);
    });
  });

  test('boosted trees, rows on a threshold going low', async () => {
    const rows = [...rowsOf(200, 2, 2), [0.5, -1], [0.5000001, -1], [0, 2], [1, 2.5]].map((row) => row.map(Math.fround));
    const { probabilities } = await run(treesOnnx(), rows);
    rows.forEach((row, i) => { near(probabilities![2 * i + 1], sigmoid(TREES.reduce((sum, tree) => sum + treeOf(tree, row), -0.15))); });
  });

  test('linear regression', async () => {
    const rows = rowsOf(100, 2, 3);
    const { variable } = await run(linearOnnx(), rows);
    rows.forEach((row, i) => { near(variable![i], linearOf(LINEAR, row)); });
  });

  test('a model with a hole answers null for the rows in it, and the others as before', async () => {
    const rows = [[1, 2, 40], [10.5, 2, 40], [10, 2, 40], [11, 0, 0]];
    const { probabilities } = await run(churnOnnxWithHole(), rows);
    expect(probabilities!.map((value) => value === null)).toEqual([false, false, true, true, false, false, true, true]);
    near(probabilities![1], sigmoid(linearOf(CHURN, rows[0]!)));
    near(probabilities![5], sigmoid(linearOf(CHURN, rows[2]!)));
  });
});

describe('reading', () => {
  test('inputs, outputs, opsets and producer', () => {
    expect(readOnnxMetadata(churnOnnx())).toEqual({
      inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 3] }],
      outputs: [{ name: 'label', datatype: 'INT64', shape: [-1] }, { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] }],
      skippedOutputs: [], irVersion: 8, opsets: [{ domain: 'ai.onnx', version: 17 }, { domain: 'ai.onnx.ml', version: 3 }], producer: 'lastmile 1',
      operators: ['Add', 'ArgMax', 'Concat', 'Div', 'Identity', 'MatMul', 'Sigmoid', 'Sub'],
    });
    expect(readOnnxMetadata(treesOnnx()).operators).toContain('ai.onnx.ml.TreeEnsembleRegressor');
  });

  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()], ['text', Buffer.from('not a model at all')], ['zeros', Buffer.alloc(64)], ['a model cut off', churnOnnx().subarray(0, -9)],
    ['half a model', churnOnnx().subarray(0, 200)], ['a pickle', Buffer.from([0x80, 4, 0x95, 1, 2, 3])],
  ])('%s is refused', (_what, bytes) => {
    expect(() => readOnnxMetadata(bytes)).toThrow(expect.objectContaining({ code: 'LM_VALIDATION_FAILED' }) as Error);
  });

  test('every prefix of a model is refused or read, never a crash of another kind', () => {
    const bytes = churnOnnx();
    for (let end = 0; end < bytes.length; end += 7) {
      try { readOnnxMetadata(bytes.subarray(0, end)); } catch (error) { expect(error).toMatchObject({ code: 'LM_VALIDATION_FAILED' }); }
    }
  });

  const change = (edit: (model: { graph: { initializer: Record<string, unknown>[]; output: Record<string, unknown>[]; node: Record<string, unknown>[] } }) => void): Uint8Array => {
    const model = ModelProto.toObject(ModelProto.decode(churnOnnx()), { longs: Number });
    edit(model as never);
    return ModelProto.encode(ModelProto.fromObject(model)).finish();
  };

  test('weights in other files are refused, in the graph and in a graph inside an operator', () => {
    const outside = { name: 'w', dims: [1], data_type: 1, data_location: 1, external_data: [{ key: 'location', value: '../../etc/passwd' }] };
    expect(() => readOnnxMetadata(change(({ graph }) => { graph.initializer.push(outside); }))).toThrow(/external files/);
    expect(() => readOnnxMetadata(change(({ graph }) => { graph.node.push({ op_type: 'If', attribute: [{ name: 'then_branch', type: 5, g: { initializer: [outside] } }] }); }))).toThrow(/external files/);
  });

  test('a ZipMap output is left out when there is another, and refused when it is all', () => {
    const map = { name: 'output_probability', type: { sequence_type: {} } };
    expect(readOnnxMetadata(change(({ graph }) => { graph.output[1] = map; }))).toMatchObject({ outputs: [{ name: 'label' }], skippedOutputs: ['output_probability'] });
    expect(() => readOnnxMetadata(change(({ graph }) => { graph.output = [map]; }))).toThrow(/zipmap/);
  });

  test('initializers that are listed as inputs are not asked of callers', () => {
    expect(readOnnxMetadata(change(({ graph }) => { (graph as unknown as { input: unknown[] }).input.push({ name: 'weights', type: { tensor_type: { elem_type: 1, shape: { dim: [] } } } }); })).inputs).toHaveLength(1);
  });
});

describe('writing', () => {
  test('the same model gives the same bytes', () => { expect(churnOnnx()).toEqual(churnOnnx()); });
  test.each<[string, () => Uint8Array]>([
    ['no weights', () => writeLogistic({ weights: [], intercept: 0 })], ['NaN', () => writeLinearRegression({ weights: [Number.NaN], intercept: 0 })],
    ['a number beyond FP32', () => writeLogistic({ weights: [1e300], intercept: 0 })], ['a scale of 0', () => writeLogistic({ weights: [1], intercept: 0, scales: [0] })],
    ['means of another length', () => writeLogistic({ weights: [1], intercept: 0, means: [1, 2] })], ['no trees', () => writeBoostedTrees({ featureCount: 1, base: 0, trees: [] })],
    ['a feature that is not there', () => writeBoostedTrees({ featureCount: 1, base: 0, trees: [{ feature: 1, threshold: 0, low: { leaf: 0 }, high: { leaf: 1 } }] })],
    ['a hole in a feature that is not there', () => writeLogistic({ weights: [1], intercept: 0, nanAbove: { feature: 1, threshold: 0 } })],
  ])('%s is refused', (_what, write) => { expect(write).toThrow(expect.objectContaining({ code: 'LM_VALIDATION_FAILED' }) as Error); });
  test('a graph without operators is written, and refused when it is read', () => {
    expect(() => readOnnxMetadata(encodeGraph({ name: 'empty', inputs: [], outputs: [], constants: [], operators: [] }))).toThrow();
  });
});
