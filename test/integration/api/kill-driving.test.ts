import { setTimeout as delay } from 'node:timers/promises';
import { stores as databases } from '../../../adapters/store/index.ts';
import { createKillDriver } from '../../../api/kill/driver.ts';
import { eventually } from '../../../conformance/stores/suite.ts';
import { verifyTable } from '../../../config/signing.ts';
import { LastmileError } from '../../../domain/errors.ts';
import { fingerprintOf } from '../../../domain/kill/fingerprint.ts';
import { killSentence } from '../../../domain/kill/sentence.ts';
import type { KillRecord, KillState } from '../../../domain/kill/kill.ts';
import type { OwnKill } from '../../../domain/traffic/table.ts';
import { killableBackend } from '../../support/killable-backend.ts';
import { createWorld, type Answer, type World } from '../../support/api-world.ts';
import { answerOf, fakeGateway, inService, type FakeGateway } from './world-of-kills.ts';

let world: World;
let key: string;
let gateways: FakeGateway[];

async function begin(of: Parameters<typeof createWorld>[0] = {}): Promise<void> {
  world = await createWorld(of);
  key = await world.key();
  gateways = [];
}
beforeEach(() => begin());
afterEach(async () => { await Promise.all(gateways.map((each) => each.close())); await world.close(); });

/** Gateways, the first of which answers at the shared address. */
async function start(count: number): Promise<readonly FakeGateway[]> {
  for (let i = 1; i <= count; i += 1) gateways.push(await fakeGateway(world, `gw-${String(i)}`));
  Object.assign(world.ports.settings, { gatewayUrl: gateways[0]!.url });
  return gateways;
}
const order = (body: unknown = {}, name = 'churn'): Promise<Answer> => world.call('POST', `/api/v1/deployments/${name}/kill`, { key, body });
const record = async (killId: string): Promise<KillRecord> => (await world.stores.kills.get('default', killId))!;
const reaches = async (killId: string, state: KillState): Promise<KillRecord> => {
  await eventually(async () => (await record(killId)).state === state, 60_000);
  const found = await record(killId);
  expect({ state: found.state, missing: found.missing }).toEqual({ state, missing: state === 'unconfirmed' ? found.missing : [] });
  return found;
};
const actions = async (): Promise<readonly string[]> => (await world.stores.audit.read('default', { afterSeq: 0, limit: 100, subject: null })).map(({ action }) => action).filter((action) => action.includes('kill'));

test('an ordinary kill is proved in the answer, with Temporal gone; all hear of it once', async () => {
  await inService(world);
  await start(2);
  world.orchestrator.away = true;
  const answer = await order({ reason: 'wrong prices' });
  expect(answer.status).toBe(202);
  const { kill, sentence, digest } = answer.json;
  expect(kill).toMatchObject({ state: 'proved', answering: '6', missing: [], bound: null, reason: 'wrong prices', targets: ['var_churn_7'], actor: { kind: 'person', name: 'ada' } });
  expect(kill.gateways.map(({ gatewayId, state }) => [gatewayId, state])).toEqual([['gw-1', 'silent'], ['gw-2', 'silent']]);
  expect(kill.backends).toMatchObject([{ variantId: 'var_churn_7', state: 'gone', requests: 7, requestsAfter: 0 }]);
  expect(kill.probes.filter(({ kind }) => kind === 'decides').map(({ gatewayId, variantId, result }) => [gatewayId, variantId, result])).toEqual([
    ['gw-1', 'var_churn_6', 'clear'], ['gw-2', 'var_churn_6', 'clear'], [null, 'var_churn_6', 'clear'], [null, 'var_churn_6', 'clear'], [null, 'var_churn_6', 'clear'],
  ]);
  expect(kill.probes.filter(({ kind }) => kind === 'by-version').map(({ status }) => status)).toEqual([410, 410, 410]);
  expect(sentence).toMatch(/^Version 7 of churn is off: silent after \d+ ms, proved after \d+ ms\. Version 6 answers now\.$/);
  const route = (await world.stores.routes.get('default', kill.deploymentUid))!;
  expect(route).toMatchObject({ champion: 'var_churn_7', tombstones: ['var_churn_7'] });
  expect(await eventually(async () => (await actions()).length === 2)).toBe(true);
  const audit = await world.stores.audit.read('default', { afterSeq: 0, limit: 100, subject: 'churn' });
  expect(audit.filter(({ action }) => action.includes('kill')).map(({ action, evidenceHash, reason }) => [action, evidenceHash, reason])).toEqual([['deployment.kill', null, 'wrong prices'], ['deployment.kill-proved', digest, 'wrong prices']]);
  expect(await world.stores.outbox.pending(10)).toMatchObject([{ id: `killed/${kill.killId}`, rolloutId: null, type: 'killed', killId: kill.killId }]);
  expect(world.notices).toMatchObject([{ id: `kill/${kill.killId}/proved`, type: 'kill-proved', deployment: 'churn', link: 'http://api.test/deployments/churn' }]);
  for (const gateway of gateways) for (const { headers } of gateway.asked) expect(headers['x-lastmile-probe']).toBeDefined();
});

test('a gateway that hears nothing is named; its backend ends under it; it is proved when the gateway answers again', async () => {
  await inService(world);
  const [, lost] = await start(2);
  lost!.cutOff = true;
  const { kill } = (await order()).json;
  expect(kill.state).toBe('fencing');
  expect(kill.missing).toContain('gateway gw-2 does not obey it yet');
  expect(await eventually(() => world.backend.said.includes('kill var_churn_7'))).toBe(true);
  const early = await record(kill.killId);
  expect(early.silentAtMs).toBeNull();
  world.backend.requestsAfter = 5;
  lost!.cutOff = false;
  const proved = await reaches(kill.killId, 'proved');
  expect(proved.backends[0]).toMatchObject({ state: 'gone', requestsAfter: 0, note: '5 requests came for it after its end, 0 of them since the last count' });
});

test('without a backend of ours a lost gateway has no bound: unconfirmed, told once, until it is back', async () => {
  await inService(world, { backend: 'oip' });
  const [, lost] = await start(2);
  lost!.cutOff = true;
  const { kill } = (await order()).json;
  world.pass(11_000);
  const late = await reaches(kill.killId, 'unconfirmed');
  expect(late.missing).toEqual(['gateway gw-2 cannot be reached']);
  expect(late.bound).toBe('no bound: gateway gw-2 may go on with an old route until reached, or until the backend ends');
  expect(late).toMatchObject({ silentAtMs: null, provedAtMs: null });
  expect((await world.call('GET', `/api/v1/kills/${kill.killId}`, { key })).json.sentence).toContain('NOT confirmed');
  lost!.cutOff = false;
  await reaches(kill.killId, 'proved');
  expect(await eventually(async () => (await actions()).length === 3)).toBe(true);
  expect(await actions()).toEqual(['deployment.kill', 'deployment.kill-unconfirmed', 'deployment.kill-proved']);
  expect(world.notices.map(({ id }) => id)).toEqual([`kill/${kill.killId}/unconfirmed`, `kill/${kill.killId}/proved`]);
});

test('the end of a lost gateway\'s lease bounds a champion that fails closed', async () => {
  await inService(world, { backend: 'oip', onLostControl: 'failClosed' });
  const [, lost] = await start(2);
  lost!.cutOff = true;
  const { kill } = (await order()).json;
  expect(kill.bound).toMatch(/^at the latest when the lease of gw-2 ends, /);
  world.pass(5_000);
  const proved = await reaches(kill.killId, 'proved');
  expect(proved.gateways.map(({ state }) => state)).toEqual(['silent', 'lease-ended']);
  expect(killSentence(proved)).toMatch(/ is off: .* Out of reach, and bounded by its lease or by the end of the backend: gateway gw-2\.$/);
});

test('a backend that cannot end it is tried on; the kill is silent meanwhile and never proved', async () => {
  await inService(world);
  await start(1);
  world.backend.broken = true;
  const { kill } = (await order()).json;
  expect(kill).toMatchObject({ state: 'silent', backends: [{ state: 'failed' }] });
  world.pass(11_000);
  expect((await reaches(kill.killId, 'unconfirmed')).missing).toEqual(['the backend of version 7 could not end it: LM_BACKEND_UNAVAILABLE: modelhost does not answer']);
  world.backend.broken = false;
  world.pass(30_000);
  await reaches(kill.killId, 'proved');
});

test('a backend that is asked past the gateways is not proved while it is', async () => {
  await inService(world);
  await start(1);
  world.backend.requestsAfter = 3;
  const kill = world.backend.kill.bind(world.backend);
  world.backend.kill = (endpoint, variantId) => { world.backend.requestsAfter += 1; return kill(endpoint, variantId); };
  const { kill: ordered } = (await order()).json;
  expect(ordered.state).toBe('silent');
  expect(ordered.missing[0]).toMatch(/got \d+ requests after its end: something sends past the gateways/);
  world.backend.kill = kill;
  await reaches(ordered.killId, 'proved');
});

test('who answers in another\'s name is known by its outputs', async () => {
  const fingerprints = Object.fromEntries(['6', '7'].map((version) => [version, fingerprintOf(answerOf(`var_churn_${version}`))!]));
  await inService(world, { fingerprints });
  const [liar] = await start(1);
  liar!.answersAs = 'var_churn_6';
  liar!.outputsOf = 'var_churn_7';
  const { kill } = (await order()).json;
  expect(kill.state).toBe('silent');
  expect(kill.probes[0]).toMatchObject({ result: 'killed-answered', note: 'the answer calls itself var_churn_6 and is that of var_churn_7' });
  liar!.answersAs = liar!.outputsOf = null;
  await reaches(kill.killId, 'proved');
});

test('a drain lets requests end before the backend does', async () => {
  await inService(world);
  const [gateway] = await start(1);
  const quiet = (inFlight: number, drained: number) => ({ var_churn_7: { inFlight, aborted: 0, drained, refused: 0, lastSentAtMs: 1 } });
  gateway!.quiet = quiet(2, 0);
  const { kill } = (await order({ inFlight: 'drain' })).json;
  expect(kill).toMatchObject({ state: 'fenced', inFlight: 'drain', missing: ['gateway gw-1 has 2 requests under way', 'the backend of version 7 has not answered yet'] });
  world.pass(11_000);
  await gateway!.sync();
  await delay(300);
  expect(await record(kill.killId)).toMatchObject({ state: 'fenced' });
  expect(world.backend.said).toEqual([]);
  gateway!.quiet = quiet(0, 2);
  await gateway!.sync();
  expect(await reaches(kill.killId, 'proved')).toMatchObject({ gateways: [{ drained: 2 }] });
});

test('a kill that came straight to gateways is one kill, in the route before the sync is answered', async () => {
  const { uid } = await inService(world);
  const [one, two] = await start(2);
  const own: OwnKill = { killId: 'kil_direct', targets: ['var_churn_7'], inFlight: 'abort', actor: { kind: 'person', name: 'bob' }, atMs: world.now() - 3_600_000 };
  for (const gateway of [one!, two!]) gateway.ownKills = { [uid]: [own], dep_unknown: [own] };
  expect(await Promise.all([one!.sync(), two!.sync(), one!.sync()])).toEqual([200, 200, 200]);
  expect((await world.stores.routes.get('default', uid))!.tombstones).toEqual(['var_churn_7']);
  for (const gateway of gateways) gateway.ownKills = {};
  const proved = await reaches('kil_direct', 'proved');
  expect(proved).toMatchObject({ via: 'gateway', actor: { name: 'bob' }, scope: { kind: 'variant', variantId: 'var_churn_7' }, variants: [{ role: 'champion', backend: 'memory' }] });
  expect(await eventually(async () => (await actions()).length === 2)).toBe(true);
  // That it is an hour old is no alarm: it was obeyed there all the time.
  expect(proved.silentAtMs! - proved.requestedAtMs).toBeGreaterThanOrEqual(3_600_000);
  expect(world.notices.map(({ type }) => type)).toEqual(['kill-proved']);
  expect(await world.stores.kills.list('default', uid, 10)).toHaveLength(1);
  expect((await world.stores.audit.read('default', { afterSeq: 0, limit: 100, subject: 'churn' })).find(({ action }) => action === 'deployment.kill')).toMatchObject({ actor: { name: 'bob' }, via: 'gateway' });
});

test('a revived kill that a gateway still tells of is not made again', async () => {
  const { uid } = await inService(world);
  const [gateway] = await start(1);
  const { kill } = (await order()).json;
  expect((await world.call('POST', `/api/v1/kills/${kill.killId}/revive`, { key, body: { reason: 'a false alarm' } })).status).toBe(200);
  gateway!.ownKills = { [uid]: [{ killId: kill.killId, targets: kill.targets, inFlight: 'abort', actor: kill.actor, atMs: 1 }] };
  expect(await gateway!.sync()).toBe(200);
  expect((await world.stores.routes.get('default', uid))!.tombstones).toEqual([]);
  const { table } = await world.channel.sync({ gatewayId: 'gw-x', incarnation: 1, address: '', adminAddress: null, tableDigest: null, applied: {}, ownKills: {}, quiet: {}, waitMs: 0, stats: { startedAtMs: 1, requests: 0, refused: 0, errors: 0, mirrored: 0, dropped: 0, recordsPending: 0, recordsLost: 0, perVariant: {} } }, new AbortController().signal);
  expect(verifyTable(table!, [world.publicKey])!.routes.find(({ deploymentUid }) => deploymentUid === uid)?.revivedKills).toEqual([kill.killId]);
});

test('several replicas drive one kill: one record, one story', async () => {
  await inService(world);
  await start(2);
  const second = createKillDriver(world.ports);
  second.start();
  world.backend.broken = true;
  const { kill } = (await order()).json;
  world.pass(11_000);
  await reaches(kill.killId, 'unconfirmed');
  world.backend.broken = false;
  world.pass(31_000);
  await reaches(kill.killId, 'proved');
  await eventually(async () => (await actions()).includes('deployment.kill-proved'));
  await second.stop();
  expect(await actions()).toEqual(['deployment.kill', 'deployment.kill-unconfirmed', 'deployment.kill-proved']);
  expect(await world.stores.outbox.pending(10)).toHaveLength(1);
});

test('the route is written though the record cannot be; the record follows', async () => {
  await world.close();
  const stores = databases.memory.create({});
  let away = true;
  const kills = { ...stores.kills, put: (record: KillRecord) => away ? Promise.reject(new LastmileError('LM_STORE_UNAVAILABLE', 'away')) : stores.kills.put(record) };
  await begin({ stores: { ...stores, kills } });
  const { uid } = await inService(world);
  await start(1);
  const answer = await order();
  expect(answer.status).toBe(202);
  expect((await stores.routes.get('default', uid))!.tombstones).toEqual(['var_churn_7']);
  expect(await stores.kills.list('default', uid, 1)).toEqual([]);
  away = false;
  await eventually(async () => (await stores.kills.list('default', uid, 1)).length === 1);
  expect(await reaches(answer.json.kill.killId, 'proved')).toMatchObject({ actor: { name: 'ada' }, scope: { kind: 'champion' } });
});

test('a kill in the route whose record was lost with its process gets one', async () => {
  const { uid } = await inService(world);
  await start(1);
  await world.stores.routes.apply('default', uid, { type: 'kill', commandId: 'kil_lost', atMs: world.now(), targets: ['var_churn_7'], inFlight: 'abort' });
  await delay(1_200);
  for (let i = 0; i < 2; i += 1) { world.pass(11_000); await delay(1_200); }
  expect(await reaches('kil_lost', 'proved')).toMatchObject({ targets: ['var_churn_7'], actor: { kind: 'service', name: 'unknown' }, variants: [{ version: '7', backend: 'memory' }] });
  expect(world.logged.filter(({ message }) => message.includes('without a record'))).toHaveLength(1);
});

test('a whole deployment is closed, and proved closed', async () => {
  await inService(world);
  await start(1);
  const { kill, sentence } = (await order({ scope: { kind: 'all' } })).json;
  expect(kill).toMatchObject({ state: 'proved', targets: ['*'], answering: null });
  expect(kill.variants.map(({ version, role }) => [version, role]).sort()).toEqual([['6', 'last-good'], ['7', 'champion'], ['8', 'challenger']]);
  expect(kill.probes.every(({ status }) => status === 503 || status === 410)).toBe(true);
  expect(sentence).toContain('Nothing answers callers now');
});

test('a gateway that said goodbye, or that a person declared gone, is not waited for', async () => {
  await inService(world, { backend: 'oip' });
  const [, lost] = await start(2);
  lost!.cutOff = true;
  const { kill } = (await order()).json;
  expect((await world.call('DELETE', '/api/v1/gateways/gw-2', { key })).json.code).toBe('LM_COMMAND_REFUSED');
  world.pass(5_000);
  await gateways[0]!.sync();
  expect((await world.call('DELETE', '/api/v1/gateways/gw-2', { key: await world.key({ tenant: 'b' }) })).status).toBe(403);
  expect((await world.call('DELETE', '/api/v1/gateways/gw-2', { key })).status).toBe(200);
  expect((await world.call('DELETE', '/api/v1/gateways/gw-2', { key })).status).toBe(404);
  expect((await reaches(kill.killId, 'proved')).gateways.map(({ state }) => state)).toEqual(['silent', 'stopped']);
});

test('the fake backend is as strict as the port', async () => {
  const backend = killableBackend();
  await backend.kill(null, 'var_a');
  await expect(backend.load({ variantId: 'var_a' } as never)).rejects.toMatchObject({ code: 'LM_VARIANT_KILLED' });
});
