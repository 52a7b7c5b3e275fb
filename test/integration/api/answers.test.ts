import { request as httpRequest } from 'node:http';
import { ROUTES, type ApiRoute, type RouteName, type StreamEvent } from '../../../api/contract.ts';
import { sampleKill, samplePlan, sampleLabel, sampleLeg } from '../../../conformance/stores/samples.ts';
import type { Freeze } from '../../../domain/freeze.ts';
import type { MetricPlan } from '../../../domain/analysis/plan.ts';
import { inCanary } from '../../support/api-documents.ts';
import { createWorld, smallFile, SERVICE_TOKEN, type Answer, type Ask, type World } from '../../support/api-world.ts';
import { answerChecks, openApi } from '../../support/openapi.ts';

const NAMES = Object.keys(ROUTES) as RouteName[];
const checkOf = answerChecks(openApi());

let world: World;
let key: string;
beforeEach(async () => {
  world = await createWorld();
  key = await world.key();
  await world.call('PUT', '/api/v1/deployments/churn', { key, body: { spec: fullFile() } });
  const { uid } = await inCanary(world.stores);
  const stats = { startedAtMs: 1, requests: 10, refused: 0, errors: 0, mirrored: 0, dropped: 0, recordsPending: 0, recordsLost: 0, perVariant: { var_6: 9 } };
  const scope = { tenant: 'default', other: 'other', uid, id: 'x' };
  const metric: MetricPlan = {
    name: 'value', kind: 'paired', role: 'required', margin: 0, needsLabels: true, clock: 'ruling', tauMs: 1_000, range: { lo: -2, hi: 2 }, alpha: 0.05, proof: 'given-loss-bound', blockSlots: 4, lossBound: 1,
    gainBound: 1, centreCap: 0.5, vOpt: 3, lag1: null, plannedFrom: 'pilot',
  };
  await world.stores.evidence.putPlan(samplePlan(scope, { splitBy: 'request', metrics: [metric] }));
  await world.stores.records.putBatch({ gatewayId: 'gw-1', incarnation: 1, seq: 1, completeToMs: 0, receivedAtMs: 0, legs: [sampleLeg(scope)], drops: [] });
  await world.stores.labels.put([sampleLabel(scope)]);
  await world.stores.kills.put(sampleKill(scope, { killId: 'kil_1', deploymentUid: uid, deployment: 'churn', state: 'proved' }));
  await world.stores.freezes.put(FREEZE);
  await world.stores.gateways.seen({ gatewayId: 'gw-gone', incarnation: 1, address: '', adminAddress: null, applied: {}, ownKills: {}, quiet: {}, stats, seenAtMs: 0, leaseUntilMs: 1 });
  await world.call('POST', '/internal/v1/gateways/sync', { key: SERVICE_TOKEN, body: { gatewayId: 'gw-1', incarnation: 1, address: 'http://127.0.0.1:1', adminAddress: null, tableDigest: null, applied: {}, ownKills: {}, quiet: {}, stats, waitMs: 0 } });
});
afterEach(() => world.close());

/** Of another's deployments. */
const FREEZE: Freeze = { tenantId: 'default', freezeId: `frz_${'0'.repeat(32)}`, selector: { kind: 'names', names: ['fraud'] }, window: { kind: 'weekly', days: ['mon'], from: '16:00', to: '09:00', zone: 'Europe/Berlin' }, reason: 'nights', actor: { kind: 'person', name: 'ada' }, createdAtMs: 1, liftedAtMs: null, liftedBy: null };

/** As much of a file as a deployment can say. */
function fullFile(): Record<string, unknown> {
  return smallFile('churn', {
    contract: { task: 'binary', score: 'probabilities[1]', classes: [0, 1], positive: 1, range: [0, 1], golden: [{ request: { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }], outputs: [{ name: 'probabilities' }] }, expect: { probabilities: [0.5, 0.5] } }] },
    value: { currency: 'EUR', payoff: { tp: 10, fp: -1, tn: 0, fn: -5 } }, metrics: [{ name: 'value' }, { name: 'errors', role: 'guardrail' }], retrain: { every: '7d', command: ['make', 'model'] },
  });
}

/** Calls that succeed, one at least for each status that the document names. A new route needs a line here. */
const CALLS: Readonly<Record<RouteName, readonly Ask[]>> = {
  listDeployments: [{}], getDeployment: [{}], listRollouts: [{}], getRollout: [{}], evidence: [{}], events: [{}], gateways: [{}], audit: [{}], health: [{}], listKeys: [{}], explain: [{}],
  plan: [{ body: { spec: smallFile('fraud') } }],
  apply: [{ body: { spec: fullFile(), dryRun: true } }, { body: { spec: smallFile('churn', { model: 'filesystem:churn@9' }) } }],
  startRollout: [{ body: { model: 'filesystem:churn@8' } }],
  pause: [{ body: {} }], resume: [{ body: {} }], abort: [{ body: {} }], promote: [{ body: { reason: 'because' } }], rollback: [{ body: { reason: 'because' } }],
  pin: [{ body: {} }], unpin: [{ body: {} }], retire: [{ body: { reason: 'because' } }], restore: [{ body: { reason: 'because' } }], deleteDeployment: [{ body: { reason: 'because' } }],
  pushLabels: [{ body: { labels: [{ inferenceId: 'inf_1', value: 1 }] } }, { raw: '{}\n', headers: { 'content-type': 'application/x-ndjson' } }],
  newKey: [{ body: { name: 'ci', kind: 'service', scopes: ['read'] } }],
  revokeKey: [{}], restoreCheck: [{}], checkpoints: [{}], bundle: [{}], getCase: [{}],
  kill: [{ body: { scope: { kind: 'all' } } }], killDigest: [{ body: { digest: `sha256:${'7'.repeat(64)}` } }], listKills: [{}], drill: [{ body: {} }], listDrills: [{}], listDrift: [{}], getKill: [{}], killReason: [{ body: { reason: 'because' } }], revive: [{ body: { reason: 'because' } }],
  approve: [{ body: { digest: `sha256:${'7'.repeat(64)}`, reason: 'because' } }], freeze: [{ body: { selector: { kind: 'labels', labels: { team: 'risk' } }, reason: 'because' } }], listFreezes: [{}], liftFreeze: [{ body: { reason: 'because' } }],
  breakGlass: [{ body: {} }], forgetGateway: [{}],
};

async function pathOf({ path }: ApiRoute): Promise<string> {
  const [live] = await world.stores.keys.list('default');
  if (path.startsWith('/api/v1/cases/')) return path.replace('{id}', 'inf_1');
  if (path.startsWith('/api/v1/kills/')) return path.replace('{id}', 'kil_1');
  if (path.startsWith('/api/v1/freezes/')) return path.replace('{id}', FREEZE.freezeId);
  if (path.startsWith('/api/v1/gateways/')) return path.replace('{id}', 'gw-gone');
  return path.replace('{name}', 'churn').replace('{n}', '1').replace('{inferenceId}', 'inf_1').replace('{id}', live!.id);
}

/** The document of the first event; streams have no end to wait for. */
function firstEvent(path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: world.port, path, agent: false, headers: { authorization: `Bearer ${key}` } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('error', () => undefined).on('data', (chunk: string) => {
        text += chunk;
        const data = /^data: (.*)$/m.exec(text)?.[1];
        if (data === undefined || !text.includes('\n\n')) return;
        request.destroy();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: JSON.parse(data) as Answer['json'] });
      });
    });
    request.on('error', reject);
    request.end();
  });
}

function expectDocumented(route: ApiRoute, { status, headers, json }: Answer): void {
  const mediaType = String(headers['content-type']).split(';')[0]!;
  const check = checkOf(route, status, mediaType);
  expect([route.path, status, mediaType, check === null ? 'not documented' : 'documented']).toEqual([route.path, status, mediaType, 'documented']);
  check!(json);
  expect(check!.errors ?? []).toEqual([]);
}

test.each(NAMES)('%s answers as the document says', async (name) => {
  const route: ApiRoute = ROUTES[name];
  const seen = new Set<number>();
  expect(CALLS[name]).toBeDefined();
  for (const ask of CALLS[name]) {
    const path = await pathOf(route);
    const answer = name === 'events' ? await firstEvent(path) : await world.call(route.method.toUpperCase(), path, { key, ...ask });
    expectDocumented(route, answer);
    seen.add(answer.status);
  }
  expect([...seen].sort()).toEqual([...(route.statuses ?? [200])]);
});

test.each(NAMES)('%s refuses as the document says', async (name) => {
  const route: ApiRoute = ROUTES[name];
  const ask = async (path: string, withKey: string | null, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const answer = await world.call(route.method.toUpperCase(), path, { key: withKey, headers, ...(route.body === undefined ? {} : { raw: '{' }) });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expectDocumented(route, answer);
    return answer;
  };
  const path = await pathOf(route);
  await ask(`${path}?nonsense=1`, key);
  if (route.scope !== null) expect((await ask(path, null)).status).toBe(401);
  if (route.scope !== null) expect((await ask(path, await world.key({ scopes: ['infer'] }))).status).toBe(403);
  if (route.body !== undefined) expect((await ask(path, key, { 'content-type': 'text/plain' })).status).toBe(415);
});

test('every kind of event has the shape that the document gives', () => {
  const check = checkOf(ROUTES.events, 200, 'text/event-stream')!;
  const event = (data: unknown): StreamEvent => ({ id: 'a-1', type: 'progress', deployment: 'churn', data });
  const progress = { tenantId: 't', rolloutId: 'r', watermarkMs: 1, lastRecordAtMs: null, pairs: 0, openSlots: 0, labelCoverage: null, labelDelayMs: null, drops: { cap: 1 }, duplicates: 0, updatedAtMs: 1 };
  expect([check(event(progress)), check(event({ ...progress, more: 1 })), check(event({ ...progress, pairs: 'many' }))]).toEqual([true, false, false]);
});
