import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { backends } from '../../../adapters/serving/index.ts';
import { loadEnvironment } from '../../../config/environment.ts';
import { servingBackendPromises, type ServingBackendSystem } from '../../../conformance/serving-backend.ts';
import { inferContract } from '../../../domain/contract-inference.ts';
import { readAnswer } from '../../../domain/contract-reading.ts';
import type { InferenceRequest } from '../../../domain/tensor.ts';
import type { LoadRequest } from '../../../ports/serving-backend.ts';
import { ensureMlserver, type PythonWithMlserver } from '../../../scripts/foreign/mlserver.ts';
import { freePort } from '../../support/modelhost-process.ts';
import { toThisMachine } from '../../support/egress.ts';

/** A real MLServer from PyPI with a logistic regression that scikit-learn trained, adopted by the `oip` adapter. Needs Python 3.9 to 3.12 and PyPI. */

const TRAIN = `
import sys, joblib, numpy as np
from sklearn.linear_model import LogisticRegression
rng = np.random.default_rng(7)
x = rng.normal(size=(400, 3)); y = (x @ np.array([2.0, -1.0, 0.5]) + 0.3 * rng.normal(size=400) > 0).astype(int)
joblib.dump(LogisticRegression().fit(x, y), sys.argv[1])
`;
const MODEL = {
  name: 'iris-like', implementation: 'mlserver_sklearn.SKLearnModel', parameters: { uri: './model.joblib', version: 'v3' },
  inputs: [{ name: 'features', datatype: 'FP64', shape: [-1, 3] }], outputs: [{ name: 'predict', datatype: 'INT64', shape: [-1] }, { name: 'predict_proba', datatype: 'FP64', shape: [-1, 2] }],
};

const proba = [{ name: 'predict' }, { name: 'predict_proba' }];
const request = (...row: readonly number[]): InferenceRequest => ({ inputs: [{ name: 'features', datatype: 'FP64', shape: [1, row.length], data: row }], outputs: proba });
const rows = [request(1, 2, 0), request(3, -1, 1), request(-2, 0.5, 0.1), request(0, 0, 0)];
const adopted: LoadRequest = { tenant: 'default', variantId: 'var_1', servedName: 'iris', servedVersion: 'live', artifactDigest: `sha256:${'0'.repeat(64)}`, bundleDigest: null, url: '', modelName: MODEL.name, resources: { threads: 1, isolation: 'process' } };

let server: ChildProcess | null = null;
let folder = '';
let url = '';
let log = '';

beforeAll(async () => {
  const mlserver = await ensureMlserver(loadEnvironment().toolsDir, (line) => { process.stderr.write(`${line}\n`); });
  folder = mkdtempSync(join(tmpdir(), 'lastmile-mlserver-'));
  await python(mlserver, ['-c', TRAIN, join(folder, 'model.joblib')]);
  const [http, grpc, metrics] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(join(folder, 'model-settings.json'), JSON.stringify(MODEL));
  writeFileSync(join(folder, 'settings.json'), JSON.stringify({ host: '127.0.0.1', http_port: http, grpc_port: grpc, metrics_port: metrics, parallel_workers: 0, debug: false }));
  url = `http://127.0.0.1:${String(http)}`;
  server = spawn(mlserver.python, ['-m', 'mlserver.cli.main', 'start', folder], { env: mlserver.env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [server.stdout!, server.stderr!]) stream.on('data', (chunk: Buffer) => { log = (log + chunk.toString()).slice(-4_000); });
  await ready();
}, 600_000);

afterAll(async () => {
  if (server?.exitCode === null && server.signalCode === null) { server.kill('SIGKILL'); await once(server, 'exit'); }
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

async function ready(): Promise<void> {
  for (let i = 0; i < 240; i += 1) {
    if (server?.exitCode !== null) throw new Error(`MLServer ended:\n${log}`);
    if (await fetch(`${url}/v2/models/${MODEL.name}/ready`).then(({ ok }) => ok, () => false)) return;
    await sleep(250);
  }
  throw new Error(`MLServer was not ready within a minute:\n${log}`);
}

async function python({ python: command, env }: PythonWithMlserver, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit') as [number | null];
  if (code !== 0) throw new Error(`${command} ended with code ${String(code)}`);
}

describe('serving backend: oip on MLServer', () => {
  const system = (): ServingBackendSystem => {
    const backend = backends.oip.create({ egress: toThisMachine });
    const model = { ...adopted, url };
    return {
      backend, model, broken: { ...model, modelName: 'nobody' }, brokenCode: 'LM_VALIDATION_FAILED', rows, nobody: () => backend,
      // MLServer refuses these by its schema (422 with FastAPI's detail); a wrong number of features only fails inside scikit-learn, with 500.
      wrong: [{ inputs: [{ ...rows[0]!.inputs[0]!, datatype: 'FP31' }] }, { inputs: [{ ...rows[0]!.inputs[0]!, shape: 'wide' as unknown as number[] }] }],
    };
  };
  test.each(Object.entries(servingBackendPromises))('%s', (_title, check) => check(system()));

  test('FastAPI says what is wrong in `detail`, and it reaches the user', async () => {
    const { backend, model, wrong } = system();
    const endpoint = await backend.load(model);
    await expect(backend.infer(endpoint, wrong[0]!, 5_000)).rejects.toThrow(/422.*datatype/);
  });

  test('its metadata is enough for a contract, and its answers fit it', async () => {
    const { backend, model } = system();
    const endpoint = await backend.load(model);
    const contract = inferContract(await backend.metadata(endpoint), { golden: [], latencyLimitMs: 1_000 }, { classPayoff: true });
    expect(contract).toMatchObject({ task: 'binary', score: { output: 'predict_proba', column: 1 }, klass: { output: 'predict' }, classes: [0, 1], positive: 1 });
    const { response } = await backend.infer(endpoint, rows[1]!, 5_000);
    const reading = readAnswer(contract, JSON.stringify(response));
    expect(reading).toMatchObject({ ok: true, predictions: [{ row: 0, klass: 1 }] });
  });

  test('a version that it does not have is not found, the one that it has answers', async () => {
    const { backend, model } = system();
    const endpoint = await backend.load(model);
    await expect(backend.metadata({ ...endpoint, modelVersion: 'v9' })).rejects.toMatchObject({ code: 'LM_VARIANT_NOT_FOUND' });
    expect((await backend.infer({ ...endpoint, modelVersion: 'v3' }, rows[0]!, 5_000)).response.model_version).toBe('v3');
  });
});
