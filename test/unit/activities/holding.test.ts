import type { Freeze } from '../../../domain/freeze.ts';
import type { Subject } from '../../../activities/index.ts';
import { sampleStatus } from '../../../conformance/stores/samples.ts';
import { createWorld, type World } from './world.ts';

let world: World;
let subject: Subject;
beforeEach(async () => {
  world = await createWorld();
  subject = await world.subject('2');
  await world.ports.stores.deployments.putDeployment({ tenantId: subject.tenant, uid: subject.deploymentUid, name: 'churn', specHash: await labelled('risk'), createdAtMs: 1, updatedAtMs: 1, status: sampleStatus(1) });
});

/** The file that the deployment has now; the rollout's own has no labels. */
async function labelled(team: string): Promise<string> {
  const spec = (await world.ports.stores.deployments.getSpec(subject.tenant, subject.specHash))!;
  return world.ports.stores.deployments.putSpec(subject.tenant, { ...spec, metadata: { ...spec.metadata, labels: { team } } });
}
async function freeze(change: Partial<Freeze> = {}): Promise<void> {
  await world.ports.stores.freezes.put({
    tenantId: subject.tenant, freezeId: 'frz_1', selector: { kind: 'labels', labels: { team: 'risk' } }, window: { kind: 'span', fromMs: 0, untilMs: world.nowMs + 1_000 }, reason: 'year end', actor: { kind: 'person', name: 'ada' },
    createdAtMs: 1, liftedAtMs: null, liftedBy: null, ...change,
  });
}
let n = 0;
const heldBy = async (): Promise<string | null | undefined> => (await world.run('judge', { subject, n: n += 1, champion: 'var_a', challenger: 'var_b' })).heldBy;

test('nothing holds where nobody said so', async () => { expect(await heldBy()).toBeNull(); });

test('a freeze by the labels that the deployment has now holds until it ends', async () => {
  await freeze();
  expect(await heldBy()).toMatch(/^frozen by ada \(year end\), until 20/);
  world.nowMs += 1_000;
  expect(await heldBy()).toBeNull();
});

test('other labels, a lifted freeze and one of another tenant hold nothing', async () => {
  await freeze({ selector: { kind: 'labels', labels: { team: 'fraud' } } });
  await freeze({ freezeId: 'frz_2', liftedAtMs: 1 });
  await freeze({ freezeId: 'frz_3', tenantId: 'other', selector: { kind: 'all' } });
  expect(await heldBy()).toBeNull();
});

test('a pin holds, and says whose it is; with a freeze both are said', async () => {
  const { routes } = world.ports.stores;
  const variant = { variantId: 'var_a', version: '1', artifactDigest: 'sha256:a', endpoint: { url: 'http://127.0.0.1:1', modelName: 'a', modelVersion: null } };
  const say = (command: Parameters<typeof routes.apply>[2]): ReturnType<typeof routes.apply> => routes.apply(subject.tenant, subject.deploymentUid, command);
  await say({ commandId: 'c1', atMs: 1, type: 'setChampion', variant, expectedChampion: null, by: 'person' });
  expect((await say({ commandId: 'c2', atMs: 2, type: 'pin', variantId: 'var_a', person: 'bea' })).outcome).toBe('applied');
  expect(await heldBy()).toBe('bea pinned version 1; it goes on when the pin is taken off');
  await freeze();
  expect(await heldBy()).toMatch(/frozen by ada.*; bea pinned version 1/);
  await say({ commandId: 'c3', atMs: 3, type: 'unpin', person: 'bea' });
  world.nowMs += 1_000;
  expect(await heldBy()).toBeNull();
});

test('what scheduled retraining made waits out a freeze, and is tried after it', async () => {
  await freeze();
  const ask = (): Promise<unknown> => world.run('requestRollout', { tenant: subject.tenant, deploymentUid: subject.deploymentUid, deployment: 'churn', specHash: subject.specHash, model: 'memory:churn@3', requestId: 'r', actor: { kind: 'workflow', name: 'retraining' }, reason: 'scheduled' });
  await expect(ask()).rejects.toMatchObject({ type: 'LM_BUSY', nonRetryable: false, message: expect.stringContaining('churn is frozen by ada') as string });
  world.nowMs += 1_000;
  expect(await ask()).toEqual({ rolloutId: `${subject.deploymentUid}/1` });
});
