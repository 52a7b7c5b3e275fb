import { Readable } from 'node:stream';
import fc from 'fast-check';
import { address, problemError } from '../../../cli/client.ts';
import { csvRows } from '../../../cli/feed/csv.ts';
import { latencies } from '../../../cli/feed/latency.ts';
import { abilities } from '../../../cli/io.ts';
import { formatOf, readLabels, type LabelLine } from '../../../cli/label-file.ts';
import { repainter } from '../../../cli/render/repaint.ts';
import { table, visible } from '../../../cli/render/table.ts';
import { readEvents } from '../../../cli/sse.ts';
import { requestOf } from '../../../cli/tensors.ts';
import { timeMs } from '../../../cli/times.ts';
import type { ModelMetadata } from '../../../domain/tensor.ts';

async function all<T>(items: AsyncIterable<T>): Promise<T[]> { const list: T[] = []; for await (const item of items) list.push(item); return list; }

test('quantiles of latencies are within 2 % of the exact ones', () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0.02, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 500 }), fc.constantFrom(0, 0.5, 0.99, 1), (values, q) => {
    const it = latencies();
    for (const value of values) it.add(value);
    const exact = [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))]!;
    expect(Math.abs(it.quantile(q)! / exact - 1)).toBeLessThanOrEqual(0.02);
  }), { seed: 7 });
  expect(latencies().quantile(0.5)).toBeNull();
});

test('events are read across chunks, with several data lines, and broken ones are left out', async () => {
  const text = ': hello\n\nid: 1\nevent: verdict\ndata: {"deployment":"churn",\ndata: "data":{"n":1}}\n\nid: 2\ndata: not json\n\nid: 3\r\ndata: {}\r\n\r\n';
  const chunks = Array.from(text, (letter) => new TextEncoder().encode(letter));
  expect(await all(readEvents(Readable.from(chunks)))).toMatchObject([{ id: '1', type: 'verdict', deployment: 'churn', data: { n: 1 } }, { id: '3' }]);
});

test('colour and redrawing are off for NO_COLOR, TERM=dumb, --no-color, CI and anything but a terminal', () => {
  const terminal = { env: {}, outIsTty: true, errIsTty: true };
  expect(abilities(terminal, false)).toEqual({ color: true, interactive: true });
  expect(abilities({ ...terminal, env: { NO_COLOR: '1' } }, false)).toEqual({ color: false, interactive: true });
  expect(abilities(terminal, true)).toEqual({ color: false, interactive: true });
  for (const off of [{ ...terminal, outIsTty: false }, { ...terminal, errIsTty: false }, { ...terminal, env: { TERM: 'dumb' } }]) expect(abilities(off, false)).toEqual({ color: false, interactive: false });
  expect(abilities({ ...terminal, env: { CI: 'true' } }, false).interactive).toBe(false);
});

const single: ModelMetadata = { name: 'm', platform: 'onnx', versions: ['1'], inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 2] }], outputs: [] };
test('rows become one tensor in the order of the columns, and misfits say which', () => {
  expect(requestOf(single, [{ a: 1, b: '2.5' }, { a: 3, b: 4 }])).toEqual({ inputs: [{ name: 'features', datatype: 'FP32', shape: [2, 2], data: [1, 2.5, 3, 4] }] });
  expect(() => requestOf(single, [{ a: 1 }])).toThrow(/takes 2 values, and there are 1: a/);
  expect(() => requestOf(single, [{ a: 1, b: '' }])).toThrow(/not a finite number/);
  expect(() => requestOf({ ...single, inputs: [{ name: 'age', datatype: 'FP32', shape: [-1, 1] }] }, [{ years: 3 }])).toThrow(/age has no value; given are years/);
});

test('a CSV becomes rows: features by default all but label and time, empty labels none, missing columns listed', async () => {
  const csv = 'when,a,b,y\n2026-03-02 10:00:00,1,2,1\n2026-03-02T10:30:00Z,3,x,\n';
  const plan = { features: null, label: 'y', time: { column: 'when' }, from: 0, to: Infinity } as const;
  expect(await all(csvRows(Readable.from([csv]), plan))).toEqual([
    { index: 0, timeMs: Date.UTC(2026, 2, 2, 10), features: { a: 1, b: 2 }, label: 1 }, { index: 1, timeMs: Date.UTC(2026, 2, 2, 10, 30), features: { a: 3, b: 'x' }, label: null },
  ]);
  expect(await all(csvRows(Readable.from([csv]), { ...plan, from: 1, to: 2, time: { startMs: 1_000, stepMs: 10 }, features: ['a'] }))).toEqual([{ index: 1, timeMs: 1_010, features: { a: 3 }, label: null }]);
  await expect(all(csvRows(Readable.from([csv]), { ...plan, features: ['a', 'c'] }))).rejects.toThrow('The file has no column c; it has when, a, b, y.');
  await expect(all(csvRows(Readable.from(['when,y\nsoon,1\n']), plan))).rejects.toThrow(/Row 0 has the time "soon"/);
});

test('labels read the same from JSON, NDJSON and CSV', async () => {
  const expected: LabelLine[] = [{ inferenceId: 'inf_1', value: 1, row: 2, labelMs: 1_000 }, { inferenceId: 'inf_2', value: 'gold' }];
  const read = (text: string, format: 'json' | 'ndjson' | 'csv'): Promise<LabelLine[]> => all(readLabels(Readable.from([Buffer.from(text)]), format));
  expect(await read('{"labels":[{"inferenceId":"inf_1","value":1,"row":2,"labelMs":1000},{"id":"inf_2","value":"gold"}]}', 'json')).toEqual(expected);
  expect(await read('{"id":"inf_1","value":1,"row":2,"time":"1970-01-01T00:00:01Z"}\n\n{"id":"inf_2","value":"gold"}\n', 'ndjson')).toEqual(expected);
  expect(await read('id,value,row,time\ninf_1,1,2,1000\ninf_2,gold,,\n', 'csv')).toEqual(expected);
  await expect(read('id,value\ninf_1,\n', 'csv')).rejects.toThrow(/Label 1 needs an inference id and a value/);
  expect(formatOf('a.jsonl')).toBe('ndjson');
  expect(() => formatOf('a.txt')).toThrow(/--format/);
});

test('paths are filled and escaped; an answer without a problem document becomes what its status means', () => {
  expect(address('http://h:1/', { path: '/api/v1/deployments/{name}/records/{inferenceId}' }, { params: { name: 'a', inferenceId: 'x/y' }, query: { limit: 2, after: undefined } })).toBe('http://h:1/api/v1/deployments/a/records/x%2Fy?limit=2');
  expect(problemError(503, '<html>', '7')).toMatchObject({ code: 'LM_API_UNAVAILABLE', retryAfterMs: 7_000 });
  expect(problemError(418, '{"code":"LM_MADE_UP","detail":"tea"}', null)).toMatchObject({ code: 'LM_INVALID_REQUEST' });
});

test('tables align by what is seen, and a block is drawn over the rows that it took', () => {
  const escape = String.fromCharCode(27);
  expect(visible(`${escape}[31mred${escape}[39m`)).toBe(3);
  expect(table(['a', 'b'], [[`${escape}[31mred${escape}[39m`, 'x'], ['y', 'z']]).split('\n').at(-1)).toBe('y    z');
  const drawn: string[] = [];
  const paint = repainter({ out: (text) => drawn.push(text), columns: 10 });
  paint('0123456789abc\nsecond');
  paint('0123456789abc\nsecond');
  paint('x');
  expect(drawn).toEqual(['0123456789abc\nsecond\n', `${escape}[3A${escape}[Jx\n`]);
});

describe('times', () => {
  test.each([['2026-05-04T10:00:00Z', Date.UTC(2026, 4, 4, 10)], ['2026-05-04T10:00+02:00', Date.UTC(2026, 4, 4, 8)], ['2026-05-04t10:00:00.250z', Date.UTC(2026, 4, 4, 10) + 250], ['2026-05-04', Date.UTC(2026, 4, 4)], ['1777888800000', 1_777_888_800_000]])('%s', (text, ms) => { expect(timeMs(text)).toBe(ms); });
  // Without an offset it would mean another moment on another machine.
  test.each(['2026-05-04T10:00:00', '2026-05-04 10:00', '2026-05-04T10', '2026-13-01', '2026-05-04T25:00Z', '2026-05-04Tgarbage', 'yesterday', ''])('%j is refused', (text) => { expect(() => timeMs(text)).toThrow('with its offset'); });
});
