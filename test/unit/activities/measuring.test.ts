import { setTimeout as delay } from 'node:timers/promises';
import type { Subject } from '../../../activities/index.ts';
import type { Verdict } from '../../../domain/analysis/verdict.ts';
import type { Reading } from '../../../domain/external/measurement.ts';
import type { PrometheusQuestion, Question } from '../../../domain/external/metric.ts';
import { churnOnnx, churnOnnx2 } from '../../support/onnx-models.ts';
import { createWorld, type World } from './world.ts';

const MINUTE = 60_000;
const SPEC = { externalMetrics: [{ name: 'conversion', source: { prometheus: { url: 'http://prometheus:9090', query: 'a{v="{{version}}",r="{{role}}",i="{{variant}}",d="{{deployment}}",m="{{model}}"}' } }, compare: 'difference', better: 'higher', limit: -0.01, every: '1m', count: 2, initialDelay: '2m', inconclusiveLimit: 3 }] };

let world: World;
let answer: (question: Question) => Reading;
let asked: string[];
let slow = 0;
let sides: { champion: string; challenger: string };
let subject: Subject;
beforeEach(async () => {
  asked = [];
  answer = () => ({ value: 1, sampleMs: world.nowMs });
  world = await createWorld({ answer: async (question) => { asked.push((question as PrometheusQuestion).query); await delay(slow); return answer(question); } });
  await world.publish('1', churnOnnx());
  await world.publish('2', churnOnnx2());
  const variantOf = async (version: string, champion: string | null): Promise<string> => (await world.run('validateModel', { subject: await world.subject(version, { labels: undefined }), champion, retry: false })).variantId;
  const champion = await variantOf('1', null);
  sides = { champion, challenger: await variantOf('2', champion) };
  subject = await world.subject('2', { labels: undefined, ...SPEC });
  await world.run('openComparison', { subject, ...sides });
});

const measure = (): Promise<{ taken: number; nextMs: number }> => world.run('measure', { subject, ...sides });
let n = 0;
async function judged(): Promise<Verdict> {
  n += 1;
  await world.run('judge', { subject, n, ...sides });
  return (await world.ports.stores.evidence.verdicts('acme', subject.rolloutId, 1))[0]!;
}
const stateNow = async (): Promise<string | undefined> => (await judged()).external?.[0]?.state;
async function minutesOf(count: number): Promise<void> { for (let i = 0; i < count; i += 1) { await measure(); world.nowMs += MINUTE; } }

test('asks for both sides by their names once an interval, from the initial delay on, however often it is called', async () => {
  expect(await measure()).toEqual({ taken: 0, nextMs: 2 * MINUTE });
  world.nowMs += 2 * MINUTE;
  expect(await Promise.all([measure(), measure()])).toEqual(expect.arrayContaining([{ taken: 1, nextMs: MINUTE }]) as unknown);
  expect(await measure()).toEqual({ taken: 0, nextMs: MINUTE });
  expect([...new Set(asked)].sort()).toEqual([`a{v="1",r="champion",i="${sides.champion}",d="churn",m="churn"}`, `a{v="2",r="challenger",i="${sides.challenger}",d="churn",m="churn"}`]);
  expect((await world.ports.stores.measurements.pages('acme', subject.rolloutId)).flatMap(({ measurements }) => measurements.map(({ slot }) => slot))).toEqual([0]);
  world.nowMs += 90_000;   // in the middle of the next interval but one
  expect(await measure()).toEqual({ taken: 1, nextMs: 30_000 });
});

test('policy tells a workflow that there is something to measure, and nothing where there is not', async () => {
  expect(await world.run('readPolicy', { tenant: 'acme', specHash: subject.specHash })).toMatchObject({ measures: true });
  expect(await world.run('readPolicy', { tenant: 'acme', specHash: (await world.subject('2')).specHash })).not.toHaveProperty('measures');
});

test('a rollout without a plan, or whose plan names none, measures nothing', async () => {
  expect(await world.run('measure', { subject: { ...subject, rolloutId: 'dep_churn/9' }, ...sides })).toEqual({ taken: 0, nextMs: 5_000 });
  expect(asked).toEqual([]);
});

describe('A9.27: the source is down, stale, or has no series', () => {
  beforeEach(() => { world.nowMs += 2 * MINUTE; });

  test.each<[string, () => Reading]>([
    ['down', () => ({ none: 'unreachable', text: 'http://prometheus:9090 does not answer' })],
    ['without a series', () => ({ none: 'no-series', text: 'the query finds no series' })],
    ['not a finite number', () => ({ value: NaN, sampleMs: world.nowMs })],
    ['stale', () => ({ value: 1, sampleMs: world.nowMs - 301_000 })],
  ])('%s: never a pass, and inconclusive in the end', async (_name, gone) => {
    await minutesOf(2);
    expect(await stateNow()).toBe('pass');
    answer = gone;
    await minutesOf(1);
    const held = await judged();
    expect([held.kind, held.external?.[0]?.state]).toEqual(['collecting', 'no-data']);
    expect(held.reasons).toContainEqual(expect.objectContaining({ code: 'no-data', metric: 'conversion' }));
    await minutesOf(3);
    const ended = await judged();
    expect([ended.kind, ended.reasons[0]?.code, ended.reasons[0]?.metric]).toEqual(['inconclusive', 'not-judged', 'conversion']);
  });

  test('measuring itself stops: what was good is no pass any more', async () => {
    await minutesOf(2);
    expect(await stateNow()).toBe('pass');
    world.nowMs += 2 * MINUTE;
    expect(await stateNow()).toBe('no-data');
  });
});

test('beyond its limit it ends the rollout at once, as a guardrail or as a requirement', async () => {
  world.nowMs += 2 * MINUTE;
  answer = (question) => ({ value: (question as PrometheusQuestion).query.includes('champion') ? 1 : 0.98, sampleMs: world.nowMs });
  await minutesOf(1);
  const verdict = await judged();
  expect([verdict.kind, verdict.reasons]).toEqual(['rollback', [{ code: 'guardrail', metric: 'conversion', text: 'conversion: challenger minus champion was -0.02, allowed is at least -0.01; 1 measurements failed, 0 are let pass.' }]]);
  expect(verdict.evidenceHash).toMatch(/^sha256:/);
});

test('a worker that stops in the middle stores nothing, and the next attempt asks', async () => {
  world.nowMs += 2 * MINUTE;
  slow = 200;
  await expect(world.run('measure', { subject, ...sides }, { cancelAfterMs: 20 })).rejects.toThrow();
  expect(await world.ports.stores.measurements.pages('acme', subject.rolloutId)).toEqual([]);
  slow = 0;
  expect(await measure()).toMatchObject({ taken: 1 });
});

test('a version whose name could change the query is not asked for', async () => {
  world.nowMs += 2 * MINUTE;
  const { stores } = world.ports;
  const odd = { ...(await stores.deployments.getVariant('acme', sides.challenger))!, variantId: 'var_odd', model: 'memory:churn@2..' };
  await stores.deployments.putVariant(odd);
  await world.run('measure', { subject, champion: sides.champion, challenger: 'var_odd' });
  expect((await judged()).external?.[0]).toMatchObject({ state: 'no-data', why: expect.stringContaining('cannot be put into a question') as string });
  expect(asked).toHaveLength(1);
});
