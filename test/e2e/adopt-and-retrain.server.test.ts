import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '../../cli/client.ts';
import { createGateway, type Gateway } from '../../cli/gateway.ts';
import { churnOnnx, churnOnnx2 } from '../support/onnx-models.ts';
import { patient, rolloutWhere } from '../support/rollouts.ts';
import { startStack, type Stack } from '../support/stack.ts';

const LIMIT_MS = 90_000;

let stack: Stack;
let client: Client;
let gateway: Gateway;
beforeAll(async () => {
  stack = await startStack();
  client = createClient({ url: stack.apiUrl, key: stack.key(), timeoutMs: 20_000 });
  gateway = createGateway({ url: stack.gatewayUrl, key: null, timeoutMs: 20_000, connections: 2 });
}, 180_000);
afterAll(async () => { await gateway.close(); await stack.stop(); }, 60_000);

const REQUEST = { inputs: [{ name: 'features', datatype: 'FP32', shape: [1, 3], data: [1, 2, 40] }] };

test('a running endpoint is adopted as first champion, on the word of its server, and answers through the gateway', async () => {
  publish('churn', '1');
  await apply('churn', { model: 'filesystem:churn@1' });
  const first = await rolloutWhere(client, { name: 'churn', n: 1, limitMs: LIMIT_MS }, ({ rollout }) => rollout.endedAtMs !== null);
  expect(first.rollout.state.outcome).toBe('first');
  await apply('adopted', { model: 'running:adopted@live', serving: { backend: 'oip', url: stack.environment.LASTMILE_MODELHOST_URL, modelName: first.rollout.challenger!.variantId } });
  const adopted = await rolloutWhere(client, { name: 'adopted', n: 1, limitMs: LIMIT_MS }, ({ rollout }) => rollout.endedAtMs !== null);
  expect({ outcome: adopted.rollout.state.outcome, reasons: adopted.verdict?.reasons }).toMatchObject({ outcome: 'first' });
  const answer = await patient(() => gateway.infer('adopted', REQUEST));
  expect(answer.version).toBe('live');
  expect(answer.response.outputs.map(({ name }) => name)).toEqual(['label', 'probabilities']);
}, 120_000);

test('a schedule retrains by the command of the file: a new version is published and tried', async () => {
  publish('loop', '1');
  const trained = join(mkdtempSync(join(tmpdir(), 'lastmile-trained-')), 'model.onnx');
  writeFileSync(trained, churnOnnx2());
  const train = `require('fs').copyFileSync(${JSON.stringify(trained)}, process.env.LASTMILE_OUTPUT_DIR + '/model.onnx')`;
  await apply('loop', { model: 'filesystem:loop@1', retrain: { every: '10s', command: [process.execPath, '-e', train] } });
  await rolloutWhere(client, { name: 'loop', n: 1, limitMs: LIMIT_MS }, ({ rollout }) => rollout.endedAtMs !== null);
  const second = await rolloutWhere(client, { name: 'loop', n: 2, limitMs: LIMIT_MS }, ({ rollout }) => rollout.state.stage === 'shadowing');
  expect(second.rollout).toMatchObject({ model: expect.stringMatching(/^filesystem:loop@\d+$/), startedBy: { kind: 'workflow', name: 'retraining of loop' }, reason: 'scheduled retraining' });
  await client.call('abort', { params: { name: 'loop', n: 2 }, body: { reason: 'seen enough' } });
  expect((await rolloutWhere(client, { name: 'loop', n: 2, limitMs: LIMIT_MS }, ({ rollout }) => rollout.endedAtMs !== null)).rollout.state.outcome).toBe('aborted');
  await apply('loop', { model: 'filesystem:loop@1' });
}, 120_000);

async function apply(name: string, spec: Record<string, unknown>): Promise<void> {
  await client.call('apply', { params: { name }, body: { spec: { apiVersion: 'lastmile.dev/v1alpha1', kind: 'ModelDeployment', metadata: { name }, spec: { contract: { task: 'binary' }, labels: { delay: '1d' }, ...spec } } } });
}

function publish(name: string, version: string): void {
  const folder = join(stack.registryDir, name, version);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'model.onnx'), churnOnnx());
}
