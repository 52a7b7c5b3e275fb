import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { stores as databases } from '../../../adapters/store/index.ts';

test('a gateway that was registered by an older lastmile is read in today\'s form', async () => {
  const uri = process.env.TEST_MONGODB_URI!;
  const database = `gateways-${randomUUID().slice(0, 8)}`;
  const stores = databases.mongodb.create({ uri, database });
  const client = new MongoClient(uri);
  const registration = {
    gatewayId: 'gw-old', incarnation: 1, address: 'http://127.0.0.1:1', adminAddress: null, applied: { dep_1: 3 }, seenAtMs: 5, leaseUntilMs: 6,
    stats: { startedAtMs: 1, requests: 2, refused: 0, errors: 0, mirrored: 1, dropped: 0, recordsPending: 0, recordsLost: 0, perVariant: {} },
  };
  try {
    await stores.prepare();
    await client.db(database).collection<{ _id: string }>('gateways').insertOne({ _id: 'gw-old', ...{ tenantId: '*', schemaVersion: 1, registration: { ...registration, tombstones: { dep_1: ['var_a'] } } } });
    expect(await stores.gateways.list()).toEqual([{ ...registration, ownKills: {}, quiet: {} }]);
    await stores.gateways.seen({ ...registration, incarnation: 2, ownKills: {}, quiet: { var_a: { inFlight: 1, aborted: 0, drained: 0, refused: 0, lastSentAtMs: null } } });
    expect(await stores.gateways.list()).toMatchObject([{ incarnation: 2, quiet: { var_a: { inFlight: 1 } } }]);
  } finally {
    await client.db(database).dropDatabase();
    await Promise.all([client.close(), stores.close()]);
  }
});
