import { checkpointOf, newSigningKey } from '../../support/signed-audit.ts';
import { canonicalJson } from '../../../domain/canonical-json.ts';
import { newId } from '../../../config/ids.ts';
import { sampleLabel, sampleLeg } from '../../../conformance/stores/samples.ts';
import { CHALLENGER, CHAMPION, DEPLOYMENT, TENANT } from '../../support/analysis-arbitraries.ts';
import { startJourney, type Journey } from '../../support/evidence-journey.ts';
import { NOW, ROLLOUT_RECORD } from '../../support/sealed-evidence.ts';
import type { CaseAnswer } from '../../../api/contract.ts';
import type { StoredLeg } from '../../../domain/record.ts';

let journey: Journey;
beforeEach(async () => { journey = await startJourney(); await journey.world.ports.checkpoints.look(true); });
afterEach(() => journey.world.close());
const json = (text: string): unknown => JSON.parse(text);

test('a bundle is exported once, shown, and verified without a server; with the right key, and in its chain', async () => {
  const file = journey.file('verdict.json');
  expect(await journey.cli('evidence', 'export', 'churn', '-o', file)).toMatchObject({ code: 0, out: '', err: expect.stringMatching(/Verdict 3 of churn, rollout 1/) });
  expect((await journey.cli('evidence', 'export', 'churn', '-o', file)).code).toBe(6);
  expect((await journey.cli('evidence', 'export', 'churn', '--rollout', '1', '--verdict', '3')).out.replace(/"exportedAtMs":\d+/, '').slice(0, 1_000)).toBe(journey.text('verdict.json').replace(/"exportedAtMs":\d+/, '').slice(0, 1_000));
  expect(await journey.offline('evidence', 'verify', file)).toMatchObject({ code: 0, out: expect.stringMatching(/is whole[\s\S]*to the last digit/) });
  expect((await journey.offline('evidence', 'verify', file, '--key', journey.file('public.pem'))).code).toBe(0);
  await journey.cli('audit', 'export', '-o', journey.file('chain.ndjson'));
  expect((await journey.offline('evidence', 'verify', file, '--audit', journey.file('chain.ndjson'))).code).toBe(0);
  const { out } = await journey.cli('evidence', 'show', 'churn');
  expect(out).toMatch(/verdict 3: promote[\s\S]*route changes +3[\s\S]*covered by checkpoint[\s\S]*version 7 decides: applied, route revision 7/);
});

test('a changed bundle is 3 and named; a verdict that is not there is 5', async () => {
  const file = journey.file('verdict.json');
  await journey.cli('evidence', 'export', 'churn', '-o', file);
  journey.write('verdict.json', journey.text('verdict.json').replace('"reason":"try it"', '"reason":"try is"'));
  const ran = await journey.offline('--json', 'evidence', 'verify', file);
  expect(ran.code).toBe(3);
  expect(json(ran.out)).toMatchObject({ ok: false, problems: [{ where: 'rollout' }], rejudged: null });
  journey.write('other.pem', journey.world.publicKey.key.export({ type: 'spki', format: 'pem' }).toString());
  expect((await journey.cli('evidence', 'export', 'churn', '--verdict', '4')).code).toBe(5);
  expect((await journey.cli('evidence', 'show', 'nobody')).code).toBe(5);
  expect(await journey.cli('evidence', 'show', 'churn', '--verdict', '2')).toMatchObject({ code: 0, out: expect.stringMatching(/rests on no blocks/) });
});

test('list filters by action, actor, subject and time', async () => {
  const seqs = async (...argv: readonly string[]): Promise<readonly number[]> => (json((await journey.cli('--json', 'audit', 'list', ...argv)).out) as readonly { seq: number }[]).map(({ seq }) => seq);
  expect(await seqs('--action', 'route.*')).toEqual([4, 5, 6]);
  expect(await seqs('--subject', 'dep_1/*', '--since', String(NOW), '--until', String(NOW + 20))).toEqual([5, 6]);
  expect(await seqs('--actor', 'ada', '--subject', 'churn')).toEqual([1]);
  expect((await journey.cli('audit', '--all')).out).toContain('deployment.create');
  expect((await journey.cli('audit', 'list', '--since', 'yesterday')).code).toBe(2);
});

test('an export verifies anywhere and resumes; a changed, cut or forged one is 3 and names the first bad record', async () => {
  const file = journey.file('chain.ndjson');
  await journey.cli('audit', 'export', '-o', file);
  const whole = journey.text('chain.ndjson');
  expect(await journey.offline('audit', 'verify', file)).toMatchObject({ code: 0, out: expect.stringMatching(/7 records, none changed[\s\S]*confirm it to record 7/) });
  expect((await journey.cli('audit', 'verify')).code).toBe(0);
  expect((await journey.cli('audit', 'export')).out).toBe(whole);
  expect((await journey.cli('audit', 'export', '-o', file)).code).toBe(6);
  journey.write('chain.ndjson', whole.split('\n').slice(0, 4).join('\n'));
  expect((await journey.offline('audit', 'verify', file)).code).toBe(3);
  await journey.cli('audit', 'export', '-o', file, '--resume');
  expect(journey.text('chain.ndjson')).toBe(whole);
  journey.write('chain.ndjson', whole.replace('"revision":6', '"revision":9'));
  expect(json((await journey.offline('--json', 'audit', 'verify', file)).out)).toMatchObject({ ok: false, firstBadSeq: 5, problems: [{ seq: 5, problem: expect.stringMatching(/was changed/) }] });
  expect((await journey.cli('audit', 'export', '-o', file, '--resume')).code).toBe(6);
  journey.write('chain.ndjson', whole);
  expect((await journey.offline('audit', 'verify', journey.file('none'))).code).toBe(1);
});

test('a checkpoint from elsewhere shows what the chain of the server no longer has; another key is not trusted', async () => {
  const file = journey.file('chain.ndjson');
  await journey.cli('audit', 'export', '-o', file);
  const [newest] = (await journey.world.stores.audit.read(TENANT, { afterSeq: 6, limit: 1 }));
  const later = checkpointOf({ ...newest!, seq: 9 }, journey.world.signing);
  journey.write('kept.ndjson', `${canonicalJson({ ...later })}\n`);
  for (const argv of [['audit', 'verify', file], ['audit', 'verify']]) {
    const ran = await journey.cli(...argv, '--checkpoints', journey.file('kept.ndjson'));
    expect(ran).toMatchObject({ code: 3, out: expect.stringMatching(/broken at record 8: the chain was cut: it ends at record 7, and checkpoint 9/) });
  }
  const { createPublicKey } = await import('node:crypto');
  journey.write('other.pem', createPublicKey(newSigningKey().key).export({ type: 'spki', format: 'pem' }).toString());
  expect((await journey.offline('audit', 'verify', file, '--key', journey.file('other.pem'))).code).toBe(3);
  expect((await journey.offline('audit', 'verify', file, '--key', journey.file('public.pem'))).code).toBe(0);
});

test('who could is answered from the chain, live and from an export', async () => {
  const admin = await journey.world.key();
  const made = await journey.world.call('POST', '/api/v1/keys', { key: admin, body: { name: 'oncall', kind: 'person', scopes: ['operate', 'read'] } });
  const before = journey.world.now() - 60_000;
  const between = journey.world.now();
  journey.world.pass(60_000);
  await journey.world.call('DELETE', `/api/v1/keys/${made.json.id}`, { key: admin });
  await journey.world.call('DELETE', `/api/v1/keys/${made.json.id}`, { key: admin });
  const ask = async (atMs: number, ...more: readonly string[]): Promise<readonly string[]> => (json((await journey.cli('--json', 'audit', 'who-could', '--scope', 'operate', '--at', String(atMs), ...more)).out) as { keys: readonly { name: string }[] }).keys.map(({ name }) => name);
  expect(await ask(between + 1_000)).toEqual(['oncall']);
  expect([await ask(before), await ask(journey.world.now() + 1_000)]).toEqual([[], []]);
  await journey.cli('audit', 'export', '-o', journey.file('chain.ndjson'));
  expect(await ask(between + 1_000, '--file', journey.file('chain.ndjson'))).toEqual(['oncall']);
  const records = await journey.world.stores.audit.read(TENANT, { afterSeq: 0, limit: 99, subject: made.json.id });
  expect(records.map(({ action }) => action)).toEqual(['key.create', 'key.revoke']);
  expect((await journey.cli('audit', 'who-could')).code).toBe(2);
});

const scope = { tenant: TENANT, other: 'x', uid: DEPLOYMENT, id: 'c' };
const leg = (change: Partial<StoredLeg>): StoredLeg => sampleLeg(scope, { rolloutId: ROLLOUT_RECORD.rolloutId, ...change });
const seen = async (...legs: readonly StoredLeg[]): Promise<void> => { await journey.world.stores.records.putBatch({ gatewayId: 'g', incarnation: 1, seq: 1, completeToMs: 0, receivedAtMs: 0, drops: [], legs }); };
const caseOf = async (...argv: readonly string[]): Promise<CaseAnswer> => json((await journey.cli('--json', 'case', ...argv)).out) as CaseAnswer;

test('case: who answered, what the others said, the revisions of the outcome, and why that version was live', async () => {
  const id = newId('inf');
  await seen(leg({ inferenceId: id, alias: 'order-7', variantId: CHALLENGER, role: 'champion', revision: 7, atMs: NOW + 50 }), leg({ inferenceId: id, alias: 'order-7', variantId: CHAMPION, role: 'shadow', revision: 7, atMs: NOW + 50 }));
  await journey.world.stores.labels.put([sampleLabel(scope, { inferenceId: id, value: 0, labelMs: NOW + 60 }), sampleLabel(scope, { inferenceId: id, value: 1, labelMs: NOW + 70 })]);
  for (const name of [id, 'order-7']) {
    const answer = await caseOf(name);
    expect(answer).toMatchObject({ inferenceId: id, deployment: 'churn', known: 'record', served: CHALLENGER, why: { rollout: 1, revision: 7, auditSeq: 6, verdict: { n: 3, kind: 'promote' }, model: 'filesystem:churn@7' } });
    expect(answer.legs.map(({ model }) => model).sort()).toEqual(['filesystem:churn@6', 'filesystem:churn@7']);
    expect(answer.outcomes).toHaveLength(2);
  }
  expect((await journey.cli('case', 'order-7')).out).toMatch(/filesystem:churn@7 answered \(champion, route revision 7\)[\s\S]*revised since[\s\S]*Why it was live: filesystem:churn@7 since .*on verdict 3 \(promote, proved-better\)/);
});

test('case: a challenger was live by its share', async () => {
  await seen(leg({ inferenceId: 'inf_1', variantId: CHALLENGER, role: 'challenger', revision: 6, atMs: NOW + 8 }));
  expect(await caseOf('inf_1')).toMatchObject({ served: CHALLENGER, why: { revision: 6, rollout: 1, reason: expect.stringMatching(/answers 5% of callers: applied/) } });
});

test('case: beyond retention the chain tells who decided then; without a time it says what is missing', async () => {
  const hex = (NOW + 30).toString(16).padStart(12, '0');
  const old = `inf_${hex}7${'0'.repeat(3)}8${'0'.repeat(15)}`;
  expect(await caseOf(old)).toMatchObject({ known: 'history', atMs: NOW + 30, legs: [], candidates: [{ deployment: 'churn', champion: { model: 'filesystem:churn@7', rollout: 1 }, shares: [] }] });
  expect(await caseOf('order-1', '--deployment', 'churn', '--at', String(NOW + 7))).toMatchObject({ known: 'history', candidates: [{ champion: null, shares: [{ version: '7', sharePer10k: 500 }] }] });
  expect((await journey.cli('case', old)).out).toMatch(/not kept[\s\S]*churn: filesystem:churn@7 decided then/);
  expect(await journey.cli('case', 'order-1')).toMatchObject({ code: 5, err: expect.stringMatching(/tells no time/) });
  expect((await journey.cli('case', 'order-1', '--deployment', 'nobody')).code).toBe(5);
});

test('another tenant sees neither case, bundle, chain nor checkpoints', async () => {
  await seen(leg({ inferenceId: 'inf_1' }));
  const key = await journey.world.key({ tenant: 'other' });
  const ask = (path: string) => journey.world.call('GET', `/api/v1/${path}`, { key });
  expect((await ask('cases/inf_1')).status).toBe(404);
  expect((await ask('deployments/churn/rollouts/1/evidence/bundle')).status).toBe(404);
  expect((await ask('audit')).json.items).toEqual([]);
  expect((await ask('audit/checkpoints')).json.items).toEqual([]);
});
