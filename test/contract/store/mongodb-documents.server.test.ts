import { randomUUID } from 'node:crypto';
import { MongoClient, MongoServerError } from 'mongodb';
import { upcast } from '../../../adapters/store/mongodb/documents.ts';
import { storeError } from '../../../adapters/store/mongodb/errors.ts';
import { stores as databases } from '../../../adapters/store/index.ts';
import { storePromises } from '../../../conformance/stores/stores.ts';

const uri = process.env.TEST_MONGODB_URI!;

test('every document of every collection has a text id, a tenant and its form', async () => {
  const database = `forms-${randomUUID().slice(0, 8)}`;
  const stores = databases.mongodb.create({ uri, database });
  const client = new MongoClient(uri);
  try {
    await stores.prepare();
    for (const suite of Object.values(storePromises)) {
      // The first promises of each port write each of its kinds of document.
      for (const check of Object.values(suite).slice(0, 9)) await check(stores);
    }
    const names = (await client.db(database).listCollections().toArray()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['routes', 'specs', 'deployments', 'rollouts', 'legs', 'batches', 'gateway_marks', 'drops', 'aliases', 'labels', 'blocks', 'pages', 'plans', 'verdicts', 'audit', 'outbox', 'kills', 'freezes', 'keys', 'reservations']));
    for (const name of names) {
      const odd = await client.db(database).collection(name).findOne({ $or: [{ _id: { $not: { $type: 'string' } } }, { tenantId: { $not: { $type: 'string' } } }, { schemaVersion: { $ne: 1 } }] });
      expect({ name, odd }).toEqual({ name, odd: null });
    }
  } finally {
    await client.db(database).dropDatabase();
    await client.close();
    await stores.close();
  }
});

test('a database of a newer form is refused', async () => {
  const database = `newer-${randomUUID().slice(0, 8)}`;
  const stores = databases.mongodb.create({ uri, database });
  const client = new MongoClient(uri);
  await stores.prepare();
  await client.db(database).collection<{ _id: string }>('installation').updateOne({ _id: 'lastmile' }, { $set: { schemaVersion: 2 } });
  await expect(stores.prepare()).rejects.toMatchObject({ code: 'LM_DATABASE_NEWER' });
  await client.db(database).dropDatabase();
  await Promise.all([client.close(), stores.close()]);
});

test('an old document is brought forward step by step; a newer one and a missing step are refused', () => {
  const steps = { 1: ({ old, ...rest }: Readonly<Record<string, unknown>>) => ({ ...rest, name: old }), 2: (document: Readonly<Record<string, unknown>>) => ({ ...document, added: true }) };
  expect(upcast({ _id: 'x', schemaVersion: 1, ...{ old: 'a' } }, steps, 3)).toEqual({ _id: 'x', schemaVersion: 3, name: 'a', added: true });
  expect(thrownBy(() => upcast({ _id: 'x', schemaVersion: 4 }, steps, 3))).toMatchObject({ code: 'LM_INVARIANT' });
  expect(thrownBy(() => upcast({ _id: 'x', schemaVersion: 0 }, steps, 3))).toMatchObject({ code: 'LM_INVARIANT' });
});

test.each([[11_000, 'LM_CONFLICT'], [50, 'LM_STORE_UNAVAILABLE'], [18, 'LM_STORE_UNAVAILABLE'], [10_334, 'LM_INVALID_REQUEST'], [2, 'LM_INVARIANT']])('server error %i is %s, with its cause', (code, expected) => {
  const error = new MongoServerError({ message: 'x', code });
  expect(storeError(error)).toMatchObject({ code: expected, cause: error });
});

test('an address that is none is LM_INVALID_CONFIG at once', () => {
  expect(thrownBy(() => databases.mongodb.create({ uri: 'http://nowhere', database: 'x' }))).toMatchObject({ code: 'LM_INVALID_CONFIG' });
});

function thrownBy(run: () => unknown): unknown {
  try { run(); } catch (error) { return error; }
  return null;
}

test('a key of before there were roles is read with none', async () => {
  const database = `roles-${randomUUID().slice(0, 8)}`;
  const stores = databases.mongodb.create({ uri, database });
  const client = new MongoClient(uri);
  try {
    await stores.keys.put({ id: 'key_1', hash: 'h', prefix: 'lm_', tenantId: 't', actor: { kind: 'person', name: 'ada' }, scopes: ['infer'], roles: ['risk'], createdAtMs: 1, expiresAtMs: null, revokedAtMs: null });
    await client.db(database).collection('keys').updateOne({ hash: 'h' }, { $unset: { roles: '' } });
    const found = [await stores.keys.byHash('h'), (await stores.keys.list('t'))[0], (await stores.keys.callers())[0]];
    expect(found.map((key) => key?.roles)).toEqual([[], [], []]);
  } finally {
    await client.db(database).dropDatabase();
    await client.close();
    await stores.close();
  }
});
