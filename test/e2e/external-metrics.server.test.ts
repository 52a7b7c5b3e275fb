import { mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RolloutView } from '../../api/contract.ts';
import { writeLogistic } from '../../artifact/onnx/write.ts';
import { createClient, type Client } from '../../cli/client.ts';
import { createGateway, type Gateway } from '../../cli/gateway.ts';
import { signatureCheck } from '../../config/signing.ts';
import { bundleText } from '../../domain/evidence/bundle.ts';
import { verifyBundle } from '../../domain/evidence/verify.ts';
import { CHURN } from '../support/onnx-models.ts';
import { rolloutWhere } from '../support/rollouts.ts';
import { startStack, type Stack } from '../support/stack.ts';

/** A number of another system as a gate, on a real stack: a reporting service on a socket, asked by the worker. */

const LIMIT_MS = 90_000;
const REQUEST = { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: [1, 2, 40] }] };
let stack: Stack;
let client: Client;
let gateway: Gateway;
let reports: Server;
let url = '';
/** Loss per order by version; a version without one is unknown to the service. */
const losses = new Map<string, number>();
const asked: string[] = [];
let over = false;
let traffic: Promise<void>;

beforeAll(async () => {
  reports = createServer((request, response) => {
    const version = new URL(request.url ?? '', 'http://reports').searchParams.get('version') ?? '';
    asked.push(`${request.headers.authorization ?? 'nobody'} ${version}`);
    const loss = losses.get(version);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(loss === undefined ? { totals: [] } : { totals: [{ loss }] }));
  }).listen(0, '127.0.0.1');
  await once(reports, 'listening');
  url = `http://127.0.0.1:${String((reports.address() as AddressInfo).port)}`;
  stack = await startStack(async () => ({ LASTMILE_METRIC_CREDENTIALS: JSON.stringify({ reports: { origin: url, bearer: 'let-me-in' } }) }));
  client = createClient({ url: stack.apiUrl, key: stack.key(), timeoutMs: 20_000 });
  gateway = createGateway({ url: stack.gatewayUrl, key: null, timeoutMs: 5_000, connections: 8 });
  for (const version of ['1', '2', '3']) publish(version);
  await tried('1', 1);
  await rolloutWhere(client, { name: 'churn', n: 1, limitMs: LIMIT_MS }, ({ rollout }) => rollout.endedAtMs !== null);
  traffic = flow();
}, 240_000);
afterAll(async () => { over = true; await traffic; await gateway.close(); await stack.stop(); reports.closeAllConnections(); reports.close(); }, 60_000);

test('a version that the service does not know is not promoted; once its number is good it is, and the bundle verifies', async () => {
  losses.set('1', 1);
  await tried('2', 2);
  const waiting = await rolloutWhere(client, { name: 'churn', n: 2, limitMs: LIMIT_MS }, ({ verdict }) => (verdict?.external?.[0]?.inconclusive ?? 0) > 2 && verdict?.findings.every(({ state }) => state === 'pass') === true);
  expect([waiting.rollout.endedAtMs, waiting.verdict?.external?.[0]?.state, waiting.verdict?.external?.[0]?.why]).toEqual([null, 'no-data', 'challenger: the answer has nothing at $.totals[0].loss']);
  losses.set('2', 1.05);
  const end = await ended(2);
  expect([end.rollout.state.outcome, end.verdict?.external?.[0]?.state]).toEqual(['promoted', 'pass']);
  expect(new Set(asked)).toEqual(new Set(['Bearer let-me-in 1', 'Bearer let-me-in 2']));
  const bundle = await client.call('bundle', { params: { name: 'churn', n: 2 }, query: { verdict: end.verdict!.n } });
  const checked = verifyBundle(bundleText(bundle), (own) => signatureCheck([own]));
  expect([checked.problems, checked.rejudged, (checked.parts?.measurements ?? []).length > 3]).toEqual([[], { state: 'same' }, true]);
}, 180_000);

test('a number that turns bad while callers get the challenger rolls it back', async () => {
  losses.set('3', 1);
  await tried('3', 3);
  await rolloutWhere(client, { name: 'churn', n: 3, limitMs: LIMIT_MS }, ({ rollout }) => rollout.state.stage === 'canary');
  losses.set('3', 1.5);
  const end = await ended(3);
  expect([end.rollout.state.outcome, end.verdict?.reasons.map(({ code, metric }) => [code, metric])]).toEqual(['rolled-back', [['guardrail', 'loss']]]);
  expect((await client.call('explain', { params: { name: 'churn' }, query: {} })).text).toContain('challenger divided by champion was 1.429, allowed is at most 1.2');
  const { deployment } = await client.call('getDeployment', { params: { name: 'churn' } });
  expect(deployment.status.champion?.model).toBe('filesystem:churn@2');
}, 180_000);

const ended = (n: number): Promise<RolloutView> => rolloutWhere(client, { name: 'churn', n, limitMs: LIMIT_MS }, ({ rollout }) => rollout.endedAtMs !== null);

async function tried(version: string, n: number): Promise<void> {
  const rate = (name: string): object => ({ name, role: 'guardrail', margin: '20%' });
  await client.call('apply', { params: { name: 'churn' }, body: { spec: { apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name: 'churn' }, spec: {
    model: `filesystem:churn@${version}`, contract: { task: 'binary', latency: '2s' }, metrics: ['errors', 'off-contract', 'latency'].map(rate),
    externalMetrics: [{ name: 'loss', source: { http: { url: `${url}/losses?version={{version}}`, value: '$.totals[0].loss' } }, credentials: 'reports', compare: 'ratio', better: 'lower', limit: 1.2, every: '1s', timeout: '500ms', count: 3 }],
    rollout: { goal: 'healthy', cycle: '1s', minCycles: 1, horizon: '10m', idle: '5m', canary: [{ share: '30%', for: '5s' }] },
  } } } });
  await rolloutWhere(client, { name: 'churn', n, limitMs: LIMIT_MS }, ({ rollout }) => rollout.state.stage !== 'validating');
}

function publish(version: string): void {
  const folder = join(stack.registryDir, 'churn', version);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), writeLogistic({ ...CHURN, name: `churn-${version}` }));
}

/** About a hundred requests a second; one that fails is the gateway's to count. */
async function flow(): Promise<void> {
  while (!over) {
    await Promise.all(Array.from({ length: 4 }, () => gateway.infer('churn', REQUEST).catch(() => null)));
    await delay(40);
  }
}
