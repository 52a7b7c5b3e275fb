import type { Subject } from '../../../activities/index.ts';
import { sampleBlock } from '../../../conformance/stores/samples.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import { normals } from '../../../domain/analysis/stats/seeded-random.ts';
import { churnOnnx, churnOnnx2 } from '../../support/onnx-models.ts';
import { createWorld, type World } from './world.ts';

const DAY = 86_400_000;
let world: World;
let sides: { champion: string; challenger: string };
beforeEach(async () => {
  world = await createWorld();
  await world.publish('1', churnOnnx());
  await world.publish('2', churnOnnx2());
  sides = { champion: await variantOf('1', null), challenger: '' };
  sides.challenger = await variantOf('2', sides.champion);
});

async function variantOf(version: string, champion: string | null): Promise<string> {
  return (await world.run('validateModel', { subject: await world.subject(version, LABELS), champion, retry: false })).variantId;
}

const LABELS = { labels: { delay: '1d' } };
async function rollout(n: number, change: Record<string, unknown> = {}): Promise<Subject> {
  return { ...await world.subject('2', { ...LABELS, ...change }), rolloutId: `dep_churn/${n}` };
}
async function opened(n: number, change: Record<string, unknown> = {}): Promise<AnalysisPlan> {
  const subject = await rollout(n, change);
  await world.run('openComparison', { subject, ...sides });
  return planOf(n);
}
async function planOf(n: number): Promise<AnalysisPlan> { return (await world.ports.stores.evidence.getPlan('acme', `dep_churn/${n}`))!; }
async function judged(n: number, change: Record<string, unknown> = {}): Promise<AnalysisPlan> {
  await world.run('judge', { subject: await rollout(n, change), n: 1, ...sides });
  return planOf(n);
}

/** Cycles of sealed outcomes, four slots each, from the first whole cycle of the plan on. */
async function seal(plan: AnalysisPlan, cycles: number): Promise<void> {
  const normal = normals(plan.startedMs % 1_000);
  const { name, tauMs } = plan.metrics.find(({ kind }) => kind === 'paired')!;
  const first = (Math.ceil(plan.startedMs / plan.cycleMs) * plan.cycleMs) / tauMs;
  for (let slot = first; slot < first + cycles * 4; slot += 1) {
    await world.ports.stores.evidence.seal(sampleBlock({ tenant: 'acme', other: 'x', uid: 'dep_churn', id: 'c' }, {
      rolloutId: plan.rolloutId, metric: name, slot, fromMs: slot * tauMs, toMs: (slot + 1) * tauMs,
      sums: { kind: 'paired', n: 50, needed: 10, labelled: 10, pairs: 50, mean: 0.01 + 0.05 * normal(), m2: 1, min: -1, max: 1, championMean: 0.5, challengerMean: 0.5, scored: 50 },
    }));
  }
}

test('the first comparison runs a pilot; the next one is planned from it, at once, and says so', async () => {
  const draft = await opened(1);
  expect(draft).toMatchObject({ state: 'draft', harmAlpha: 0.05 });
  await seal(draft, 10);
  expect(await judged(1)).toMatchObject({ state: 'fixed', metrics: expect.arrayContaining([expect.objectContaining({ name: 'accuracy', plannedFrom: 'pilot', alpha: 0.05 })]) });
  world.nowMs += 30 * DAY;
  const plan = await opened(2);
  expect(plan).toMatchObject({ state: 'fixed', learntFrom: ['dep_churn/1'], evidenceFromMs: Math.ceil(world.nowMs / DAY) * DAY, harmAlpha: 0.05 });
  const [pilot, learnt] = [await planOf(1), plan].map(({ metrics }) => metrics.find(({ name }) => name === 'accuracy')!);
  // Without a pilot of its own it has more of its horizon left.
  expect(learnt!.plannedBlocks).toBeGreaterThan(pilot!.plannedBlocks!);
  expect({ ...learnt, vOpt: 0, plannedBlocks: 0 }).toEqual({ ...pilot, vOpt: 0, plannedBlocks: 0, plannedFrom: 'earlier-rollout' });
});

test('what a plan is made from is chosen when the comparison opens, not later', async () => {
  const draft = await opened(2);
  const before = await opened(1);
  await seal(before, 12);
  expect(await judged(2)).toEqual(draft);
  expect(await opened(2)).toEqual(draft);
});

test.each([
  ['a metric', { metrics: [{ name: 'brier', role: 'required' }] }], ['a cycle', { rollout: { cycle: '2d' } }],
  ['a time for outcomes', { labels: { delay: '2d' } }], ['a share of copies', { rollout: { shadow: { sample: '10%' } } }], ['a longer pilot', { rollout: { pilotCycles: 11 } }],
])('another setting, %s, needs its own pilot', async (_, change) => {
  await seal(await opened(1), 10);
  await judged(1);
  world.nowMs += 30 * DAY;
  expect(await opened(2, change)).toMatchObject({ state: 'draft' });
  expect(await opened(3)).toMatchObject({ state: 'fixed', learntFrom: ['dep_churn/1'] });
});

test("another contract, or another deployment's rollouts, teach nothing", async () => {
  const plan = await opened(1);
  await seal(plan, 10);
  const foreign = await rollout(2);
  await world.run('openComparison', { subject: { ...foreign, deploymentUid: 'dep_other', rolloutId: 'dep_other/1' }, ...sides });
  expect(await world.ports.stores.evidence.getPlan('acme', 'dep_other/1')).toMatchObject({ state: 'draft' });
  const champion = (await world.ports.stores.deployments.getVariant('acme', sides.champion))!;
  const contract = (await world.ports.stores.deployments.getContract('acme', champion.contractHash))!;
  await world.ports.stores.deployments.putVariant({ ...champion, contractHash: await world.ports.stores.deployments.putContract('acme', { ...contract, threshold: 0.7 }) });
  expect(await opened(3)).toMatchObject({ state: 'draft' });
});

describe('the yearly budget of false promotions', () => {
  const HEALTHY = { labels: undefined, rollout: { goal: 'healthy' } };
  const alphaOf = ({ metrics }: AnalysisPlan): number => Math.max(...metrics.map(({ alpha }) => alpha));

  test('healthy rollouts spend too; each once, however often it is judged; after a year it is there again', async () => {
    const alphas: number[] = [];
    for (let n = 1; n <= 4; n += 1) {
      await opened(n, HEALTHY);
      const plan = await judged(n, HEALTHY);
      expect(plan.metrics.map(({ alpha }) => alpha)).toEqual(plan.metrics.map(() => alphaOf(plan)));
      await world.run('judge', { subject: await rollout(n, HEALTHY), n: 2, ...sides });
      expect(await planOf(n)).toEqual(plan);
      alphas.push(alphaOf(plan));
      world.nowMs += DAY;
    }
    expect(alphas.map((alpha) => Number(alpha.toFixed(6)))).toEqual([0.05, 0.05, 0.025, 0.015]);
    world.nowMs += 365 * DAY;
    await opened(5, HEALTHY);
    expect(alphaOf(await judged(5, HEALTHY))).toBe(0.05);
  });

  test('a comparison that ends in its pilot spends nothing; the file says how large the budget is', async () => {
    await opened(1);
    await judged(1);
    expect(await world.ports.stores.evidence.alphaSpent('acme', 'dep_churn', 0)).toEqual([]);
    await opened(2, { ...HEALTHY, rollout: { goal: 'healthy', falsePromotions: { perYear: 0.01 } } });
    expect(alphaOf(await judged(2, { ...HEALTHY, rollout: { goal: 'healthy', falsePromotions: { perYear: 0.01 } } }))).toBe(0.005);
    expect(await world.ports.stores.evidence.alphaSpent('acme', 'dep_churn', 0)).toEqual([{ rolloutId: 'dep_churn/2', atMs: world.nowMs, alpha: 0.005 }]);
  });
});

test('a comparison begins by the clock of the gateways where the worker\'s is ahead of it, and by the worker\'s own else', async () => {
  const mark = (completeToMs: number, seq: number) => world.ports.stores.records.putBatch({ gatewayId: 'gw-1', incarnation: 1, seq, completeToMs, receivedAtMs: completeToMs, legs: [], drops: [] });
  const gatewaysMs = world.nowMs;
  expect((await opened(1)).startedMs).toBe(world.nowMs);
  await mark(gatewaysMs, 1);
  world.nowMs = gatewaysMs + 5 * 60_000;
  expect(await opened(2)).toMatchObject({ startedMs: gatewaysMs + 10_000, startedAtMs: gatewaysMs + 10_000 });
  world.nowMs = gatewaysMs - 5 * 60_000;
  expect((await opened(3)).startedMs).toBe(world.nowMs);
  world.nowMs = gatewaysMs + 2_000;
  expect((await opened(4)).startedMs).toBe(world.nowMs);
});

test('a worker whose clock is ahead does not take traffic that flows for idle; where no gateway tells the time the rollout ends all the same', async () => {
  const plan = await opened(1, { rollout: { idle: '1m' } });
  const mark = (completeToMs: number, seq: number) => world.ports.stores.records.putBatch({ gatewayId: 'gw-1', incarnation: 1, seq, completeToMs, receivedAtMs: completeToMs, legs: [], drops: [] });
  let n = 0;
  const reasons = async (): Promise<readonly string[]> => {
    n += 1;
    await world.run('judge', { subject: await rollout(1, { rollout: { idle: '1m' } }), n, ...sides });
    const [newest] = await world.ports.stores.evidence.verdicts('acme', 'dep_churn/1', 1);
    return newest!.reasons.map(({ code }) => code);
  };
  await mark(plan.startedAtMs + 30_000, 1);
  world.nowMs = plan.startedAtMs + 5 * 60_000;
  expect(await reasons()).not.toContain('idle');
  await mark(plan.startedAtMs + 90_000, 2);
  expect(await reasons()).toContain('idle');
  await mark(plan.startedAtMs + 30_000, 3);
  world.nowMs = plan.startedAtMs + 12 * 60_000;
  expect(await reasons()).toContain('idle');
});
