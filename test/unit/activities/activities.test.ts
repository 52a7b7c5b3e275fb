import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleRollout } from '../../../conformance/stores/samples.ts';
import { INITIAL } from '../../../domain/rollout/machine.ts';
import type { GatewayRegistration } from '../../../ports/gateway-registry.ts';
import { churnOnnx, churnOnnx2 } from '../../support/onnx-models.ts';
import { createWorld, churnAnswers, type World } from './world.ts';

let world: World;
beforeEach(async () => { world = await createWorld(); });

const failure = (type: string, message?: RegExp): unknown => expect.objectContaining({ type, ...(message === undefined ? {} : { message: expect.stringMatching(message) }) });
const golden = (expected: number): unknown => [{ request: { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: [1, 2, 40] }] }, expect: { probabilities: [1 - expected, expected] }, tolerance: 1e-3 }];

/** A version that has been validated, packaged and loaded, as far as asked. */
async function loaded(version: string, change: Record<string, unknown> = {}, champion: string | null = null): Promise<{ subject: Awaited<ReturnType<World['subject']>>; variantId: string }> {
  const subject = await world.subject(version, change);
  const { variantId } = await world.run('validateModel', { subject, champion, retry: false });
  await world.run('packageModel', { subject, variantId });
  await world.run('loadVariant', { subject, variantId });
  return { subject, variantId };
}

test('a version is validated, packaged into a bundle, loaded and checked; all of it may be repeated', async () => {
  await world.publish('1', churnOnnx());
  const { subject, variantId } = await loaded('1', { contract: { task: 'binary', golden: golden(0.5498) } });
  expect(await world.run('packageModel', { subject, variantId })).toEqual(await world.run('packageModel', { subject, variantId }));
  expect(await world.run('loadVariant', { subject, variantId })).toMatchObject({ checked: 1 });
  const variant = await world.ports.stores.deployments.getVariant(subject.tenant, variantId);
  expect(variant!.fingerprint).toMatch(/^sha256:/);
  expect(variant).toMatchObject({ bundleDigest: expect.stringMatching(/^sha256:/), endpoint: { modelName: expect.any(String) } });
  expect(await world.ports.stores.deployments.getContract(subject.tenant, variant!.contractHash)).toMatchObject({ task: 'binary', score: { output: 'probabilities', column: 1 } });
});

test('a version is known by what it answers: the same answers, the same fingerprint, and none where they vary', async () => {
  const fingerprint = async ({ subject, variantId }: Awaited<ReturnType<typeof loaded>>) => (await world.ports.stores.deployments.getVariant(subject.tenant, variantId))!.fingerprint;
  await world.publish('1', churnOnnx());
  const one = await loaded('1');
  const first = await fingerprint(one);
  await world.run('validateModel', { subject: one.subject, champion: null, retry: true });
  expect(await fingerprint(one)).toBe(first);
  const digest = (await world.ports.stores.deployments.getVariant(one.subject.tenant, one.variantId))!.artifactDigest;
  const fixed = churnAnswers();
  let n = 0;
  world.models.set(digest, { ...fixed, answer: () => [{ name: 'label', datatype: 'INT64', shape: [1], data: [n += 1] }, { name: 'probabilities', datatype: 'FP32', shape: [1, 2], data: [0.5, 0.5] }] });
  await world.run('loadVariant', one);
  expect(await fingerprint(one)).toBeNull();
});

test('a wrong golden answer, an unknown version, a foreign file and an unknown registry are refused by code', async () => {
  await world.publish('1', churnOnnx());
  await expect(loaded('1', { contract: { task: 'binary', golden: golden(0.9) } })).rejects.toEqual(failure('LM_VALIDATION_FAILED', /golden request 1 of 1/));
  await expect(loaded('9')).rejects.toEqual(failure('LM_MODEL_NOT_FOUND', /churn/));
  await world.publish('2', Buffer.from('not a model'));
  await expect(loaded('2')).rejects.toEqual(failure('LM_VALIDATION_FAILED'));
  const subject = await world.subject('1');
  await expect(world.run('validateModel', { subject: { ...subject, model: 'mlflow:churn@1' }, champion: null, retry: false })).rejects.toEqual(failure('LM_UNKNOWN_ADAPTER', /known: memory/));
});

test('metrics that the contract cannot give are refused before anything is loaded', async () => {
  await world.publish('1', churnOnnx());
  const subject = await world.subject('1', { contract: {}, metrics: [{ name: 'absolute-error', role: 'required', margin: 0.1 }] });
  await expect(world.run('validateModel', { subject, champion: null, retry: false })).rejects.toEqual(failure('LM_VALIDATION_FAILED', /absolute-error/));
});

test("the champion's own variant is refused, and one that was rolled back needs retry", async () => {
  await world.publish('1', churnOnnx());
  await world.publish('2', churnOnnx2());
  const first = await loaded('1');
  await expect(world.run('validateModel', { subject: first.subject, champion: first.variantId, retry: false })).rejects.toEqual(failure('LM_SAME_VARIANT'));
  const second = await loaded('2', {}, first.variantId);
  await world.ports.stores.deployments.putRollout(sampleRollout({ tenant: 'acme', other: 'x', uid: 'dep_churn', id: 'c' }, {
    rolloutId: 'dep_churn/7', n: 7, state: { ...INITIAL, stage: 'done', outcome: 'rolled-back' }, challenger: { variantId: second.variantId, model: second.subject.model, artifactDigest: 'sha256:00' }, endedAtMs: 1,
  }));
  await expect(world.run('validateModel', { subject: second.subject, champion: first.variantId, retry: false })).rejects.toEqual(failure('LM_ALREADY_TRIED', /rollout 7/));
  expect(await world.run('validateModel', { subject: second.subject, champion: first.variantId, retry: true })).toMatchObject({ variantId: second.variantId });
});

test('a backend that serves another shape than the file promised is refused', async () => {
  await world.publish('1', churnOnnx());
  const answers = churnAnswers();
  for (const digest of world.models.keys()) world.models.set(digest, { ...answers, metadata: { ...answers.metadata, outputs: [{ name: 'score', datatype: 'FP32', shape: [-1, 1] }] } });
  await expect(loaded('1')).rejects.toEqual(failure('LM_VALIDATION_FAILED', /does not fit the contract/));
});

const gateway = (gatewayId: string, applied: number, leaseUntilMs: number): GatewayRegistration => ({
  gatewayId, incarnation: 1, address: '', adminAddress: null, applied: { dep_churn: applied }, ownKills: {}, quiet: {}, seenAtMs: 0, leaseUntilMs,
  stats: { startedAtMs: 0, requests: 0, refused: 0, errors: 0, mirrored: 0, dropped: 0, recordsPending: 0, recordsLost: 0, perVariant: {} },
});

test('a route is acknowledged by every registered gateway whose lease lasts, not by those that happen to be there', async () => {
  await world.publish('1', churnOnnx());
  const { subject, variantId } = await loaded('1');
  const { revision, outcome } = await world.run('setChampion', { subject, commandId: 'c1', variantId, expectedChampion: null, by: 'automation' });
  expect(outcome).toBe('applied');
  const { gateways } = world.ports.stores;
  await gateways.seen(gateway('gw-1', revision, world.nowMs + 10_000));
  await gateways.seen(gateway('gw-2', revision - 1, world.nowMs + 10_000));
  const waiting = world.run('awaitApplied', { subject, revision }).then(() => 'acknowledged');
  expect(await Promise.race([waiting, new Promise((resolve) => { setTimeout(resolve, 400, 'waits'); })])).toBe('waits');
  world.nowMs += 11_000;
  await gateways.seen(gateway('gw-1', revision, world.nowMs + 10_000));
  expect(await waiting).toBe('acknowledged');
});

test('each route command has exactly one audit record, whatever is repeated; refused ones say so', async () => {
  await world.publish('1', churnOnnx());
  const { subject, variantId } = await loaded('1');
  const crown = { subject, commandId: `${subject.rolloutId}/promote`, variantId, expectedChampion: null, by: 'automation' } as const;
  const first = await world.run('setChampion', crown);
  world.nowMs += 5_000;
  expect(await world.run('setChampion', crown)).toEqual(first);
  await world.run('setShare', { subject, commandId: `${subject.rolloutId}/share-1`, variantId, sharePer10k: 500 });
  await world.run('setShadows', { subject, commandId: `${subject.rolloutId}/shadow`, variantIds: [] });
  await world.run('removeVariant', { subject, commandId: `${subject.rolloutId}/undo-route`, variantId });
  const records = await world.ports.stores.audit.read(subject.tenant, { afterSeq: 0, limit: 99, action: 'route.*' });
  expect(records.map(({ action, subject: about, facts }) => [action, about, facts?.outcome, facts?.revision])).toEqual([
    ['route.setChampion', subject.rolloutId, 'applied', first.revision], ['route.setShare', subject.rolloutId, 'refused', first.revision + 1], ['route.setShadows', subject.rolloutId, 'applied', first.revision + 2], ['route.remove', subject.rolloutId, 'refused', first.revision + 3],
  ]);
  expect(records[0]).toMatchObject({ actor: { kind: 'workflow', name: 'rollout 1 of churn' }, digest: expect.stringMatching(/^sha256:/), reason: expect.stringMatching(/version 1 decides: applied, route revision/), facts: { variantId, before: null, by: 'automation' } });
});

test('what a person said of the whole deployment is recorded of the deployment, not of a rollout', async () => {
  await world.publish('1', churnOnnx());
  const { subject, variantId } = await loaded('1');
  await world.run('setChampion', { subject, commandId: 'c', variantId, expectedChampion: null, by: 'automation' });
  for (const to of [{ type: 'pin', variantId, person: 'bea' }, { type: 'unpin', person: 'bea' }, { type: 'retire', person: 'bea', reason: 'enough' }, { type: 'restore', person: 'bea' }] as const) await world.run('steerRoute', { subject, commandId: to.type, to });
  const records = await world.ports.stores.audit.read(subject.tenant, { afterSeq: 0, limit: 99, subject: subject.deploymentUid });
  expect(records.map(({ action, actor: { name } }) => [action, name])).toEqual(['pin', 'unpin', 'retire', 'restore'].map((type) => [`route.${type}`, 'deployment churn']));
});

test('waiting for gateways ends when the workflow is cancelled', async () => {
  await world.publish('1', churnOnnx());
  const { subject } = await loaded('1');
  await world.ports.stores.gateways.seen(gateway('gw-1', 0, world.nowMs + 1e9));
  await expect(world.run('awaitApplied', { subject, revision: 5 }, { cancelAfterMs: 100 })).rejects.toThrow(/abort/i);
});

test('an event clock without traffic has no plan yet: collecting, and after the idle limit inconclusive', async () => {
  await world.publish('1', churnOnnx());
  await world.publish('2', churnOnnx2());
  const one = await loaded('1');
  const two = await loaded('2', {}, one.variantId);
  const sides = { champion: one.variantId, challenger: two.variantId };
  expect(await world.run('openComparison', { subject: two.subject, ...sides })).toEqual({ rulingMs: 0 });
  expect(await world.run('judge', { subject: two.subject, n: 1, ...sides })).toMatchObject({ verdict: { kind: 'collecting', reason: 'no-data' } });
  await world.ports.stores.deployments.putRollout(sampleRollout({ tenant: 'acme', other: 'x', uid: 'dep_churn', id: 'c' }, { rolloutId: 'dep_churn/1', startedAtMs: world.nowMs - 2 * 86_400_000 }));
  expect(await world.run('judge', { subject: two.subject, n: 2, ...sides })).toMatchObject({ verdict: { kind: 'inconclusive', reason: 'idle' } });
  expect(await world.run('judge', { subject: two.subject, n: 1, ...sides })).toMatchObject({ verdict: { kind: 'collecting', n: 1 } });
});

test('training runs the command, publishes the next version once, and asks for a rollout', async () => {
  await world.publish('1', churnOnnx());
  const trained = join(mkdtempSync(join(tmpdir(), 'lastmile-trained-')), 'model.onnx');
  writeFileSync(trained, churnOnnx2());
  const train = `require('fs').copyFileSync(${JSON.stringify(trained)}, process.env.LASTMILE_OUTPUT_DIR + '/model.onnx')`;
  const { specHash, tenant, deploymentUid, deployment } = await world.subject('1', { retrain: { every: '1h', command: [process.execPath, '-e', train] } });
  const job = { tenant, deploymentUid, deployment, specHash };
  expect(await world.run('trainModel', { ...job, runKey: 'run-a' })).toEqual({ model: 'memory:churn@2' });
  expect(await world.run('trainModel', { ...job, runKey: 'run-a' })).toEqual({ model: 'memory:churn@2' });
  expect(await world.run('trainModel', { ...job, runKey: 'run-b' })).toEqual({ model: 'memory:churn@3' });
  const asked = { ...job, model: 'memory:churn@2', requestId: 'run-a', actor: { kind: 'workflow', name: 'retraining' } as const, reason: 'scheduled' };
  expect(await world.run('requestRollout', asked)).toEqual({ rolloutId: 'dep_churn/1' });
  expect(await world.run('requestRollout', asked)).toEqual({ rolloutId: 'dep_churn/1' });
});

test('a training command that writes nothing fails by name', async () => {
  const { specHash, tenant, deploymentUid, deployment } = await world.subject('1', { retrain: { every: '1h', command: [process.execPath, '-e', '0'] } });
  await expect(world.run('trainModel', { tenant, deploymentUid, deployment, specHash, runKey: 'x' })).rejects.toEqual(failure('LM_TRAINING_FAILED', /wrote no file/));
});
