import { createWorld, smallFile, type Answer, type World } from '../../support/api-world.ts';

let world: World;
let key: string;
let uid: string;
beforeEach(async () => {
  world = await createWorld();
  key = await world.key();
  await world.call('PUT', '/api/v1/deployments/churn', { key, body: { spec: smallFile() } });
  uid = (await world.stores.deployments.getDeployment('default', 'churn'))!.uid;
});
afterEach(() => world.close());

const ndjson = (text: string, name = 'churn'): Promise<Answer> => world.call('POST', `/api/v1/deployments/${name}/labels`, { key, raw: text, headers: { 'content-type': 'application/x-ndjson' } });
const line = (i: number, more: Record<string, unknown> = {}): string => JSON.stringify({ inferenceId: `inf_${String(i)}`, value: i % 2, ...more });

test('JSON labels are stored with their time, and repeats are counted', async () => {
  const body = { labels: [{ inferenceId: 'inf_1', value: true, labelMs: 5 }, { inferenceId: 'inf_1', row: 1, value: 0.5 }] };
  const ask = (): Promise<Answer> => world.call('POST', '/api/v1/deployments/churn/labels', { key, body });
  expect((await ask()).json).toEqual({ accepted: 2, repeated: 0, revised: 0, refused: [] });
  const stored = await world.stores.labels.history('default', uid, 'inf_1');
  expect(stored).toMatchObject([{ row: 0, value: true, labelMs: 5, source: 'api' }, { row: 1, value: 0.5 }]);
  expect(Math.abs(stored[1]!.labelMs - world.now())).toBeLessThan(10_000);
});

test('NDJSON: every line is stored or named, whatever the chunking', async () => {
  const lines = Array.from({ length: 1_234 }, (_, i) => line(i));
  lines.splice(10, 0, 'not json', '', '{"inferenceId":"x"}', '{"inferenceId":"x","value":1,"extra":1}', `{"inferenceId":"${'y'.repeat(70_000)}","value":1}`, '['.repeat(50));
  const answer = await ndjson(lines.join('\r\n'));
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({ accepted: 1_234, repeated: 0 });
  expect(answer.json.refused.map((each) => each.line)).toEqual([11, 13, 14, 15, 16]);
  expect(await world.stores.labels.count('default', uid)).toBe(1_234);
});

test('more bad lines than anyone reads stop the reading, and say what is stored', async () => {
  const answer = await ndjson([line(1), ...Array.from({ length: 1_500 }, () => 'bad'), line(2)].join('\n'));
  expect(answer.status).toBe(400);
  expect(answer.json.detail).toContain('stopped at line 1002. 1 labels');
  expect(await world.stores.labels.count('default', uid)).toBe(1);
});

test('on event time a label says when it became known', async () => {
  await world.call('PUT', '/api/v1/deployments/fast', { key, body: { spec: smallFile('fast', { labels: { delay: '1d', clock: 'event' } }) } });
  const answer = await ndjson([line(1), line(2, { labelMs: 7 })].join('\n'), 'fast');
  expect(answer.json).toMatchObject({ accepted: 1, refused: [{ line: 1 }] });
  expect(answer.json.refused[0]!.problem).toContain('labelMs');
});

test('a store that goes away in the middle is a 503, and sending all again completes it', async () => {
  const put = world.stores.labels.put.bind(world.stores.labels);
  let calls = 0;
  const { LastmileError } = await import('../../../domain/errors.ts');
  world.stores.labels.put = async (labels) => { calls += 1; if (calls === 2) throw new LastmileError('LM_STORE_UNAVAILABLE', 'MongoDB does not answer.'); return put(labels); };
  const text = Array.from({ length: 1_200 }, (_, i) => line(i, { labelMs: 1 })).join('\n');
  expect((await ndjson(text)).status).toBe(503);
  const again = await ndjson(text);
  expect(again.json.accepted + again.json.repeated).toBe(1_200);
  expect(await world.stores.labels.count('default', uid)).toBe(1_200);
});

test('an empty body is refused', async () => {
  expect((await world.call('POST', '/api/v1/deployments/churn/labels', { key, body: { labels: [] } })).status).toBe(400);
});

test('where outcomes are sampled each label says with what chance; elsewhere a chance is refused', async () => {
  await world.call('PUT', '/api/v1/deployments/drawn', { key, body: { spec: smallFile('drawn', { labels: { delay: '1d', sampling: { least: 0.1 } }, contract: { task: 'binary' } }) } });
  const answer = await ndjson([line(1, { propensity: 0.25 }), line(2), line(3, { propensity: 0.05 }), line(4, { propensity: 0 }), line(5, { propensity: 1 })].join('\n'), 'drawn');
  expect(answer.json).toMatchObject({ accepted: 2, refused: [{ line: 2, problem: expect.stringContaining('propensity is needed') as string }, { line: 3, problem: 'propensity is 0.05, below labels.sampling.least (0.1)' }, { line: 4 }] });
  const drawnUid = (await world.stores.deployments.getDeployment('default', 'drawn'))!.uid;
  expect(await world.stores.labels.history('default', drawnUid, 'inf_1')).toMatchObject([{ propensity: 0.25 }]);
  const elsewhere = await ndjson([line(1, { propensity: 0.5 }), line(2, { propensity: 1 }), line(3)].join('\n'));
  expect(elsewhere.json).toMatchObject({ accepted: 2, refused: [{ line: 1, problem: expect.stringContaining('are not sampled') as string }] });
});
