import { MongoClient } from 'mongodb';
import { Client, Connection } from '@temporalio/client';

test('the test run has a mongod that takes majority writes', async () => {
  const client = new MongoClient(process.env.TEST_MONGODB_URI!);
  try {
    const database = client.db('set-up');
    await database.collection('probe').insertOne({ at: 1 }, { writeConcern: { w: 'majority' } });
    expect(await database.collection('probe').countDocuments()).toBe(1);
    await database.dropDatabase();
  } finally { await client.close(); }
});

test('the test run has a Temporal server with the search attributes of rollouts', async () => {
  const connection = await Connection.connect({ address: process.env.TEST_TEMPORAL_ADDRESS! });
  try {
    const client = new Client({ connection });
    const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace: 'default' });
    expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining(['Deployment', 'Tenant', 'Model', 'Stage', 'Verdict']));
  } finally { await connection.close(); }
});
