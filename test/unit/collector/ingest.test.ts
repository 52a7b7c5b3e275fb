import { createIngest, type Ingest } from '../../../collector/ingest.ts';
import { createReaders } from '../../../collector/readers.ts';
import { sampleContract, samplePlan } from '../../../conformance/stores/samples.ts';
import type { Stores } from '../../../ports/stores.ts';
import { batch, legRecord, SCOPE, scoring, SILENT, world } from './world.ts';

function ingestOf(stores: Stores, arrived: () => void = () => undefined): Ingest {
  return createIngest({ records: stores.records, findReader: createReaders(stores, () => 1_000), now: () => 1_000, log: SILENT, arrived });
}

test('records that nobody can read are left out and counted; the rest of the batch is kept', async () => {
  const stores = await world();
  const records = [legRecord(), legRecord({ inferenceId: 'inf_2', deploymentUid: 'dep_none' }), legRecord({ inferenceId: 'inf_3', variantId: 'var_none' }), legRecord({ inferenceId: 'inf_4', tenantId: 'other' })];
  expect(await ingestOf(stores)(batch(records))).toEqual({ stored: 1, repeated: false, refused: 3 });
  expect((await stores.records.byInference(SCOPE.tenant, SCOPE.uid, 'inf_1'))[0]?.predictions).toEqual([{ row: 0, score: 0.75, klass: 1 }]);
});

test('a repeated batch stores nothing, and each one wakes the sealer', async () => {
  const stores = await world();
  let woken = 0;
  const ingest = ingestOf(stores, () => { woken += 1; });
  await ingest(batch([legRecord()]));
  expect(await ingest(batch([legRecord()]))).toEqual({ stored: 0, repeated: true, refused: 0 });
  expect(woken).toBe(2);
});

test('within a comparison both versions are read by the contract and clock of its plan', async () => {
  const stores = await world();
  const contractHash = await stores.deployments.putContract(SCOPE.tenant, sampleContract({ threshold: 0.9 }));
  const specHash = (await stores.deployments.getDeployment(SCOPE.tenant, 'churn'))!.specHash;
  await stores.evidence.putPlan(samplePlan(SCOPE, { champion: 'var_a', challenger: 'var_b', contractHash, specHash }));
  await ingestOf(stores)(batch([legRecord({ rolloutId: `${SCOPE.uid}/1`, response: scoring(0.8) }), legRecord({ inferenceId: 'inf_2', response: scoring(0.8) })]));
  const klass = async (id: string): Promise<unknown> => (await stores.records.byInference(SCOPE.tenant, SCOPE.uid, id))[0]?.predictions[0]?.klass;
  expect([await klass('inf_1'), await klass('inf_2')]).toEqual([0, 1]);
});
