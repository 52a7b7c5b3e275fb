import { watchAll } from '../../../collector/drift-watch.ts';
import { sampleContract, sampleLabel, samplePlan, sampleRollout, sampleVerdict } from '../../../conformance/stores/samples.ts';
import { isotonicValue } from '../../../domain/analysis/stats/isotonic.ts';
import type { DeploymentSpec } from '../../../domain/deployment.ts';
import { codeOf } from '../../../domain/drift/feature-code.ts';
import type { StoredLeg } from '../../../domain/record.ts';
import type { Stores } from '../../../ports/stores.ts';
import { normals, uniforms } from '../../../domain/analysis/stats/seeded-random.ts';
import { INITIAL } from '../../../domain/rollout/machine.ts';
import { extractLeg } from '../../../collector/extract.ts';
import { legRecord, SCOPE, scoring, SILENT, world } from './world.ts';

const WINDOW = 10_000;
const DRIFT: Partial<DeploymentSpec['spec']> = { drift: { windowMs: WINDOW, falseAlarmsPerMonth: 1, least: 0.1 }, labels: null };
let stores: Stores;
let seq = 0;
const now = (): number => 10_000_000;
const passed = new Map<string, number>();
const look = (): Promise<void> => watchAll({ stores, now, log: SILENT, passed });

beforeEach(async () => {
  passed.clear();
  seq = 0;
  stores = await world(DRIFT);
  const { status } = (await stores.deployments.getDeploymentByUid(SCOPE.tenant, SCOPE.uid))!;
  await stores.deployments.putStatus(SCOPE.tenant, SCOPE.uid, { ...status, revision: status.revision + 1, champion: { variantId: 'var_a', model: 'filesystem:churn@7', artifactDigest: 'sha256:a' } });
});

/** Requests spread over a window, one column that is normal around `mean`. */
async function traffic(window: number, of: { mean?: number; n?: number; completeToMs?: number } = {}): Promise<void> {
  const { mean = 0, n = 700, completeToMs = (window + 1) * WINDOW + 2_000 } = of;
  const z = normals(window + 1);
  const legs = Array.from({ length: n }, (_, i): StoredLeg => {
    const atMs = window * WINDOW + Math.floor((i * WINDOW) / n);
    const leg = extractLeg(legRecord({ inferenceId: `inf_${window}_${i}`, atMs, eventMs: null, response: scoring(0.5 + 0.4 * Math.tanh(z())) }), { contract: sampleContract(), clock: 'gateway', keepInputs: false, segments: null, columns: [] }, atMs);
    return { ...leg, features: [[codeOf(50 + mean + 5 * z())]] };
  });
  await stores.records.putBatch({ gatewayId: 'gw-1', incarnation: 1, seq: seq += 1, completeToMs, receivedAtMs: now(), legs, drops: [] });
}
const windows = () => stores.drift.windows(SCOPE.tenant, SCOPE.uid, 'var_a', 50);

test('without enough traffic there is no reference; the first that is enough becomes one, once', async () => {
  await look();
  await traffic(0, { n: 100 });
  await look();
  expect(await stores.drift.reference(SCOPE.tenant, SCOPE.uid, 'var_a')).toBeNull();
  await traffic(1);
  await look();
  const reference = await stores.drift.reference(SCOPE.tenant, SCOPE.uid, 'var_a');
  expect(reference).toMatchObject({ source: 'first-traffic', rolloutId: null, profile: { rows: 800 }, calibration: null });
  await traffic(2, { mean: 40 });
  await look();
  expect(await stores.drift.reference(SCOPE.tenant, SCOPE.uid, 'var_a')).toEqual(reference);
});

test('whole windows are judged once each, in order; a change is told, a window under way is not', async () => {
  await traffic(0);
  await look();
  await traffic(2);
  await traffic(3, { mean: 15 });
  await traffic(4, { completeToMs: 4 * WINDOW + 5_000 });
  await look();
  expect((await windows()).map(({ fromMs, verdict }) => [fromMs / WINDOW, verdict])).toEqual([[3, 'drift'], [2, 'no-drift']]);
  expect((await stores.drift.untold(9)).map(({ fromMs }) => fromMs / WINDOW)).toEqual([3]);
  const [newest] = await windows();
  expect(newest!.columns.filter(({ verdict }) => verdict === 'drift').map(({ name }) => name)).toEqual([expect.any(String)]);
  passed.clear();
  await look();
  expect(await windows()).toHaveLength(2);
});

test('empty windows are passed over, and a restart goes on behind the newest that is stored', async () => {
  await traffic(0);
  await look();
  await traffic(9);
  await look();
  expect((await windows()).map(({ fromMs }) => fromMs / WINDOW)).toEqual([9]);
  passed.clear();
  await traffic(10, { mean: 20 });
  await look();
  expect((await windows()).map(({ fromMs, verdict }) => [fromMs / WINDOW, verdict])).toEqual([[10, 'drift'], [9, 'no-drift']]);
  // It goes on: no news. It ends and begins again: news.
  passed.clear();
  for (const [window, mean] of [[11, 20], [12, 0], [13, 20]] as const) await traffic(window, { mean });
  await look();
  expect((await windows()).map(({ fromMs, begins = false }) => [fromMs / WINDOW, begins])).toEqual([[13, true], [12, false], [11, false], [10, true], [9, false]]);
});

test('a deployment that does not ask for it is left alone, and one that fails does not stop the others', async () => {
  stores = await world({ labels: null });
  await traffic(0);
  await look();
  expect(await windows()).toEqual([]);
  stores = await world(DRIFT);
  const failing: Stores = { ...stores, deployments: { ...stores.deployments, allDeployments: async () => { const [one] = await stores.deployments.allDeployments(); return [{ ...one!, status: { ...one!.status, champion: { variantId: 'var_a', model: 'm', artifactDigest: 'd' } } }]; }, getSpec: async () => { throw new Error('away'); } } };
  await expect(watchAll({ stores: failing, now, log: SILENT, passed })).resolves.toBeUndefined();
});

test('the reference of a promoted version is the traffic of its rollout: inputs of whoever served, its own answers, and outcomes to calibrate by', async () => {
  await stores.evidence.putPlan(samplePlan(SCOPE, { rolloutId: `${SCOPE.uid}/2`, champion: 'var_old', challenger: 'var_a', state: 'fixed', clock: 'gateway', startedMs: WINDOW }));
  await stores.evidence.putVerdict(sampleVerdict(SCOPE, { rolloutId: `${SCOPE.uid}/2`, rulingMs: 3 * WINDOW }));
  await stores.deployments.putRollout(sampleRollout(SCOPE, { n: 2, challenger: { variantId: 'var_a', model: 'filesystem:churn@8', artifactDigest: 'sha256:a' }, state: { ...INITIAL, stage: 'done', outcome: 'promoted' }, endedAtMs: 1 }));
  const z = normals(4);
  const served: StoredLeg[] = [];
  const mirrored: StoredLeg[] = [];
  const reader = { contract: sampleContract(), clock: 'gateway', keepInputs: false, segments: null, columns: [] } as const;
  // Windows 0 to 2; the first is of before the comparison.
  for (let i = 0; i < 2_400; i += 1) {
    const of = { inferenceId: `inf_r_${i}`, atMs: Math.floor((i * 3 * WINDOW) / 2_400), eventMs: null };
    served.push({ ...extractLeg(legRecord({ ...of, variantId: 'var_old', response: scoring(0.1) }), reader, of.atMs), features: [[codeOf(50 + 5 * z())]] });
    mirrored.push(extractLeg(legRecord({ ...of, variantId: 'var_a', role: 'shadow', response: scoring((i % 100) / 100) }), reader, of.atMs));
  }
  await stores.records.putBatch({ gatewayId: 'gw-1', incarnation: 1, seq: seq += 1, completeToMs: 3 * WINDOW + 2_000, receivedAtMs: now(), legs: [...served, ...mirrored], drops: [] });
  // Right as often as the score says.
  const u = uniforms(6);
  await stores.labels.put(mirrored.map(({ inferenceId, atMs }, i) => sampleLabel(SCOPE, { inferenceId, value: u() < (i % 100) / 100 ? 1 : 0, labelMs: atMs + 1 })));
  await look();
  const reference = (await stores.drift.reference(SCOPE.tenant, SCOPE.uid, 'var_a'))!;
  expect(reference).toMatchObject({ source: 'rollout', rolloutId: `${SCOPE.uid}/2`, fromMs: WINDOW, toMs: 3 * WINDOW, profile: { rows: 1_600 } });
  const counted = (name: string): number => reference.profile.columns.find((column) => column.name === name)!.numbers.reduce((sum, [, n]) => sum + n, 0);
  // Its own scores, 0 to 0.99, and not those of the version that served.
  expect(counted('output.score')).toBe(1_600);
  expect(reference.profile.columns.find(({ name }) => name === 'output.score')!.numbers.length).toBeGreaterThan(50);
  expect(isotonicValue(reference.calibration!, 0.9) - isotonicValue(reference.calibration!, 0.1)).toBeGreaterThan(0.6);
  expect(reference.expectedAccuracy).toBeCloseTo(0.75, 1);
});
