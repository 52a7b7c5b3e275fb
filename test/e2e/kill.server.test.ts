import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KillView } from '../../api/contract.ts';
import { stores as databases } from '../../adapters/store/index.ts';
import { killDirectly } from '../../cli/break-glass/direct-kill.ts';
import { readKit, renewKit } from '../../cli/break-glass/kit.ts';
import { createClient, type Client } from '../../cli/client.ts';
import { createGateway, type Gateway } from '../../cli/gateway.ts';
import type { KillScope, KillState } from '../../domain/kill/kill.ts';
import { writeLogistic } from '../../artifact/onnx/write.ts';
import { countingProxy, type CountingProxy } from '../support/counting-proxy.ts';
import { CHURN } from '../support/onnx-models.ts';
import { patient, rolloutWhere } from '../support/rollouts.ts';
import { bothObey, needed, startStack, type Stack } from '../support/stack.ts';

/**
 * Kills on a real stack. Between gateways and modelhost stands a proxy that the product does not know: it counts what really comes for
 * a variant. One stack for all tests, since each begins from what the one before left: `churn` has two versions in its ladder; `tries` one.
 */
const LIMIT_MS = 60_000;
const REQUEST = { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: [1, 2, 40] }] };

let stack: Stack;
let client: Client;
let gateway: Gateway;
let witness: CountingProxy;
let temporal: CountingProxy;
const temporalPort = (): number => Number(needed('TEST_TEMPORAL_ADDRESS').split(':').at(-1));

beforeAll(async () => {
  stack = await startStack(async ({ LASTMILE_MODELHOST_PORT }) => {
    [witness, temporal] = await Promise.all([countingProxy(Number(LASTMILE_MODELHOST_PORT)), countingProxy(temporalPort())]);
    return { LASTMILE_MODELHOST_URL: `http://127.0.0.1:${String(witness.port)}`, LASTMILE_TEMPORAL_ADDRESS: `127.0.0.1:${String(temporal.port)}` };
  });
  client = createClient({ url: stack.apiUrl, key: stack.key(), timeoutMs: 20_000 });
  gateway = createGateway({ url: stack.gatewayUrl, key: null, timeoutMs: 5_000, connections: 8 });
  for (const version of [1, 2, 3, 4, 5, 6, 7]) publish('churn', version);
  await Promise.all(['churn', 'tries'].map(first));
  await tried('churn', 2, 2);
  await client.call('promote', { params: { name: 'churn', n: 2 }, body: { reason: 'to have a last good one' } });
  await ended('churn', 2);
}, 240_000);
afterAll(async () => { await gateway.close(); await stack.stop(); await Promise.all([witness.close(), temporal.close()]); }, 60_000);

test('a killed champion under load: callers get the last good one and no error, nothing comes to it after silence, the proof is proved; revived, it answers again', async () => {
  const load = underLoad('churn');
  await load.until(({ version }) => version === '2');
  const order = await kill('churn', { kind: 'champion' });
  const { kill: record } = await until(order, 'proved');
  await load.until(({ atMs }) => atMs > (record.provedAtMs ?? 0) + 500);
  const answers = await load.stop();
  const { variantId } = record.variants[0]!;
  expect(requestsFor(variantId).filter(({ atMs }) => atMs > record.silentAtMs!)).toEqual([]);
  expect(answers.filter(({ error }) => error !== null)).toEqual([]);
  expect(new Set(answers.filter(({ beganMs }) => beganMs > record.silentAtMs!).map(({ version, fallback }) => `${version} ${fallback}`))).toEqual(new Set(['1 last-good']));
  expect(record).toMatchObject({ answering: '1', missing: [], backends: [{ state: 'gone', requestsAfter: 0 }] });
  await statusWhere('churn', ({ phase, message }) => phase === 'attention' && message.includes('killed filesystem:churn@2') && message.includes('version 1 answers instead'));
  await revive(order);
  await statusWhere('churn', ({ phase }) => phase === 'serving');
  await answeredBy('churn', '2');
}, 120_000);

test('a challenger killed in shadow: no copy comes to it after silence, and its rollout ends as killed', async () => {
  const load = underLoad('tries');
  const challenger = await tried('tries', 2, 2);
  await witnessed(challenger);
  const { kill: record } = await until(await kill('tries', { kind: 'challengers' }), 'proved');
  await endsAsKilled(2, load, record.silentAtMs!, challenger);
}, 120_000);

test('a challenger killed while it answers callers: nobody gets an error, its share goes to the champion, and its rollout ends as killed', async () => {
  const load = underLoad('tries');
  const challenger = await tried('tries', 3, 3);
  await givenShare('tries', challenger, 3_000);
  await load.until(({ version }) => version === '3');
  const { kill: record } = await until(await kill('tries', { kind: 'version', version: '3' }), 'proved');
  const answers = await endsAsKilled(3, load, record.silentAtMs!, challenger);
  expect(answers.filter(({ error }) => error !== null)).toEqual([]);
}, 120_000);

test('a kill while the promotion is made: whoever is first, the killed one answers nobody and the deployment knows it', async () => {
  const challenger = await tried('tries', 4, 4);
  const [order] = await Promise.all([kill('tries', { kind: 'variant', variantId: challenger }), client.call('promote', { params: { name: 'tries', n: 4 }, body: { reason: 'at the same moment' } }).catch(() => null)]);
  const { kill: record } = await until(order, 'proved');
  await ended('tries', 4);
  await answeredBy('tries', '1');
  expect(requestsFor(challenger).filter(({ atMs }) => atMs > record.silentAtMs!)).toEqual([]);
  const { deployment, route } = await client.call('getDeployment', { params: { name: 'tries' } });
  expect({ champion: deployment.status.champion?.variantId, killed: challenger }).not.toMatchObject({ champion: challenger });
  expect(route?.champion).toBe(deployment.status.champion?.variantId);
}, 120_000);

test('a kill and an abort at the same time: both are taken, the rollout ends once, the champion decides', async () => {
  const challenger = await tried('tries', 5, 5);
  const [order] = await Promise.all([kill('tries', { kind: 'challengers' }), client.call('abort', { params: { name: 'tries', n: 5 }, body: { reason: 'at the same moment' } }).catch(() => null)]);
  await until(order, 'proved');
  const { rollout } = await ended('tries', 5);
  expect(['aborted', 'rolled-back']).toContain(rollout.state.outcome);
  const { route } = await client.call('getDeployment', { params: { name: 'tries' } });
  expect({ shares: route?.shares, shadows: route?.shadows, tombstones: route?.tombstones.includes(challenger) }).toEqual({ shares: [], shadows: [], tombstones: true });
  await answeredBy('tries', '1');
}, 120_000);

test('Temporal and the worker are away: the kill is proved without them, and its rollout hears of it when they are back', async () => {
  const challenger = await tried('tries', 6, 6);
  await stack.kill('worker');
  const { port } = temporal;
  await temporal.close();
  const order = await kill('tries', { kind: 'challengers' });
  const { kill: record } = await until(order, 'proved');
  expect(record.variants.map(({ variantId }) => variantId)).toEqual([challenger]);
  expect((await client.call('getRollout', { params: { name: 'tries', n: 6 } })).rollout.endedAtMs).toBeNull();
  temporal = await countingProxy(temporalPort(), port);
  await stack.start('worker');
  expect((await ended('tries', 6)).rollout.state).toMatchObject({ outcome: 'rolled-back', verdict: { reason: 'killed' } });
}, 150_000);

test('a drill in canary under load: zero requests between silence and its end, nobody gets an error, the share comes back and the rollout goes on; one whose API dies is ended by the next', async () => {
  const challenger = await tried('tries', 7, 7);
  await givenShare('tries', challenger, 3_000);
  const load = underLoad('tries');
  await load.until(({ version }) => version === '7');
  const order = await client.call('drill', { params: { name: 'tries' }, body: { reason: 'the board asks' } });
  const { kill: record } = await until(order, 'revived');
  await load.until(({ beganMs, version }) => beganMs > record.revivedAtMs! && version === '7');
  const answers = await load.stop();
  expect(requestsFor(challenger).filter(({ atMs }) => atMs > record.silentAtMs! && atMs < record.provedAtMs!)).toEqual([]);
  expect(answers.filter(({ error }) => error !== null)).toEqual([]);
  expect(record).toMatchObject({ targets: [challenger], missing: [], backends: [{ state: 'gone', requestsAfter: 0 }], provedAtMs: expect.any(Number) as number });
  const dying = await client.call('drill', { params: { name: 'tries' }, body: {} });
  await stack.kill('api');
  await stack.start('api');
  await until(dying, 'revived');
  await eventually('it answers again', async () => (await asked('tries')).version === '7');
  expect((await client.call('listDrills', { params: { name: 'tries' } })).summary).toMatchObject({ count: 2, standing: 'fresh' });
  const { route, deployment: { status } } = await client.call('getDeployment', { params: { name: 'tries' } });
  expect({ shares: route?.shares, shadows: route?.shadows.map(({ variantId }) => variantId), tombstones: route?.tombstones.includes(challenger) }).toEqual({ shares: [{ variantId: challenger, sharePer10k: 3_000 }], shadows: [challenger], tombstones: false });
  expect(status.activeRollout).not.toBeNull();
  await client.call('abort', { params: { name: 'tries', n: 7 }, body: { reason: 'the test is over' } });
  await ended('tries', 7);
}, 150_000);

test('a gateway that stands still: the kill names it, with the backend as bound; when it goes on the kill is proved', async () => {
  stack.freeze('gw-2');
  let order: KillView;
  try {
    order = await kill('churn', { kind: 'champion' });
    await eventually('it is named', async () => (await recordsOf('churn', order.kill.killId))[0]!.kill.missing.includes('gateway gw-2 does not obey it yet'));
    await eventually('the backend is its bound', async () => (await recordsOf('churn', order.kill.killId))[0]!.kill.backends[0]?.state === 'gone');
    // Which process gets a probe of the shared address is chance: while the one that stands still gets any, the kill is not proved.
    const stuck = await until(order, 'unconfirmed', 'proved');
    expect(stuck.sentence).toMatch(stuck.kill.state === 'proved' ? /Out of reach, .*: gateway gw-2\./ : /gateway gw-2 cannot be reached.* Bound: the backend: the model is unloaded and cannot answer\./);
    expect(stuck.kill.gateways).toContainEqual(expect.objectContaining({ gatewayId: 'gw-2', state: 'lease-ended' }));
  } finally { stack.thaw('gw-2'); }
  const { variantId } = order.kill.variants[0]!;
  // Until it has the newer table it goes on asking for the killed one: the backend does not answer, and callers get the last good one.
  const answers = await Promise.all(Array.from({ length: 80 }, () => asked('churn')));
  expect(answers.filter(({ version }) => version === '2')).toEqual([]);
  const { kill: record } = await until(order, 'proved');
  expect(record.missing).toEqual([]);
  // Where the proof was by the backend alone, with gw-2 out of reach, that one asks in vain until it has the newer table.
  const silentFromMs = Math.max(record.provedAtMs!, await bothObey(client, Date.now()));
  await Promise.all(Array.from({ length: 80 }, () => asked('churn')));
  expect(requestsFor(variantId).filter(({ atMs }) => atMs > silentFromMs)).toEqual([]);
  await revive(order);
  await answeredBy('churn', '2');
}, 120_000);

test('a gateway that starts from an old table without the API: the backend does not answer for the killed one, and callers get the last good one', async () => {
  const table = (name: string): string => join(stack.dataDir, 'gateways', 'gw-2', name);
  copyFileSync(table('route-table.json'), table('kept.json'));
  const order = await kill('churn', { kind: 'champion' });
  await until(order, 'proved');
  await Promise.all([stack.kill('gw-2'), stack.kill('api')]);
  copyFileSync(table('kept.json'), table('route-table.json'));
  await stack.start('gw-2');
  const answers = await Promise.all(Array.from({ length: 80 }, () => asked('churn')));
  expect(answers.filter(({ version }) => version === '2')).toEqual([]);
  await stack.start('api');
  const { variantId } = order.kill.variants[0]!;
  await bothObey(client, Date.now());
  const before = requestsFor(variantId).length;
  const later = await Promise.all(Array.from({ length: 80 }, () => asked('churn')));
  expect(new Set(later.map(({ version }) => version))).toEqual(new Set(['1']));
  expect(requestsFor(variantId)).toHaveLength(before);
  await revive(order);
  await answeredBy('churn', '2');
}, 150_000);

test('the API is dead: the kill goes straight to gateways and modelhost; when the API is back there is one record, one audit entry, and the proof', async () => {
  const place = { stateDir: mkdtempSync(join(tmpdir(), 'lastmile-kit-')), apiUrl: stack.apiUrl, key: stack.key() };
  await renewKit(client, place, Date.now());
  const kit = readKit(place, Date.now());
  await stack.kill('api');
  const direct = await killDirectly(kit!, { killId: 'kil_0123456789abcdef0123456789abcdef', deployment: 'churn', scope: { kind: 'champion' }, inFlight: 'abort' });
  expect({ silent: direct.silent, gateways: direct.gateways.map(({ ok }) => ok), backends: direct.backends.map(({ ok }) => ok) }).toEqual({ silent: true, gateways: [true, true], backends: [true] });
  await answeredBy('churn', '1');
  await stack.start('api');
  await eventually('the record is there', async () => (await recordsOf('churn', direct.killId)).length > 0);
  const [view] = await recordsOf('churn', direct.killId);
  await until(view!, 'proved');
  expect(await recordsOf('churn', direct.killId)).toHaveLength(1);
  const { items } = await client.call('audit', { query: { limit: 1_000 } });
  expect(items.filter(({ action, auditId, via }) => action === 'deployment.kill' && via === 'gateway' && auditId.length > 0)).toHaveLength(1);
  await statusWhere('churn', ({ phase, message }) => phase === 'attention' && message.includes('killed filesystem:churn@2'));
  await revive(view!);
  await statusWhere('churn', ({ phase }) => phase === 'serving');
}, 150_000);

test('retired, callers get 410 and its models are gone; restored, it answers again; deleted, the name is free for another generation', async () => {
  const { deployment: { uid } } = await client.call('getDeployment', { params: { name: 'tries' } });
  await expect(client.call('deleteDeployment', { params: { name: 'tries' }, body: { reason: 'too early' } })).rejects.toMatchObject({ code: 'LM_COMMAND_REFUSED' });
  await client.call('retire', { params: { name: 'tries' }, body: { reason: 'no use any more' } });
  await eventually('callers are told', async () => (await statusOf('tries')) === 410);
  await expect(client.call('startRollout', { params: { name: 'tries' }, body: { model: 'filesystem:churn@2', retry: true, reason: 'let me' } })).rejects.toMatchObject({ code: 'LM_COMMAND_REFUSED' });
  await statusWhere('tries', ({ phase }) => phase === 'retired');
  await patient(() => client.call('restore', { params: { name: 'tries' }, body: { reason: 'it is needed' } }));
  await answeredBy('tries', '1');
  await statusWhere('tries', ({ phase }) => phase === 'serving');
  await client.call('retire', { params: { name: 'tries' }, body: { reason: 'now for good' } });
  await client.call('deleteDeployment', { params: { name: 'tries' }, body: { reason: 'now for good' } });
  await expect(client.call('getDeployment', { params: { name: 'tries' } })).rejects.toMatchObject({ code: 'LM_DEPLOYMENT_NOT_FOUND' });
  await eventually('no gateway knows it', async () => (await statusOf('tries')) === 404);
  await first('tries');
  const { deployment } = await client.call('getDeployment', { params: { name: 'tries' } });
  expect(deployment.uid).not.toBe(uid);
  await answeredBy('tries', '1');
  const { items } = await client.call('audit', { query: { limit: 1_000, subject: uid } });
  // What the people said; what was done to the route for it has records of its own.
  expect(items.map(({ action }) => action).filter((action) => /^deployment[.](retire|restore|delete)/.test(action))).toEqual(['deployment.retire', 'deployment.restore', 'deployment.retire', 'deployment.delete']);
}, 150_000);

async function statusOf(name: string): Promise<number> {
  return (await fetch(`${stack.gatewayUrl}/v2/models/${name}/infer`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(REQUEST) })).status;
}

// --- What the tests say, in words.

const spec = (name: string, model: string): Record<string, unknown> => ({
  apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name },
  spec: { model, contract: { task: 'binary' }, labels: { delay: '1d' }, serving: { resources: { threads: 1 } } },
});

function publish(name: string, version: number): void {
  const folder = join(stack.registryDir, name, String(version));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), writeLogistic({ ...CHURN, weights: [0.8, -1.3, 0.05 + version / 50] }));
}

async function first(name: string): Promise<void> {
  await client.call('apply', { params: { name }, body: { spec: spec(name, 'filesystem:churn@1') } });
  await ended(name, 1);
}

/** Starts rollout n of a version and waits until it gets copies of the traffic; gives its variant. */
async function tried(name: string, n: number, version: number): Promise<string> {
  await eventually('the deployment is free', async () => (await patient(() => client.call('getDeployment', { params: { name } }))).deployment.status.activeRollout === null);
  await patient(() => client.call('startRollout', { params: { name }, body: { model: `filesystem:churn@${String(version)}` } }));
  const { rollout } = await rolloutWhere(client, { name, n, limitMs: LIMIT_MS }, ({ rollout: { state, endedAtMs } }) => state.stage === 'shadowing' || endedAtMs !== null);
  if (rollout.challenger === null || rollout.endedAtMs !== null) throw new Error(`rollout ${String(n)} of ${name} ended: ${rollout.story.at(-1)?.text ?? ''}`);
  const { variantId } = rollout.challenger;
  await eventually('it gets copies', async () => (await patient(() => client.call('getDeployment', { params: { name } }))).route?.shadows.some((shadow) => shadow.variantId === variantId) === true);
  return variantId;
}

const ended = (name: string, n: number): ReturnType<typeof rolloutWhere> => rolloutWhere(client, { name, n, limitMs: LIMIT_MS }, ({ rollout }) => rollout.endedAtMs !== null);
const kill = (name: string, scope: KillScope): Promise<KillView> => client.call('kill', { params: { name }, body: { scope } });
const revive = (of: KillView): Promise<KillView> => patient(() => client.call('revive', { params: { id: of.kill.killId }, body: { reason: 'the test goes on' } }));
const recordsOf = async (name: string, killId: string): Promise<readonly KillView[]> => (await patient(() => client.call('listKills', { params: { name } }))).items.filter(({ kill: { killId: id } }) => id === killId);

async function until(of: KillView, ...states: readonly KillState[]): Promise<KillView> {
  for (const limit = Date.now() + LIMIT_MS; ;) {
    const view = await patient(() => client.call('getKill', { params: { id: of.kill.killId } }));
    if (states.includes(view.kill.state)) return view;
    if (Date.now() > limit) throw new Error(`${view.sentence} It did not become ${states.join(' or ')}.`);
    await delay(100);
  }
}

async function statusWhere(name: string, holds: (status: { readonly phase: string; readonly message: string }) => boolean): Promise<void> {
  let seen = '';
  await eventually('the status says so', async () => {
    const { deployment: { status } } = await patient(() => client.call('getDeployment', { params: { name } }));
    seen = `${status.phase}: ${status.message}`;
    return holds(status);
  }).catch((error: unknown) => { throw new Error(`${String(error)}; it says ${seen}`); });
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const limit = Date.now() + LIMIT_MS; !await holds();) {
    if (Date.now() > limit) throw new Error(`did not happen: ${what}`);
    await delay(200);
  }
}

/** Requests for answers that really came to the model server for a variant. */
function requestsFor(variantId: string): readonly { readonly line: string; readonly atMs: number }[] {
  return witness.requests.filter(({ line }) => line.startsWith('POST ') && line.includes(`/${variantId}/`) && line.includes('/infer'));
}
const witnessed = (variantId: string): Promise<void> => eventually(`something comes for ${variantId}`, async () => requestsFor(variantId).length > 0);

/** What a canary step does to the route, at once: the judge would need days of labels here. */
async function givenShare(name: string, variantId: string, sharePer10k: number): Promise<void> {
  const stores = databases.mongodb.create({ uri: stack.environment.MONGODB_URI!, database: stack.environment.LASTMILE_MONGODB_DATABASE! });
  const { deployment: { tenantId, uid, status }, route } = await client.call('getDeployment', { params: { name } });
  const result = await stores.routes.apply(tenantId, uid, { type: 'setShare', commandId: `share of the test ${variantId}`, atMs: Date.now(), variant: route!.variants[variantId]!, sharePer10k, ifRollout: status.activeRollout! });
  await stores.close();
  expect(result.outcome).toBe('applied');
}

async function endsAsKilled(n: number, load: Load, silentAtMs: number, variantId: string): Promise<readonly Asked[]> {
  expect((await ended('tries', n)).rollout.state).toMatchObject({ outcome: 'rolled-back', verdict: { kind: 'rollback', reason: 'killed' } });
  await load.until(({ atMs }) => atMs > silentAtMs + 500);
  const answers = await load.stop();
  expect(requestsFor(variantId).filter(({ atMs }) => atMs > silentAtMs)).toEqual([]);
  expect(new Set(answers.filter(({ beganMs }) => beganMs > silentAtMs).map(({ version }) => version))).toEqual(new Set(['1']));
  return answers;
}

interface Asked { readonly version: string | null; readonly fallback: string | null; readonly error: string | null; readonly beganMs: number; readonly atMs: number }
async function asked(name: string): Promise<Asked> {
  const beganMs = Date.now();
  try {
    const { version, fallback } = await gateway.infer(name, REQUEST);
    return { version, fallback, error: null, beganMs, atMs: Date.now() };
  } catch (error) { return { version: null, fallback: null, error: String(error), beganMs, atMs: Date.now() }; }
}
const answeredBy = (name: string, version: string): Promise<void> => eventually(`version ${version} of ${name} answers`, async () => (await asked(name)).version === version);

interface Load { until(holds: (answer: Asked) => boolean): Promise<void>; stop(): Promise<readonly Asked[]> }
/** Eight callers, each one request after another. */
function underLoad(name: string): Load {
  const answers: Asked[] = [];
  let going = true;
  const callers = Array.from({ length: 8 }, async () => { while (going) { answers.push(await asked(name)); await delay(5); } });
  return {
    until: (holds) => eventually('the callers see it', async () => answers.some(holds)),
    async stop() { going = false; await Promise.all(callers); return answers; },
  };
}
