import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { setTimeout as delay } from 'node:timers/promises';
import { stores as databases } from '../../../adapters/store/index.ts';
import { firstBreak } from '../../../domain/audit.ts';
import { isLastmileError } from '../../../domain/errors.ts';
import { startTestMongod } from '../../../scripts/supervisor/test-servers.ts';
import { needed } from '../../support/stack.ts';

/** Scenario 6: the primary steps down again and again in the middle of writes. */
test('what was acknowledged is there, once, though the primary steps down under the writes', async () => {
  const mongod = await startTestMongod(needed('TEST_MONGOD'));
  const stores = databases.mongodb.create({ uri: mongod.mongodbUri, database: `s_${randomUUID().slice(0, 8)}` });
  const admin = new MongoClient(`${mongod.mongodbUri}&directConnection=true`);
  try {
    await stores.prepare();
    const acknowledged: string[] = [];
    let writing = true;
    const writers = Promise.all(Array.from({ length: 4 }, async (_, writer) => {
      for (let n = 0; writing; n += 1) {
        const auditId = `${String(writer)}-${String(n)}`;
        const append = () => stores.audit.append('t', { auditId, atMs: 1, actor: { kind: 'workflow', name: 'w' }, via: 'workflow', action: 'a', subject: 's', digest: null, reason: null, evidenceHash: null });
        for (;;) {
          try { await append(); acknowledged.push(auditId); break; } catch (error) {
            if (!isLastmileError(error) || !error.retryable) throw error;
            await delay(50);
          }
        }
      }
    }));
    let stepDowns = 0;
    for (let round = 0; round < 3; round += 1) {
      await delay(300);
      // The connection may be closed in the same moment, which is no answer but no refusal either.
      await admin.db('admin').command({ replSetStepDown: 1, secondaryCatchUpPeriodSecs: 0, force: true }).then(() => { stepDowns += 1; }, () => undefined);
      while (!(await stores.healthy())) await delay(100);
    }
    const before = acknowledged.length;
    while (acknowledged.length === before) await delay(50);
    writing = false;
    await writers;
    const chain = await stores.audit.read('t', { afterSeq: 0, limit: 100_000, subject: null });
    expect(stepDowns).toBeGreaterThan(0);
    expect(firstBreak(chain)).toBeNull();
    expect(chain.map(({ auditId }) => auditId).sort()).toEqual([...acknowledged].sort());
  } finally {
    await admin.close();
    await stores.close();
    await mongod.stop();
  }
}, 120_000);
