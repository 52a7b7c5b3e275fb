import { sampleDeployment, sampleEntry, sampleRollout, sampleRouteVariant, sampleStatus, sampleVariant } from '../../../conformance/stores/samples.ts';
import { INITIAL, type Outcome } from '../../../domain/rollout/machine.ts';
import type { RolloutRecord } from '../../../domain/rollout/record.ts';
import type { RouteCommand } from '../../../domain/traffic/route.ts';
import { rolloutWorkflowId } from '../../../workflows/ids.ts';
import { createWorld, type World } from './world.ts';

const OF = { tenant: 'acme', deploymentUid: 'dep_churn' };
const SCOPE = { tenant: 'acme', other: 'x', uid: 'dep_churn', id: 'c' };
type Body = RouteCommand extends infer C ? (C extends RouteCommand ? Omit<C, 'commandId' | 'atMs'> : never) : never;

let world: World;
let running: string[];
beforeEach(async () => {
  running = [];
  world = await createWorld({ describe: async (workflowId) => ({ workflowId, runId: null, link: null, status: running.some((id) => workflowId === rolloutWorkflowId('acme', id)) ? 'RUNNING' : 'TERMINATED' }) });
  for (const v of ['1', '2', '3', '4']) await world.ports.stores.deployments.putVariant(sampleVariant(SCOPE, { variantId: `var_${v}`, model: model(v), artifactDigest: `sha256:${v}` }));
});

function model(v: string): string { return `memory:churn@${v}`; }
const side = (v: string) => ({ variantId: `var_${v}`, model: model(v), artifactDigest: `sha256:${v}` });
let commands = 0;
async function route(...bodies: Body[]): Promise<void> {
  for (const body of bodies) expect(await world.ports.stores.routes.apply('acme', 'dep_churn', { ...body, commandId: `c${commands += 1}`, atMs: 0 })).toMatchObject({ outcome: 'applied' });
}
const champion = (v: string, before: string | null): Body => ({ type: 'setChampion', variant: sampleRouteVariant(`var_${v}`), expectedChampion: before === null ? null : `var_${before}`, by: 'person' });
const tries = (v: string, n: number): Body[] => [
  { type: 'setShadows', shadows: [{ variantId: `var_${v}`, samplePer10k: 10_000, deadlineMs: 100, variant: sampleRouteVariant(`var_${v}`) }], ifRollout: `dep_churn/${n}` },
  { type: 'setShare', variant: sampleRouteVariant(`var_${v}`), sharePer10k: 500, ifRollout: `dep_churn/${n}` },
];
async function rollout(n: number, v: string, outcome: Outcome | null, change: Partial<RolloutRecord> = {}): Promise<void> {
  const state = outcome === null ? { ...INITIAL, stage: 'canary' as const } : { ...INITIAL, stage: 'done' as const, outcome };
  await world.ports.stores.deployments.putRollout(sampleRollout(SCOPE, { rolloutId: `dep_churn/${n}`, n, model: model(v), challenger: side(v), state, endedAtMs: outcome === null ? null : n * 1_000, ...change }));
}
async function status(of: { champion: string | null; lastGood?: string[]; count?: number; active?: number }): Promise<void> {
  const { champion: c, lastGood = [], count = 1, active } = of;
  await world.ports.stores.deployments.putDeployment(sampleDeployment(SCOPE, {
    status: { ...sampleStatus(7), champion: c === null ? null : side(c), lastGood: lastGood.map(side), rolloutCount: count, activeRollout: active === undefined ? null : `dep_churn/${active}` },
  }));
}
const restored = async () => (await world.run('restoreDeployment', OF))!;
const models = (variants: readonly { model: string }[]): string[] => variants.map((each) => each.model);

test('a deployment that never had an entity starts from nothing; one that is not stored is null', async () => {
  expect(await world.run('restoreDeployment', OF)).toBeNull();
  await world.ports.stores.deployments.putDeployment(sampleDeployment(SCOPE, { status: { ...sampleStatus(0), phase: 'empty', rolloutCount: 0 } }));
  expect(await restored()).toMatchObject({ lost: false, status: { revision: 0, phase: 'empty', rolloutCount: 0 }, changes: 0, tried: [], active: null, retired: [] });
});

test('the route is the truth of traffic: a promotion that the status missed has happened, one beyond the last goods is retired', async () => {
  await route(champion('1', null), champion('2', '1'), champion('3', '2'), champion('4', '3'));
  await status({ champion: '3', lastGood: ['2', '1'], count: 3 });
  await rollout(4, '4', 'promoted');
  const found = await restored();
  expect(found.status).toMatchObject({ champion: side('4'), rolloutCount: 4, phase: 'serving', activeRollout: null });
  expect(found.status.revision).toBeGreaterThan(7);
  expect([models(found.status.lastGood), models(found.retired)]).toEqual([[model('3'), model('2')], [model('1')]]);
});

test('a person\'s way back that the status missed: what was left is tried and retired, not a last good', async () => {
  await route(champion('1', null), champion('2', '1'), champion('1', '2'));
  await status({ champion: '2', lastGood: ['1'], count: 2 });
  const found = await restored();
  expect(found).toMatchObject({ status: { champion: side('1'), lastGood: [] }, tried: [model('2'), 'sha256:2'], retired: [side('2')] });
});

test('tried: rolled back, or left by a person, and not champion since; audit numbers go on', async () => {
  await route(champion('1', null));
  await status({ champion: '1', count: 5 });
  await rollout(1, '1', 'first');
  await rollout(2, '2', 'rolled-back');
  await rollout(3, '3', 'promoted');
  await world.ports.stores.audit.append('acme', sampleEntry('dep_churn#1', { subject: 'dep_churn', action: 'rollout.queued' }));
  await world.ports.stores.audit.append('acme', sampleEntry('dep_churn#2', { subject: 'dep_churn', action: 'deployment.rolled-back', atMs: 3_500 }));
  await rollout(4, '4', 'rolled-back');
  await rollout(5, '2', 'promoted');
  const found = await restored();
  expect([...found.tried].sort()).toEqual([model('3'), model('4'), 'sha256:3', 'sha256:4']);
  expect(found.changes).toBeGreaterThan(2);
});

test('a rollout that still runs keeps its place and its traffic, also while it is being promoted', async () => {
  await route(champion('1', null), ...tries('2', 2));
  await status({ champion: '1', count: 2, active: 2 });
  await rollout(2, '2', null, { champion: side('1'), reason: 'why not' });
  running = ['dep_churn/2'];
  expect(await restored()).toMatchObject({ active: { n: 2, rolloutId: 'dep_churn/2', item: { model: model('2'), actor: { name: 'ada' }, reason: 'why not' } }, status: { champion: side('1'), activeRollout: 'dep_churn/2', challenger: side('2'), phase: 'rolling-out' }, retired: [] });
  expect(await world.ports.stores.routes.get('acme', 'dep_churn')).toMatchObject({ shares: [{ variantId: 'var_2' }], shadows: [{ variantId: 'var_2' }] });
  await route(champion('2', '1'));
  expect(await restored()).toMatchObject({ active: { n: 2 }, status: { champion: side('1'), lastGood: [] }, retired: [] });
});

test('a rollout that runs but wrote nothing yet is waited for, by its number alone too', async () => {
  await route(champion('1', null));
  await status({ champion: '1', count: 1 });
  running = ['dep_churn/2'];
  await expect(restored()).rejects.toMatchObject({ type: 'LM_BUSY', nonRetryable: false });
});

test('a rollout whose workflow is gone is ended once, its share and copies are taken back, its bytes retired', async () => {
  await route(champion('1', null), ...tries('2', 2));
  await status({ champion: '1', count: 2, active: 2 });
  await rollout(2, '2', null, { champion: side('1') });
  const found = await restored();
  expect(found).toMatchObject({ active: null, status: { champion: side('1'), activeRollout: null, phase: 'serving', challenger: null }, retired: [side('2')], tried: [] });
  expect(await world.ports.stores.routes.get('acme', 'dep_churn')).toMatchObject({ champion: 'var_1', shares: [], shadows: [] });
  expect(await world.ports.stores.deployments.getRollout('acme', 'dep_churn/2')).toMatchObject({ state: { stage: 'done', outcome: 'aborted' }, endedAtMs: world.nowMs });
  expect(await world.ports.stores.deployments.activeRollouts()).toEqual([]);
  expect(await restored()).toEqual(found);
  expect(await world.ports.stores.audit.read('acme', { afterSeq: 0, limit: 10, subject: 'dep_churn/2' })).toMatchObject([
    { action: 'route.setShadows', facts: { outcome: 'applied', variantIds: [] } }, { action: 'route.setShare', facts: { outcome: 'applied', variantId: 'var_2', sharePer10k: 0 } }, { action: 'rollout.aborted', actor: { kind: 'workflow' } },
  ]);
});

test('one that was lost behind its promotion was promoted: the route says so', async () => {
  await route(champion('1', null), ...tries('2', 2), champion('2', '1'));
  await status({ champion: '1', count: 2, active: 2 });
  await rollout(2, '2', null, { champion: side('1') });
  expect(await restored()).toMatchObject({ status: { champion: side('2'), lastGood: [side('1')] }, retired: [] });
  expect((await world.ports.stores.deployments.getRollout('acme', 'dep_churn/2'))?.state.outcome).toBe('promoted');
});

test('settling waits for the end, then tells it as it was written, or makes it', async () => {
  await route(champion('1', null), ...tries('2', 2));
  await rollout(2, '2', null, { champion: side('1') });
  running = ['dep_churn/2'];
  const settle = () => world.run('settleRollout', { ...OF, rolloutId: 'dep_churn/2' });
  await expect(settle()).rejects.toMatchObject({ type: 'LM_BUSY', nonRetryable: false });
  running = [];
  expect(await settle()).toMatchObject({ outcome: 'aborted', challenger: side('2') });
  expect((await world.ports.stores.routes.get('acme', 'dep_churn'))?.shares).toEqual([]);
  await rollout(3, '3', 'rolled-back');
  expect(await world.run('settleRollout', { ...OF, rolloutId: 'dep_churn/3' })).toMatchObject({ outcome: 'rolled-back', challenger: side('3') });
  expect(await world.run('settleRollout', { ...OF, rolloutId: 'dep_churn/9' })).toEqual({ outcome: 'aborted', challenger: null, verdict: null });
});
