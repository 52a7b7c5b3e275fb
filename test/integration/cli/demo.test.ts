import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KillView, RolloutView } from '../../../api/contract.ts';
import type { StorySummary } from '../../../examples/market/story.ts';
import { fakeLastmile, problem, type FakeLastmile } from './fake-lastmile.ts';
import { deploymentView, EUR, finding, killView, rolloutView, verdict } from './recorded.ts';
import { run } from '../../support/cli-run.ts';

const LOSS = { ...EUR, perRequestMicros: -100_000, lowerMicros: -200_000, upperMicros: -10_000, totalMicros: -50_000_000 };
const model = (n: number): string => `filesystem:market-signal@${String(n)}`;
const ended = (n: number, outcome: 'first' | 'promoted' | 'rolled-back', of: Parameters<typeof verdict> | null): RolloutView =>
  rolloutView({ stage: 'done', outcome }, { n, model: model(n), story: [`Version ${String(n)} was looked at.`, ...(of === null ? [] : [of[1].text ?? ''])], verdict: of === null ? null : verdict(...of) });
const AS_PROMISED: readonly RolloutView[] = [
  ended(1, 'first', null),
  ended(2, 'promoted', ['promote', { code: 'proved-better', metric: 'value', text: 'It earns more.' }, { findings: [finding({ state: 'pass' })] }]),
  ended(3, 'rolled-back', ['rollback', { code: 'guardrail', metric: 'off-contract', text: 'It answers NaN.' }, { findings: [finding({ metric: 'off-contract', role: 'guardrail', state: 'fail' })] }]),
  ended(4, 'rolled-back', ['rollback', { code: 'proved-worse', metric: 'value', text: 'It loses money.' }, { money: LOSS, findings: [finding({ state: 'fail' }), finding({ metric: 'errors', role: 'guardrail', state: 'pass', estimate: 0, margin: 0.01 })] }]),
];

const PROVED = killView({ deployment: 'market-signal', state: 'proved', silentAtMs: 1_030, provedAtMs: 1_400 });
let fake: FakeLastmile;
let folder: string;
let started: string[];
let busy: number;
/** What the kill's record says at each look, the last one for good. */
let kills: readonly KillView[];
let ordered: unknown[];
const variables = { ...process.env };
const BASE = '/api/v1/deployments/market-signal';

async function tell(views: readonly RolloutView[], known: readonly RolloutView[] = []): Promise<{ code: number; out: string; err: string; summary: StorySummary | null }> {
  const there = [...known];
  Object.assign(fake.handlers, {
    [`GET ${BASE}/rollouts`]: () => (there.length === 0 ? problem(404, 'LM_DEPLOYMENT_NOT_FOUND', 'No market-signal.') : { body: { items: there.map((view) => view.rollout), next: null } }),
    [`PUT ${BASE}`]: ({ body }: { body: unknown }) => {
      if (busy > 0) { busy -= 1; return problem(409, 'LM_ROLLOUT_IN_PROGRESS', 'One is running.'); }
      const wanted = (body as { spec: { spec: { model: string } } }).spec.spec.model;
      started.push(wanted);
      const view = views.find((it) => it.rollout.model === wanted)!;
      there.push(view);
      return { body: { result: 'started', deployment: 'market-signal', rollout: view.rollout.n, spec: {}, notes: [], links: {} } };
    },
    [`GET ${BASE}/explain`]: ({ query }: { query: URLSearchParams }) => ({ body: { text: `For the owner: rollout ${query.get('rollout') ?? ''}.`, verdict: null } }),
  });
  let look = 0;
  const killNow = (): KillView => kills[Math.min(look, kills.length - 1)]!;
  Object.assign(fake.handlers, {
    [`GET ${BASE}`]: () => ({ body: deploymentView(null) }),
    [`GET ${BASE}/kills`]: () => ({ body: { items: ordered.length === 0 ? [] : [killNow()] } }),
    [`POST ${BASE}/kill`]: ({ body }: { body: unknown }) => { ordered.push(body); return { body: killNow() }; },
    'GET /api/v1/kills/kil_1': () => { look += 1; return { body: killNow() }; },
  });
  for (const view of views) fake.handlers[`GET ${BASE}/rollouts/${String(view.rollout.n)}`] = () => ({ body: view });
  const ran = await run(['--api', fake.url, '--json', 'demo', '--exit', '--registry', join(folder, 'registry')]);
  return { ...ran, summary: ran.out === '' ? null : JSON.parse(ran.out) as StorySummary };
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lastmile-demo-'));
  process.env.LASTMILE_DATA_DIR = folder;
  started = [];
  busy = 0;
  kills = [PROVED];
  ordered = [];
  let inferences = 0;
  fake = await fakeLastmile({
    'GET /v2/models/market-signal': () => ({ body: { name: 'market-signal', platform: 'onnx', versions: ['1'], inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 8] }], outputs: [] } }),
    'POST /v2/models/market-signal/infer': () => { inferences += 1; return { headers: { 'x-lastmile-inference-id': `inf_${String(inferences)}`, 'x-lastmile-version': '1' }, body: { model_name: 'market-signal', outputs: [] } }; },
    [`POST ${BASE}/labels`]: () => ({ body: { accepted: 1, repeated: 0, revised: 0, refused: [] } }),
  });
});
afterEach(async () => { process.env = { ...variables }; await fake.close(); });

test('the story tries the versions one after the other, says what the API says, and ends with 0 when all of it happened', async () => {
  busy = 2;
  const { code, err, summary } = await tell(AS_PROMISED);
  expect(started).toEqual([1, 2, 3, 4].map(model));
  expect(code).toBe(0);
  expect(summary).toMatchObject({ told: true, missing: [], chapters: [{ outcome: 'first' }, { outcome: 'promoted', money: EUR }, { outcome: 'rolled-back' }, { outcome: 'rolled-back', money: LOSS }] });
  expect(err).toMatch(/It earns more\.[\s\S]*For the owner: rollout 2[\s\S]*It answers NaN\.[\s\S]*It loses money\.[\s\S]*errors: green \(0\.00 %[\s\S]*lastmile explain market-signal/);
  for (const version of ['1', '2', '3', '4']) expect(existsSync(join(folder, 'registry', 'market-signal', version, 'model.onnx'))).toBe(true);
});

test('at its end it kills the champion, follows the record to the proof, and says what the record says', async () => {
  kills = [killView({ deployment: 'market-signal', state: 'fencing' }), killView({ deployment: 'market-signal', state: 'silent' }), PROVED];
  const { code, err, summary } = await tell(AS_PROMISED);
  expect(ordered).toEqual([{ scope: { kind: 'champion' }, inFlight: 'abort', reason: null }]);
  expect(summary?.kill).toEqual(PROVED);
  expect(err).toContain(PROVED.sentence);
  expect(err).toMatch(/no new request after 20 ms, silent after 30 ms, proved after 400 ms[\s\S]*answers callers now: version 6[\s\S]*npx lastmile kills market-signal[\s\S]*npx lastmile revive market-signal --reason/);
  expect(code).toBe(0);
});

test('a kill that an earlier start gave is not given again', async () => {
  ordered = ['before'];
  expect(await tell(AS_PROMISED, AS_PROMISED)).toMatchObject({ code: 0, summary: { kill: { kill: { killId: 'kil_1' } } } });
  expect(ordered).toEqual(['before']);
});

test('a kill after which nobody answers is 3, and is named', async () => {
  kills = [killView({ deployment: 'market-signal', state: 'proved', provedAtMs: 1_400, answering: null })];
  const { code, summary, err } = await tell(AS_PROMISED);
  expect(summary).toMatchObject({ told: false, missing: [expect.stringContaining('no last good version answered') as string] });
  expect(err).toContain('answers callers now: nobody');
  expect(code).toBe(3);
});

test('a story that ends otherwise is 3 and names what did not happen', async () => {
  const { code, summary } = await tell([...AS_PROMISED.slice(0, 3), ended(4, 'promoted', ['promote', { code: 'proved-better', metric: 'value', text: 'It earns more.' }])]);
  expect(code).toBe(3);
  expect(summary).toMatchObject({ told: false, missing: [expect.stringContaining('version 4 was not stopped') as string] });
});

test('a second start keeps the verdicts that there are and tries only the rest', async () => {
  const { code } = await tell(AS_PROMISED, AS_PROMISED.slice(0, 3));
  expect(started).toEqual([model(4)]);
  expect(code).toBe(0);
});

test('traffic that cannot be answered ends the story with the reason, not with a wait', async () => {
  fake.handlers['POST /v2/models/market-signal/infer'] = () => ({ status: 400, body: { error: 'features has 7 columns' } });
  const hanging = { ...AS_PROMISED[1]!, rollout: { ...AS_PROMISED[1]!.rollout, state: { ...AS_PROMISED[1]!.rollout.state, stage: 'shadowing' as const, outcome: null } } };
  const { code, err } = await tell([AS_PROMISED[0]!, hanging, ...AS_PROMISED.slice(2)]);
  expect(code).toBe(1);
  expect(err).toContain('features has 7 columns');
});

test('a setting that is not known is refused before anything is done', async () => {
  const { code, err } = await run(['--api', fake.url, 'demo', '--exit', '--set', 'v5.mood=good']);
  expect(code).toBe(1);
  expect(err).toContain('v4.payoff=losing|winning');
  expect(fake.seen.some((seen) => seen.method !== 'GET')).toBe(false);
});
