import { pairedSums } from '../../support/analysis-arbitraries.ts';
import { sampleMetric, samplePlan } from '../../../conformance/stores/samples.ts';
import type { PlanAnswer } from '../../../api/contract.ts';
import type { Route } from '../../../domain/traffic/route.ts';
import { createWorld, smallFile, type Answer, type Ask, type World } from '../../support/api-world.ts';

let world: World;
let key: string;
beforeEach(async () => { world = await createWorld(); key = await world.key(); });
afterEach(() => world.close());

const apply = (file: Record<string, unknown>, more: Record<string, unknown> = {}, ask: Ask = {}): Promise<Answer> =>
  world.call('PUT', `/api/v1/deployments/${(file.metadata as { name: string }).name}`, { key, body: { spec: file, ...more }, ...ask });

async function championIs(model: string): Promise<void> {
  const { uid, status } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  await world.stores.deployments.putStatus('default', uid, { ...status, revision: status.revision + 1, phase: 'serving', champion: { variantId: 'var_1', model, artifactDigest: 'sha256:1' } });
}
async function rolloutWas(n: number, model: string, specHash: string, outcome: 'rolled-back' | 'promoted' | null): Promise<void> {
  const { uid } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  await world.stores.deployments.putRollout({
    tenantId: 'default', rolloutId: `${uid}/${String(n)}`, deploymentUid: uid, n, revision: 1, model, specHash,
    plan: { mode: 'first', goal: 'better', shadowSamplePer10k: 10_000, shadowMaxMs: 1, steps: [], horizonMs: 1, idleMs: 1, whenInconclusive: 'keep', askMs: 1 },
    state: { stage: 'done', step: 0, stepSinceMs: null, paused: false, outcome, verdict: null, pendingOutcome: null },
    champion: null, challenger: null, startedBy: { kind: 'person', name: 'ada' }, reason: null, startedAtMs: 1, endedAtMs: outcome === null ? null : 2, story: [], workflowId: 'w',
  });
}

test('a new file makes deployment, route, rollout and audit records', async () => {
  const answer = await apply(smallFile());
  expect(answer.status).toBe(202);
  expect(answer.json).toMatchObject({ result: 'started', deployment: 'churn', rollout: 1, links: { self: 'http://api.test/api/v1/deployments/churn/rollouts/1' } });
  expect(answer.json.spec.spec.rollout.goal).toBe('better');
  const deployment = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  expect(await world.stores.routes.get('default', deployment.uid)).toMatchObject({ name: 'churn', champion: null, fallback: ['last-good', 'closed'] });
  expect(world.orchestrator.starts).toMatchObject([{ deploymentUid: deployment.uid, model: 'filesystem:churn@7', whenBusy: 'refuse', actor: { kind: 'person', name: 'ada' } }]);
  const audit = await world.stores.audit.read('default', { afterSeq: 0, limit: 10, subject: null });
  expect(audit.map(({ action, subject }) => [action, subject])).toEqual([['deployment.create', 'churn'], ['rollout.start', 'churn/1']]);
});

test('the same file again does nothing, and records nothing', async () => {
  await apply(smallFile());
  const { specHash } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  await rolloutWas(1, 'filesystem:churn@7', specHash, 'rolled-back');
  const again = await apply(smallFile());
  expect(again.status).toBe(200);
  expect(again.json).toMatchObject({ result: 'unchanged', rollout: 1 });
  expect(again.json.notes[0]).toContain('tried in rollout 1');
  expect(world.orchestrator.starts).toHaveLength(1);
  expect(await world.stores.audit.read('default', { afterSeq: 0, limit: 10, subject: null })).toHaveLength(2);
});

test('an old file never demotes a champion that came another way', async () => {
  await apply(smallFile());
  const { specHash } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  await rolloutWas(1, 'filesystem:churn@7', specHash, 'rolled-back');
  await rolloutWas(2, 'filesystem:churn@8', specHash, 'rolled-back');
  await championIs('filesystem:churn@8');
  expect((await apply(smallFile())).json).toMatchObject({ result: 'unchanged' });
  expect(world.orchestrator.starts).toHaveLength(1);
});

test('the champion\'s own model under another policy is an update, not a rollout', async () => {
  await apply(smallFile());
  await championIs('filesystem:churn@7');
  const answer = await apply(smallFile('churn', { rollout: { minCycles: 5 } }));
  expect(answer.json).toMatchObject({ result: 'updated', rollout: null });
  expect(world.orchestrator.starts).toHaveLength(1);
});

test('an order whose answer was lost until its rollout was promoted is answered with that rollout', async () => {
  await apply(smallFile());
  const next = smallFile('churn', { model: 'filesystem:churn@8' });
  const { specHash } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  await apply(next);
  await championIs('filesystem:churn@8');
  await rolloutWas(1, 'filesystem:churn@7', specHash, 'promoted');
  await rolloutWas(2, 'filesystem:churn@8', (await world.stores.deployments.getDeployment('default', 'churn'))!.specHash, 'promoted');
  const again = await apply(next);
  expect({ status: again.status, json: again.json }).toMatchObject({ status: 200, json: { result: 'unchanged', rollout: 2, notes: expect.arrayContaining(['filesystem:churn@8 is the champion since rollout 2: nothing to try.']) } });
});

test('a retry needs a reason, and then starts', async () => {
  await apply(smallFile());
  const { specHash } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  await rolloutWas(1, 'filesystem:churn@7', specHash, 'rolled-back');
  expect((await apply(smallFile(), { retry: true })).status).toBe(400);
  expect((await apply(smallFile(), { retry: true, reason: 'the data was late' })).json).toMatchObject({ result: 'started', rollout: 2 });
  expect(world.orchestrator.starts[1]).toMatchObject({ retry: true, reason: 'the data was late' });
});

test('with Temporal away nothing starts, the answer says so, and the same request goes on later', async () => {
  world.orchestrator.away = true;
  const headers = { 'idempotency-key': 'one' };
  const away = await apply(smallFile(), {}, { headers });
  expect(away.status).toBe(503);
  expect(away.headers['retry-after']).toBe('5');
  expect(away.json).toMatchObject({ code: 'LM_ORCHESTRATOR_UNAVAILABLE', details: { stored: true } });
  world.orchestrator.away = false;
  expect((await apply(smallFile(), {}, { headers })).json).toMatchObject({ result: 'started', rollout: 1 });
  expect(world.orchestrator.starts).toHaveLength(1);
  const audit = await world.stores.audit.read('default', { afterSeq: 0, limit: 10, subject: null });
  expect(audit.map(({ action }) => action)).toEqual(['deployment.create', 'rollout.start']);
});

test('an order whose answer was lost is not given twice, with or without a key', async () => {
  for (const [name, headers] of [['churn', {}], ['fraud', { 'idempotency-key': 'one' }]] as const) {
    world.orchestrator.mute = true;
    expect((await apply(smallFile(name), {}, { headers })).status).toBe(503);
    world.orchestrator.mute = false;
    expect((await apply(smallFile(name), {}, { headers })).json).toMatchObject({ result: 'started', rollout: 1 });
  }
  expect(world.orchestrator.starts.map(({ deployment }) => deployment)).toEqual(['churn', 'fraud']);
});

test('a rollout in the way is named with its link', async () => {
  await apply(smallFile());
  const { uid, status } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  await world.stores.deployments.putStatus('default', uid, { ...status, revision: 1, phase: 'rolling-out', activeRollout: `${uid}/1`, rolloutCount: 1 });
  world.orchestrator.busyWith = `${uid}/1`;
  const answer = await apply(smallFile('churn', { model: 'filesystem:churn@8' }));
  expect(answer.status).toBe(409);
  expect(answer.json).toMatchObject({ code: 'LM_ROLLOUT_IN_PROGRESS', details: { rollout: 1, links: { self: 'http://api.test/api/v1/deployments/churn/rollouts/1' } } });
});

test('a rollout whose end is written but not yet heard of is waited for, not told as active', async () => {
  await apply(smallFile());
  const { uid, specHash, status } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  await rolloutWas(1, 'filesystem:churn@7', specHash, 'rolled-back');
  await world.stores.deployments.putStatus('default', uid, { ...status, revision: 1, phase: 'rolling-out', activeRollout: `${uid}/1`, rolloutCount: 1 });
  world.orchestrator.busyWith = `${uid}/1`;
  setTimeout(() => { world.orchestrator.busyWith = null; }, 300);
  expect((await apply(smallFile('churn', { model: 'filesystem:churn@8' }))).json).toMatchObject({ result: 'started', rollout: 2 });
});

test('a schedule is put for retrain, and taken away with it', async () => {
  await apply(smallFile('churn', { retrain: { every: '7d', command: ['make', 'model'] } }));
  await apply(smallFile());
  expect(world.orchestrator.schedules).toEqual([{ deployment: 'churn', everyMs: 604_800_000 }, { deployment: 'churn', everyMs: null }]);
});

const routeOf = async (): Promise<Route> => {
  const { uid } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  return (await world.stores.routes.get('default', uid))!;
};
async function rolloutRuns(activeRollout: boolean): Promise<void> {
  const { uid, status } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  await world.stores.deployments.putStatus('default', uid, { ...status, revision: status.revision + 1, activeRollout: activeRollout ? `${uid}/1` : null });
}
const CHANGED = { onLostControl: 'failClosed', fallback: ['closed'], records: { inputs: true } };

test('segments make the route record inputs, and the note says segments', async () => {
  await apply(smallFile());
  const answer = await apply(smallFile('churn', { labels: { delay: '1d' }, contract: { task: 'binary' }, segments: { jsonPath: '$.parameters.region', values: ['eu', 'us'] } }));
  expect(answer.json.notes).toContain('segments applies to the living route at once, without a rollout.');
  expect(await routeOf()).toMatchObject({ recordInputs: true });
});

test('settings of a living route change at once and once, also while a rollout is active; the audit chain names the file', async () => {
  await apply(smallFile());
  await rolloutRuns(true);
  const before = await routeOf();
  const answer = await apply(smallFile('churn', CHANGED));
  expect(answer.json.notes[0]).toBe('fallback, onLostControl, records.inputs apply to the living route at once, without a rollout.');
  const after = await routeOf();
  expect(after).toMatchObject({ revision: before.revision + 1, fallback: ['closed'], onLostControl: 'failClosed', recordInputs: true });
  const again = await apply(smallFile('churn', CHANGED));
  expect(again.json.notes.join(' ')).not.toContain('at once');
  expect(await routeOf()).toEqual(after);
  const audit = await world.stores.audit.read('default', { afterSeq: 0, limit: 10, subject: null });
  expect(audit.filter(({ action }) => action === 'deployment.update')).toHaveLength(1);
});

test('there and back again is two changes; a route that a call broke off before is set right by the same file', async () => {
  const settings = ({ onLostControl, recordInputs }: Route): unknown => ({ onLostControl, recordInputs });
  await apply(smallFile());
  for (const change of [CHANGED, {}, CHANGED]) { world.pass(1); await apply(smallFile('churn', change)); }
  expect(settings(await routeOf())).toEqual({ onLostControl: 'failClosed', recordInputs: true });
  const { deploymentUid, fallback, stickyHeader, stickyJsonPath } = await routeOf();
  await world.stores.routes.apply('default', deploymentUid, { type: 'configure', commandId: 'an older file that came late', atMs: 1, settings: { fallback, stickyHeader, stickyJsonPath, onLostControl: 'serve', recordInputs: false } });
  expect((await apply(smallFile('churn', CHANGED))).status).toBe(202);
  expect(settings(await routeOf())).toEqual({ onLostControl: 'failClosed', recordInputs: true });
});

test('another sticky key is refused while a rollout is active, before anything is written, and taken when it has ended', async () => {
  await apply(smallFile());
  await rolloutRuns(true);
  const before = await world.stores.deployments.getDeployment('default', 'churn');
  const file = smallFile('churn', { onLostControl: 'failClosed', routing: { stickyHeader: 'X-User' } });
  const answer = await apply(file);
  expect(answer.status).toBe(422);
  expect(answer.json).toMatchObject({ code: 'LM_COMMAND_REFUSED', details: { fields: ['routing.stickyHeader'], rollout: 1 } });
  expect(answer.json.detail).toContain('rollout 1 of churn');
  expect(await world.stores.deployments.getDeployment('default', 'churn')).toEqual(before);
  const plan = await world.call('POST', '/api/v1/plan', { key, body: { spec: file } });
  expect(plan.json.changes).toEqual(['spec.onLostControl: serve -> failClosed', 'spec.routing.stickyHeader: x-user (new)']);
  expect(plan.json.notes.slice(0, 2)).toEqual(['onLostControl, routing.stickyHeader apply to the living route at once, without a rollout.', 'routing.stickyHeader cannot change while rollout 1 is active: apply will refuse this file.']);
  await rolloutRuns(false);
  expect((await apply(file)).status).toBe(202);
  expect(await routeOf()).toMatchObject({ stickyHeader: 'x-user', onLostControl: 'failClosed' });
});

test('plan says what rollouts have spent of the yearly budget, and what the next one gets', async () => {
  await apply(smallFile());
  const { uid } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  const scope = { tenant: 'default', other: 'other', uid, id: 'budget' };
  const spend = (n: number, daysAgo: number): Promise<unknown> => world.stores.evidence.putPlan(samplePlan(scope, { rolloutId: `${uid}/${String(n)}`, state: 'fixed', startedAtMs: world.now() - daysAgo * 86_400_000, metrics: [sampleMetric(0.05)] }));
  for (const [n, daysAgo] of [[1, 366], [2, 300], [3, 10]] as const) await spend(n, daysAgo);
  const notes = (await world.call('POST', '/api/v1/plan', { key, body: { spec: smallFile() } })).json.notes.join('\n');
  expect(notes).toContain('0.1 was spent by 2 rollouts of the last 365 days, 0.1 is left. The next rollout is judged at alpha 0.025.');
  const dry = (await apply(smallFile('churn', { rollout: { falsePromotions: { perYear: 0.4 } } }), { dryRun: true })).json.notes.join('\n');
  expect(dry).toContain('at most 0.4 a year are to be expected');
  expect(dry).toContain('0.3 is left. The next rollout is judged at alpha 0.05.');
  expect((await world.call('POST', '/api/v1/plan', { key, body: { spec: smallFile('other') } })).json.notes.join('\n')).toContain('nothing was spent');
});

test('plan says what a rollout can be expected to tell, once one has taught it', async () => {
  const file = smallFile('churn', { labels: { delay: '1d' }, metrics: [{ name: 'accuracy', role: 'required' }], value: { currency: 'EUR', payoff: { tp: 1, fp: -1, tn: 0, fn: 0 }, costPerRequest: 0.001 } });
  await apply(file);
  const plan = async () => (await world.call('POST', '/api/v1/plan', { key, body: { spec: file } })).json as unknown as PlanAnswer;
  const first = await plan();
  expect(first.forecast).toBeNull();
  const { uid } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  const { cycleMs } = first.spec.spec.rollout;
  const accuracy = { ...sampleMetric(0.05), name: 'accuracy', kind: 'paired' as const, role: 'required' as const, tauMs: cycleMs / 4, blockSlots: 4, range: { lo: -1, hi: 1 }, lossBound: 0.3, centreCap: 0.05, vOpt: 0.02, plannedFrom: 'pilot' as const };
  await world.stores.evidence.putPlan(samplePlan({ tenant: 'default', other: 'other', uid, id: 'forecast' }, { rolloutId: `${uid}/4`, state: 'fixed', cycleMs, maturityMs: first.spec.spec.labels!.maturityMs, startedAtMs: world.now() - 86_400_000, metrics: [accuracy] }));
  const { forecast, notes } = await plan();
  expect(forecast).toMatchObject({ like: `${uid}/4`, metrics: [{ metric: 'accuracy', blockMs: cycleMs, spread: 0.05, detectable: expect.any(Number) }] });
  expect(notes.join('\n')).toMatch(/accuracy, by what rollout 4 taught: a challenger that is better than the champion by 0\.\d+ right answers per request or more is found with a chance of 80 %/);
  expect(forecast).toMatchObject({ shadow: null, metrics: [{ requests: null }] });
  // 250 pairs in each quarter of a day.
  for (const slot of [8, 9, 10, 11]) await world.stores.evidence.seal({ tenantId: 'default', rolloutId: `${uid}/4`, metric: 'accuracy', slot, fromMs: slot * cycleMs / 4, toMs: (slot + 1) * cycleMs / 4, state: 'sealed', sums: pairedSums(0.01, { pairs: 250 }), sealedAtMs: 1 });
  const seen = await plan();
  const days = seen.spec.spec.rollout.horizonMs / 86_400_000;
  expect(seen.forecast).toMatchObject({ shadow: { requests: 1_000 * days, cost: { currency: 'EUR', micros: 1_000_000 * days } }, metrics: [{ requests: seen.forecast!.metrics[0]!.blocks * 1_000 }] });
  expect(seen.notes.join('\n')).toMatch(/Shadow copies up to 31,000 requests until the horizon, at the traffic of that rollout; which costs up to EUR 31\.00 by value\.costPerRequest/);
  expect(seen.notes.join('\n')).toMatch(/One that is exactly as good ends without this proof with a chance of \d+ %/);
});

test('a file whose rollouts could never tell is refused, with what would make it possible; plan says it too', async () => {
  const file = smallFile('churn', { labels: { delay: '2d' }, rollout: { horizon: '3d' } });
  const refused = await apply(file);
  expect(refused).toMatchObject({ status: 400, json: { code: 'LM_INVALID_SPEC', detail: expect.stringMatching(/horizon is 3d, and 2 cycles of 1d with their outcomes take \d.*no rollout could ever be proved\. Make rollout\.horizon longer/) } });
  expect(await world.stores.deployments.getDeployment('default', 'churn')).toBeNull();
  expect((await world.call('POST', '/api/v1/plan', { key, body: { spec: file } })).json.notes.join('\n')).toContain('no rollout could ever be proved');
  expect((await apply(smallFile('churn', { labels: { delay: '1h' }, rollout: { horizon: '8d' } }))).json.detail).toMatch(/the pilot of 10 cycles takes 10d/);
  expect((await apply(smallFile('churn', { labels: { delay: '1h' }, rollout: { horizon: '8d', pilotCycles: 2 } }))).status).toBe(202);
});

test('dry run and plan change nothing', async () => {
  expect((await apply(smallFile(), { dryRun: true })).json).toMatchObject({ result: 'planned' });
  const plan = await world.call('POST', '/api/v1/plan', { key, body: { spec: smallFile() } });
  expect(plan.json.changes).toEqual(['new deployment churn, trying filesystem:churn@7']);
  expect(plan.json.notes.join(' ')).toContain('second time');
  expect(await world.stores.deployments.getDeployment('default', 'churn')).toBeNull();
  expect(world.orchestrator.starts).toEqual([]);
});

test.each([
  ['another name', smallFile('other'), 400, 'LM_INVALID_REQUEST'],
  ['a registry that is not there', smallFile('churn', { model: 'mlflow:churn@7' }), 400, 'LM_UNKNOWN_ADAPTER'],
  ['a backend that is not there', smallFile('churn', { serving: { backend: 'triton' } }), 400, 'LM_UNKNOWN_ADAPTER'],
  ['a file with problems', { metadata: { name: 'churn' } }, 400, 'LM_INVALID_SPEC'],
])('%s is refused', async (_what, file, status, code) => {
  const answer = await world.call('PUT', '/api/v1/deployments/churn', { key, body: { spec: file } });
  expect(answer.status).toBe(status);
  expect(answer.json.code).toBe(code);
});

test('a version may be tried without touching the file', async () => {
  await apply(smallFile());
  const { specHash } = (await world.stores.deployments.getDeployment('default', 'churn'))!;
  const answer = await world.call('POST', '/api/v1/deployments/churn/rollouts', { key, body: { model: 'filesystem:churn@8' } });
  expect(answer.status).toBe(202);
  expect(answer.json).toMatchObject({ state: 'started', rollout: 2 });
  expect(world.orchestrator.starts[1]).toMatchObject({ model: 'filesystem:churn@8', specHash });
  expect((await world.stores.deployments.getDeployment('default', 'churn'))!.specHash).toBe(specHash);
});
