import { randomUUID } from 'node:crypto';
import { stores as databases } from '../../../adapters/store/index.ts';
import { connect } from '../../../adapters/store/mongodb/connection.ts';
import { toDocument } from '../../../adapters/store/mongodb/documents.ts';
import { sampleRate } from '../../../conformance/stores/samples.ts';
import { newScope } from '../../../conformance/stores/suite.ts';
import { closedPage } from '../../../domain/analysis/closed-page.ts';

const uri = process.env.TEST_MONGODB_URI!;

test('blocks that a killed collector left behind of a closed page count once and go with the next close; strangers of its slots stay', async () => {
  const database = `pages-${randomUUID().slice(0, 8)}`;
  const stores = databases.mongodb.create({ uri, database });
  const { client, db } = connect({ uri, database });
  try {
    await stores.prepare();
    const scope = newScope();
    const rollout = `${scope.uid}/1`;
    const blocks = [0, 1, 2, 5].map((slot) => sampleRate(scope, slot));
    for (const block of blocks) await stores.evidence.seal(block);
    const all = await stores.evidence.blocks(scope.tenant, rollout);
    await stores.evidence.closePage(closedPage(blocks.slice(0, 3)));
    const summary = await stores.evidence.summary(scope.tenant, rollout);
    // What a crash between insert and removal leaves, which no call of the port can make.
    const single = db.collection<{ _id: string }>('blocks');
    await single.insertMany(blocks.slice(0, 3).map((block) => toDocument(`${scope.tenant}/${rollout}/errors/${block.slot}`, scope.tenant, block)));
    expect(await single.countDocuments({ tenantId: scope.tenant })).toBe(4);
    expect(await stores.evidence.blocks(scope.tenant, rollout)).toEqual(all);
    const between = await stores.evidence.summary(scope.tenant, rollout);
    expect([between.pages, [...between.blocks].sort((a, b) => a.slot - b.slot)]).toEqual([summary.pages, [...summary.blocks].sort((a, b) => a.slot - b.slot)]);
    expect(await stores.evidence.closePage(closedPage(await stores.evidence.unpaged(scope.tenant, rollout, { metric: 'errors', beforeSlot: 240, limit: 99 })))).toBe(false);
    expect((await single.find({ tenantId: scope.tenant }).toArray()).map(({ _id }) => _id)).toEqual([`${scope.tenant}/${rollout}/errors/5`]);
    expect(await stores.evidence.blocks(scope.tenant, rollout)).toEqual(all);
  } finally {
    await db.dropDatabase();
    await Promise.all([client.close(), stores.close()]);
  }
});
