import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { stores as databases } from '../../../adapters/store/index.ts';
import type { Bundle } from '../../../domain/evidence/bundle.ts';
import { TENANT } from '../../support/analysis-arbitraries.ts';
import { startJourney, type Journey } from '../../support/evidence-journey.ts';
import { BLOCKS, DRAFT, VERDICT } from '../../support/sealed-evidence.ts';
import { planHashOf } from '../../../domain/analysis/judge.ts';

const uri = process.env.TEST_MONGODB_URI!;
let database: string;
let journey: Journey;
let client: MongoClient;

beforeEach(async () => {
  database = `evidence-${randomUUID().slice(0, 8)}`;
  const stores = databases.mongodb.create({ uri, database });
  await stores.prepare();
  client = new MongoClient(uri);
  journey = await startJourney(stores);
  await journey.world.ports.checkpoints.look(true);
});
afterEach(async () => {
  await client.db(database).dropDatabase();
  await client.close();
  await journey.world.close();
});

test('what MongoDB gives back is judged to the same last digit; blocks sealed since are left out, verdicts of the pilot find their draft', async () => {
  const { stores } = journey.world;
  await stores.evidence.seal({ ...BLOCKS.at(-1)!, slot: BLOCKS.at(-1)!.slot + 1_000 });
  await stores.evidence.putVerdict({ ...VERDICT, n: 1, planHash: planHashOf(DRAFT), judgeVersion: '0' });
  const file = journey.file('verdict.json');
  expect((await journey.cli('evidence', 'export', 'churn', '-o', file)).code).toBe(0);
  expect(await journey.offline('evidence', 'verify', file, '--key', journey.file('public.pem'))).toMatchObject({ code: 0, out: expect.stringMatching(/to the last digit/) });
  const bundle = JSON.parse(journey.text('verdict.json')) as Bundle;
  expect(bundle.parts.blocks.value).toHaveLength(BLOCKS.length);
  expect(bundle.parts.checkpoint.value).toMatchObject({ tenantId: TENANT });
  expect((await journey.cli('evidence', 'show', 'churn', '--verdict', '1')).out).toMatch(/plan +draft/);
});

test('an administrator of the database who changes, cuts or writes anew the chain is found, and gets no new signature', async () => {
  const audit = client.db(database).collection('audit');
  expect((await journey.cli('audit', 'verify')).code).toBe(0);
  const newest = (await audit.find({ tenantId: TENANT }).sort({ seq: -1 }).limit(1).next())!;

  await audit.deleteOne({ _id: newest._id });
  expect(await journey.cli('audit', 'verify')).toMatchObject({ code: 3, out: expect.stringMatching(/the chain was cut: it ends at record 6, and checkpoint 7/) });
  await journey.world.stores.audit.append(TENANT, { auditId: 'aud_other', atMs: 1, actor: { kind: 'person', name: 'eve' }, via: 'api', action: 'rollout.abort', subject: 'churn', digest: null, reason: null, evidenceHash: null });
  expect(await journey.cli('audit', 'verify')).toMatchObject({ code: 3, out: expect.stringMatching(/written anew: record 7 is not the one that was signed/) });
  await journey.world.ports.checkpoints.look(true);
  expect(journey.world.ports.checkpoints.problems()).toEqual([expect.stringMatching(/record 7 is not the one that was signed/)]);
  const health = JSON.parse((await journey.world.call('GET', '/api/v1/health')).text) as { checks: readonly { name: string; ok: boolean }[] };
  expect(health.checks.find(({ name }) => name === 'audit')).toMatchObject({ ok: false });

  await audit.updateOne({ tenantId: TENANT, seq: 3 }, { $set: { reason: 'nothing happened' } });
  expect(JSON.parse((await journey.cli('--json', 'audit', 'verify')).out)).toMatchObject({ firstBadSeq: 3 });
});
