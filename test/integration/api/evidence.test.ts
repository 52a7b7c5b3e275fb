import { closedPage } from '../../../domain/analysis/closed-page.ts';
import { sampleRate } from '../../../conformance/stores/samples.ts';
import { inCanary } from '../../support/api-documents.ts';
import { createWorld, smallFile } from '../../support/api-world.ts';

test('the evidence of a rollout counts its blocks, those in closed pages too', async () => {
  const world = await createWorld();
  try {
    const key = await world.key();
    await world.call('PUT', '/api/v1/deployments/churn', { key, body: { spec: smallFile() } });
    const { uid, tenantId } = await inCanary(world.stores);
    const blocks = [0, 1, 2, 3, 300].map((slot) => sampleRate({ tenant: tenantId, other: 'x', uid, id: 'x' }, slot, slot % 3 === 1 || slot === 300 ? { state: 'short' } : {}));
    for (const block of blocks) await world.stores.evidence.seal(block);
    const counts = async (): Promise<unknown> => JSON.parse((await world.call('GET', '/api/v1/deployments/churn/rollouts/1/evidence', { key })).text) as unknown;
    expect(await counts()).toMatchObject({ blocks: 5, shortBlocks: 2, progress: { pairs: 51_002 } });
    await world.stores.evidence.closePage(closedPage(blocks.slice(0, 4)));
    expect(await counts()).toMatchObject({ blocks: 5, shortBlocks: 2, progress: { pairs: 51_002 } });
  } finally { await world.close(); }
});
