import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { againstFake } from './against-fake.ts';
import { problem } from './fake-lastmile.ts';
import { deploymentView, EUR, finding, rolloutView, SPEC, verdict } from './recorded.ts';
import { run } from '../../support/cli-run.ts';

const { fake, folder, cli, sent } = againstFake();

test('a call carries the key of the file, says that it is the CLI, and writes carry an Idempotency-Key', async () => {
  fake().handlers['POST /api/v1/deployments/churn/rollback'] = () => ({ body: { message: 'Version 1 decides again.' } });
  const { code, out } = await cli('rollback', 'churn', '--reason', 'it loses');
  expect({ code, out }).toEqual({ code: 0, out: 'Version 1 decides again.\n' });
  const { headers, body } = sent('/api/v1/deployments/churn/rollback');
  expect(headers.authorization).toBe('Bearer lm_0123456789abcdef');
  expect(headers['idempotency-key']).toMatch(/^req_/);
  expect(headers['user-agent']).toMatch(/^lastmile-cli\b/);
  expect(body).toEqual({ reason: 'it loses' });
});

test.each([
  [401, 'LM_UNAUTHENTICATED', 4], [403, 'LM_FORBIDDEN', 4], [404, 'LM_DEPLOYMENT_NOT_FOUND', 5], [410, 'LM_VARIANT_KILLED', 5], [409, 'LM_ROLLOUT_IN_PROGRESS', 6],
  [422, 'LM_IDEMPOTENCY_MISMATCH', 6], [400, 'LM_INVALID_SPEC', 1], [409, 'LM_SAME_VARIANT', 3], [503, 'LM_STORE_UNAVAILABLE', 75], [429, 'LM_BUSY', 75], [504, 'LM_TIMEOUT', 124], [500, 'LM_INVARIANT', 70],
])('problem %i %s ends with exit code %i, its detail on standard error and nothing on standard output', async (status, code, exit) => {
  fake().handlers['GET /api/v1/deployments/churn'] = () => problem(status, code, 'What happened, and what to do.');
  const ran = await cli('status', 'churn');
  expect(ran.code).toBe(exit);
  expect(ran.out).toBe('');
  expect(ran.err).toContain('What happened, and what to do.');
});

test('an API that does not answer is 75; one that answers too late is 124', async () => {
  expect((await run(['--api', 'http://127.0.0.1:9', 'status'])).code).toBe(75);
  fake().handlers['GET /api/v1/deployments'] = () => ({ afterMs: 2_000 });
  expect((await cli('--timeout', '100ms', 'status')).code).toBe(124);
});

test.each([[['statsu']], [['status', '--nope']], [['promote', 'churn']], [['feed', 'x.csv']], [['explain', 'churn', '--for', 'nobody']], [['watch', 'churn', '--rollout', 'two']]])('%j is a usage error', async (argv) => {
  const { code, err, out } = await cli(...argv);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/error:/);
});

test('a mistyped command and option are answered with the nearest', async () => {
  expect((await cli('statsu')).err).toContain('Did you mean status?');
  expect((await cli('status', '--jsno')).err).toContain('Did you mean --json?');
});

test('errors under --json are one object on standard error', async () => {
  fake().handlers['GET /api/v1/deployments/churn'] = () => problem(404, 'LM_DEPLOYMENT_NOT_FOUND', 'No churn.', { known: ['fraud'] });
  const { err } = await cli('--json', 'status', 'churn');
  expect(JSON.parse(err)).toMatchObject({ error: { code: 'LM_DEPLOYMENT_NOT_FOUND', retryable: false, details: { known: ['fraud'] } } });
});

test('status reads all pages and prints the sick first', async () => {
  const line = (name: string, sick: boolean): object => ({ name, phase: 'serving', champion: 'm@1', challenger: null, sentence: `${name} is here`, sick, updatedAtMs: 0 });
  fake().handlers['GET /api/v1/deployments'] = ({ query }) => ({ body: query.get('after') === null ? { items: [line('well', false)], next: 'p2' } : { items: [line('ill', true)], next: null } });
  const { out } = await cli('status');
  expect(out.indexOf('ill')).toBeLessThan(out.indexOf('well'));
  expect(JSON.parse((await cli('status', '--json')).out)).toHaveLength(2);
});

test.each([['rolled-back', 3], ['refused', 3], ['promoted', 0], ['inconclusive', 0]] as const)('status of a deployment whose newest rollout is %s exits %i', async (outcome, exit) => {
  fake().handlers['GET /api/v1/deployments/churn'] = () => ({ body: deploymentView(null) });
  fake().handlers['GET /api/v1/deployments/churn/rollouts'] = () => ({ body: { items: [rolloutView({ stage: 'done', outcome }).rollout], next: null } });
  const { code, out } = await cli('status', 'churn');
  expect(code).toBe(exit);
  expect(out).toContain('champion: filesystem:churn@1');
});

test('init writes a file that the parser takes, and never overwrites', async () => {
  const file = join(folder(), 'churn.yaml');
  expect((await cli('init', 'filesystem:churn@7', '-o', file)).code).toBe(0);
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('model: filesystem:churn@7');
  const again = await cli('init', 'filesystem:churn@8', '-o', file);
  expect(again.code).toBe(6);
  expect(readFileSync(file, 'utf8')).toBe(text);
  fake().handlers['POST /api/v1/plan'] = () => ({ body: { spec: SPEC, changes: ['a new deployment'], notes: ['Shadow doubles compute.'] } });
  const plan = await cli('plan', file);
  expect(plan.out).toContain('To know:\n  - Shadow doubles compute.');
  expect(sent('/api/v1/plan').body).toMatchObject({ spec: { metadata: { name: 'churn' } } });
});

test('deploy writes the file where there is none, shows the plan, applies, and prints a curl line', async () => {
  const file = join(folder(), 'new.yaml');
  fake().handlers['POST /api/v1/plan'] = () => ({ body: { spec: SPEC, changes: [], notes: [] } });
  fake().handlers['PUT /api/v1/deployments/churn'] = () => ({ body: { result: 'started', deployment: 'churn', rollout: 1, spec: SPEC, notes: [], links: { self: '', temporal: null, page: null } } });
  fake().handlers['GET /v2/models/churn'] = () => ({ body: { name: 'churn', platform: 'onnx', versions: ['7'], inputs: [{ name: 'features', datatype: 'FP32', shape: [-1, 3] }], outputs: [] } });
  const { code, out, err } = await cli('deploy', 'filesystem:churn@7', '--file', file);
  expect(code).toBe(0);
  expect(existsSync(file)).toBe(true);
  expect(out).toContain('a rollout has started (rollout 1)');
  expect(err).toContain(`curl -s ${fake().url}/v2/models/churn/infer`);
  expect(err).toContain('"shape":[1,3],"data":[0,0,0]');
  expect(sent('/api/v1/deployments/churn').body).toMatchObject({ spec: { spec: { model: 'filesystem:churn@7' } }, retry: false });
});

test('deploy without a file to a deployment that exists tries the version and leaves the policy alone', async () => {
  fake().handlers['GET /api/v1/deployments/churn'] = () => ({ body: deploymentView(null) });
  fake().handlers['POST /api/v1/deployments/churn/rollouts'] = () => ({ body: { state: 'started', rollout: 3, links: {} } });
  const before = process.cwd();
  process.chdir(folder());
  try {
    expect((await cli('deploy', 'filesystem:churn@8')).code).toBe(0);
  } finally {
    process.chdir(before);
  }
  expect(existsSync(join(folder(), 'churn.yaml'))).toBe(false);
  expect(fake().seen.some((seen) => seen.method === 'PUT')).toBe(false);
});

test('watch off a terminal prints one line a change and ends with the rollout\'s exit code', async () => {
  const looks = [
    rolloutView({ stage: 'shadowing' }, { story: ['In shadow.'] }),
    rolloutView({ stage: 'shadowing' }, { story: ['In shadow.'], verdict: verdict('collecting', { code: 'pilot', text: 'Learning how noisy it is.' }) }),
    rolloutView({ stage: 'shadowing' }, { story: ['In shadow.'], verdict: verdict('collecting', { code: 'pilot', text: 'Learning how noisy it is.' }, { n: 2 }) }),
    rolloutView({ stage: 'canary', step: 0 }, { story: ['In shadow.', '5% of callers.'] }),
    rolloutView({ stage: 'done', outcome: 'rolled-back' }, { story: ['In shadow.', '5% of callers.'], verdict: verdict('rollback', { code: 'proved-worse', metric: 'value', text: 'It loses money.' }) }),
  ];
  fake().handlers['GET /api/v1/deployments/churn/rollouts'] = () => ({ body: { items: [looks[0]!.rollout], next: null } });
  fake().handlers['GET /api/v1/deployments/churn/rollouts/2'] = () => ({ body: looks.length > 1 ? looks.shift() : looks[0] });
  fake().handlers['GET /api/v1/events'] = () => ({ headers: { 'content-type': 'text/event-stream' }, keepOpen: true, body: Array.from({ length: 50 }, (_, i) => `id: ${String(i)}\nevent: rollout\ndata: {}\n\n`).join('') });
  const { code, out, err } = await cli('watch', 'churn');
  expect(code).toBe(3);
  expect(out.split('\n').filter((line) => line.includes('Learning how noisy'))).toHaveLength(1);
  expect(out).toMatch(/In shadow\.[\s\S]*now: canary, step 1 of 2[\s\S]*It loses money\.[\s\S]*rollout 2 ended: rolled-back/);
  expect(out).not.toContain(String.fromCharCode(27));
  expect(err).toContain('lastmile explain churn');
});

test('watch goes on by polling where there is no stream, waits through a restart of the API, and ends with 7 for a person', async () => {
  let call = 0;
  fake().handlers['GET /api/v1/deployments/churn/rollouts/2'] = () => { call += 1; return call === 1 ? problem(503, 'LM_STORE_UNAVAILABLE', 'MongoDB is away.') : { body: rolloutView({ stage: 'asking' }) }; };
  const { code, err } = await cli('watch', 'churn', '--rollout', '2');
  expect(code).toBe(7);
  expect(err).toMatch(/MongoDB is away[\s\S]*lastmile promote churn/);
});

test('watch under --json ends with one object that has outcome, exit code and verdict', async () => {
  fake().handlers['GET /api/v1/deployments/churn/rollouts/2'] = () => ({ body: rolloutView({ stage: 'done', outcome: 'promoted' }, { verdict: verdict('promote', { code: 'proved-better', metric: 'value' }) }) });
  const lines = (await cli('watch', 'churn', '--rollout', '2', '--json')).out.trim().split('\n').map((line) => JSON.parse(line) as { type: string });
  expect(lines.at(-1)).toMatchObject({ type: 'end', outcome: 'promoted', exitCode: 0, verdict: { kind: 'promote', money: EUR } });
});

test('explain asks for the reader and prints the evidence when asked to', async () => {
  fake().handlers['GET /api/v1/deployments/churn/explain'] = ({ query }) => ({ body: { text: `For the ${query.get('for') ?? ''}.`, verdict: verdict('promote', { code: 'proved-better' }, { findings: [finding({ state: 'pass' })] }) } });
  fake().handlers['GET /api/v1/deployments/churn/rollouts'] = () => ({ body: { items: [rolloutView({ stage: 'done', outcome: 'promoted' }).rollout], next: null } });
  fake().handlers['GET /api/v1/deployments/churn/rollouts/2/evidence'] = () => ({ body: { plan: null, verdicts: [], blocks: 42, shortBlocks: 0, progress: null } });
  expect((await cli('explain', 'churn', '--for', 'owner')).out).toBe('For the owner.\n');
  const { out } = await cli('explain', 'churn', '--evidence');
  expect(out).toContain('42 sealed blocks');
  expect(out).toContain('+EUR 0.10 a request (+EUR 0.0200 … +EUR 0.20), +EUR 180.00 over 1,800 requests');
});

test('commands on the running rollout find its number; without one they are refused', async () => {
  fake().handlers['GET /api/v1/deployments/churn'] = () => ({ body: deploymentView(rolloutView({ stage: 'shadowing' })) });
  fake().handlers['POST /api/v1/deployments/churn/rollouts/2/pause'] = () => ({ body: { message: 'Paused.' } });
  expect(await cli('pause', 'churn')).toMatchObject({ code: 0, out: 'Paused.\n' });
  fake().handlers['GET /api/v1/deployments/churn'] = () => ({ body: deploymentView(null) });
  expect(await cli('abort', 'churn')).toMatchObject({ code: 3 });
});

test('labels push sends batches, counts, names refused lines of the file, and resumes', async () => {
  const file = join(folder(), 'labels.csv');
  writeFileSync(file, `id,value,row,time\n${Array.from({ length: 5 }, (_, i) => `inf_${String(i)},${String(i % 2)},0,2026-03-02T10:0${String(i)}:00Z`).join('\n')}\n`);
  fake().handlers['POST /api/v1/deployments/churn/labels'] = ({ body }) => {
    const { labels } = body as { labels: { inferenceId: string }[] };
    return { body: { accepted: labels.length - 1, repeated: 0, revised: 0, refused: [{ line: 1, problem: 'unknown' }] } };
  };
  const all = await cli('labels', 'push', 'churn', file, '--batch', '2', '--json');
  expect(all.code).toBe(1);
  expect(JSON.parse(all.out)).toMatchObject({ accepted: 2, next: 5, refused: [{ line: 1 }, { line: 3 }, { line: 5 }] });
  expect(sent('/api/v1/deployments/churn/labels').body).toEqual({ labels: [{ inferenceId: 'inf_4', value: 0, row: 0, labelMs: Date.UTC(2026, 2, 2, 10, 4) }] });
  fake().seen.length = 0;
  await cli('labels', 'push', 'churn', file, '--batch', '2', '--from', '3');
  expect(fake().seen.flatMap((seen) => (seen.body as { labels: { inferenceId: string }[] } | null)?.labels.map((label) => label.inferenceId) ?? [])).toEqual(['inf_3', 'inf_4']);
});

test('predict sends rows by name, whole requests as they are, and prints id and version', async () => {
  const headers = { 'x-lastmile-inference-id': 'inf_9', 'x-lastmile-version': '7', 'x-lastmile-variant': 'var_7' };
  fake().handlers['GET /v2/models/churn'] = () => ({ body: { name: 'churn', platform: 'onnx', versions: ['7'], inputs: [{ name: 'age', datatype: 'FP32', shape: [-1, 1] }, { name: 'plan', datatype: 'BYTES', shape: [-1, 1] }], outputs: [] } });
  fake().handlers['POST /v2/models/churn/infer'] = () => ({ headers, body: { model_name: 'churn', outputs: [{ name: 'label', datatype: 'INT64', shape: [1], data: [1] }] } });
  const { out } = await cli('predict', 'churn', '--row', 'age=31', 'plan=gold', '--event-time', '2026-03-02T10:00:00Z');
  expect(out).toContain('label: 1\ninference inf_9, version 7');
  expect(sent('/v2/models/churn/infer').body).toEqual({ inputs: [{ name: 'age', datatype: 'FP32', shape: [1, 1], data: [31] }, { name: 'plan', datatype: 'BYTES', shape: [1, 1], data: ['gold'] }] });
  expect(sent('/v2/models/churn/infer').headers['x-lastmile-event-time']).toBe(String(Date.UTC(2026, 2, 2, 10)));
  const whole = await run(['--api', fake().url, '--key-file', join(folder(), 'key'), '--json', 'predict', 'churn', '--data', '-'], { input: '{"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]}' });
  expect(JSON.parse(whole.out)).toMatchObject({ inferenceId: 'inf_9', version: '7' });
  expect(await cli('predict', 'churn', '--row', 'age=old', 'plan=gold')).toMatchObject({ code: 1, err: expect.stringContaining('"old" is not a finite number') as string });
});

test('doctor says what to do for each failed check', async () => {
  fake().handlers['GET /api/v1/health'] = () => ({ body: { status: 'degraded', checks: [{ name: 'store', ok: false, detail: 'no primary' }], version: '0.1.0', links: { temporal: null, gateway: 'http://127.0.0.1:9' } } });
  fake().handlers['GET /api/v1/deployments'] = () => problem(401, 'LM_UNAUTHENTICATED', 'No key.');
  fake().handlers['GET /api/v1/gateways'] = () => ({ body: { gateways: [], url: '' } });
  const { code, out } = await cli('doctor');
  expect(code).toBe(1);
  const failed = out.split('\n').filter((line) => line.startsWith('FAIL'));
  expect(failed.map((line) => /FAIL {2}(\w+)/.exec(line)?.[1])).toEqual(['store', 'key', 'gateways', 'traffic']);
  expect(out.split('\n').filter((line) => line.trim().startsWith('do: '))).toHaveLength(failed.length);
});

test('keys new puts the key alone on standard output', async () => {
  fake().handlers['POST /api/v1/keys'] = () => ({ body: { id: 'key_1', prefix: 'lm_a', name: 'ci', kind: 'service', scopes: ['read'], createdAtMs: 0, expiresAtMs: null, revokedAtMs: null, key: 'lm_secret' } });
  expect(await cli('keys', 'new', 'ci', '--scopes', 'read,deploy')).toMatchObject({ code: 0, out: 'lm_secret\n' });
  expect(sent('/api/v1/keys').body).toMatchObject({ name: 'ci', kind: 'service', scopes: ['read', 'deploy'], expiresAtMs: null });
  fake().handlers['GET /api/v1/keys'] = () => ({ body: [{ id: 'key_1', prefix: 'lm_a', name: 'ci', kind: 'service', scopes: ['read'], roles: ['risk'], createdAtMs: 0, expiresAtMs: null, revokedAtMs: 5 }] });
  expect((await cli('keys', 'list')).out).toMatch(/key_1 .*revoked 1970/);
});

test('audit --all reads to the end of the chain; case and history print what the API knows', async () => {
  const item = (seq: number): object => ({ auditId: `a${String(seq)}`, atMs: 0, actor: { kind: 'person', name: 'ada' }, via: 'cli', action: 'promote', subject: 'churn', digest: null, reason: 'ok', evidenceHash: null, tenantId: 'default', seq, prevHash: '', hash: '' });
  fake().handlers['GET /api/v1/audit'] = ({ query }) => ({ body: query.get('afterSeq') === '0' ? { items: [item(1)], nextSeq: 1 } : { items: [item(2)], nextSeq: null } });
  expect(JSON.parse((await cli('audit', '--all', '--json')).out)).toHaveLength(2);
  fake().handlers['GET /api/v1/cases/inf_1'] = () => ({ body: { id: 'inf_1', inferenceId: 'inf_1', deployment: 'churn', atMs: 1, known: 'record', served: null, revision: null, legs: [], outcomes: [], why: null, candidates: [], note: null } });
  expect((await cli('case', 'inf_1')).out).toContain('outcome: not known yet');
  fake().handlers['GET /api/v1/deployments/churn/rollouts'] = () => ({ body: { items: [rolloutView({ stage: 'done', outcome: 'promoted' }).rollout], next: null } });
  expect((await cli('history', 'churn')).out).toContain('promoted');
});
