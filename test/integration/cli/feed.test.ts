import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeLastmile, type FakeLastmile } from './fake-lastmile.ts';
import { deploymentView } from './recorded.ts';
import { run, type Ran } from '../../support/cli-run.ts';

let fake: FakeLastmile;
let file: string;
let answered: number;
const START = Date.UTC(2026, 2, 2);
const MINUTE = 60_000;
const cli = (argv: readonly string[], signal?: AbortSignal): Promise<Ran> => run(['--api', fake.url, '--json', 'feed', file, '-d', 'churn', '--label', 'y', '--time', 't', '--fast', ...argv], signal === undefined ? {} : { signal });
const summary = ({ out }: Ran): Record<string, unknown> => JSON.parse(out.trim().split('\n').at(-1)!) as Record<string, unknown>;
const labelled = (): { inferenceId: string; value: unknown; labelMs?: number }[] => fake.seen.filter((seen) => seen.path.endsWith('/labels')).flatMap((seen) => (seen.body as { labels: { inferenceId: string; value: unknown; labelMs?: number }[] }).labels);

beforeEach(async () => {
  answered = 0;
  fake = await fakeLastmile({
    'GET /api/v1/deployments/churn': () => ({ body: deploymentView(null) }),
    'GET /v2/models/churn': () => ({ body: { name: 'churn', platform: 'onnx', versions: ['1'], inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 2] }], outputs: [] } }),
    'POST /v2/models/churn/infer': ({ headers, body }) => {
      answered += 1;
      const row = Number((body as { inputs: { data: number[] }[] }).inputs[0]!.data[0]);
      if (row === 7 && answered < 12) return { status: 503, headers: { 'retry-after': '0' }, body: { error: 'no route yet' } };
      return { afterMs: row % 3, headers: { 'x-lastmile-inference-id': `inf_${String(row)}`, 'x-lastmile-version': '1', 'x-event': String(headers['x-lastmile-event-time']) }, body: { model_name: 'churn', outputs: [] } };
    },
    'POST /api/v1/deployments/churn/labels': ({ body }) => ({ body: { accepted: (body as { labels: unknown[] }).labels.length, repeated: 0, revised: 0, refused: [] } }),
  });
  file = join(mkdtempSync(join(tmpdir(), 'lastmile-feed-')), 'rows.csv');
  writeFileSync(file, `t,a,b,y\n${Array.from({ length: 60 }, (_, i) => `${new Date(START + i * MINUTE).toISOString()},${String(i)},0.5,${String(i % 2)}`).join('\n')}\n`);
});
afterEach(async () => { await fake.close(); });

test('a CSV goes out as inference requests with event times, its outcomes to the API with the time they became known, none missing', async () => {
  const ran = await cli(['--label-delay', '15rows']);
  expect(ran.code).toBe(0);
  expect(summary(ran)).toMatchObject({ type: 'summary', rows: 60, ok: 60, errors: 0, labels: 60, labelsRefused: 0, perVersion: { 1: 60 }, nextRow: 60, pendingLabels: 0 });
  expect((summary(ran).retries as number)).toBeGreaterThan(0);
  expect(labelled().map((label) => label.inferenceId)).toEqual(Array.from({ length: 60 }, (_, i) => `inf_${String(i)}`));
  expect(labelled()[3]).toEqual({ inferenceId: 'inf_3', value: 1, source: 'feed', labelMs: START + 18 * MINUTE });
  const infer = fake.seen.find((seen) => seen.path.endsWith('/infer'))!;
  expect(infer.headers['x-lastmile-event-time']).toBe(String(START));
  expect(infer.body).toEqual({ inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 2], data: [0, 0.5] }] });
  expect(existsSync(`${file}.feed.json`)).toBe(false);
});

test('the server sees every outcome due earlier before it sees a row', async () => {
  await cli(['--label-delay', '5rows', '--concurrency', '10']);
  const known = new Set<number>();
  for (const seen of fake.seen) {
    if (seen.path.endsWith('/labels')) for (const label of (seen.body as { labels: { inferenceId: string }[] }).labels) known.add(Number(label.inferenceId.slice(4)));
    if (!seen.path.endsWith('/infer')) continue;
    const row = Number((seen.body as { inputs: { data: number[] }[] }).inputs[0]!.data[0]);
    for (let due = 0; due + 5 < row; due += 1) expect(known.has(due)).toBe(true);
  }
});

test('without a flag the delay is the deployment\'s; under its gateway clock outcomes carry no time of their own', async () => {
  await cli([]);
  expect(labelled()[0]).toMatchObject({ labelMs: START + 15 * MINUTE });
  fake.seen.length = 0;
  await cli(['--clock', 'gateway']);
  expect(labelled()[0]).toEqual({ inferenceId: 'inf_0', value: 0, source: 'feed' });
});

test('Ctrl-C ends cleanly with 130, and --resume sends the rest: no row and no outcome twice or missing', async () => {
  const stop = new AbortController();
  const handler = fake.handlers['POST /v2/models/churn/infer']!;
  fake.handlers['POST /v2/models/churn/infer'] = (seen) => { if (answered === 25) stop.abort(); return handler(seen); };
  const first = await cli(['--label-delay', '15rows'], stop.signal);
  expect(first.code).toBe(130);
  expect(existsSync(`${file}.feed.json`)).toBe(true);
  const second = await cli(['--label-delay', '15rows', '--resume']);
  expect(second.code).toBe(0);
  expect((summary(first).rows as number) + (summary(second).rows as number)).toBe(60);
  expect(labelled().map((label) => label.inferenceId).sort()).toEqual(Array.from({ length: 60 }, (_, i) => `inf_${String(i)}`).sort());
  expect(existsSync(`${file}.feed.json`)).toBe(false);
});

test('rows that the model cannot take end the feed with the reason', async () => {
  const ran = await cli(['--features', 'a,b,y', '--label-delay', '15rows']);
  expect(ran.code).toBe(1);
  expect(ran.err).toContain('takes 2 values, and there are 3: a, b, y');
});
