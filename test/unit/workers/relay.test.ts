import { orchestrators } from '../../../adapters/orchestrator/index.ts';
import { stores as databases } from '../../../adapters/store/index.ts';
import { createLog } from '../../../config/log.ts';
import { LastmileError } from '../../../domain/errors.ts';
import type { Orchestrator } from '../../../ports/orchestrator.ts';
import type { Outbox, OutboxMessage } from '../../../ports/outbox.ts';
import { startRelay } from '../../../workers/relay.ts';

const silent = { ...createLog('test', 'error'), warn: () => undefined };
const message = (n: number): OutboxMessage => ({ id: `out_${n}`, tenantId: 'default', deploymentUid: 'dep_1', rolloutId: 'dep_1/1', type: 'block-sealed', atMs: n });

/** An orchestrator that takes news as `take` says; an outbox of the memory store. */
async function relaying(take: (message: OutboxMessage) => void, check: (outbox: Outbox, taken: string[]) => Promise<void>): Promise<void> {
  const { outbox } = databases.memory.create({});
  const taken: string[] = [];
  const orchestrator: Orchestrator = { ...orchestrators.memory.create({}), deliver: async (news) => { take(news); taken.push(news.id); } };
  const relay = await startRelay(outbox, orchestrator, silent);
  try { await check(outbox, taken); } finally { await relay.stop(); }
}
async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !await isSo();) {
    if (Date.now() > end) throw new Error('did not happen in time');
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
}

test('news goes out soon after it is put, and leaves the outbox', async () => {
  await relaying(() => undefined, async (outbox, taken) => {
    const put = Date.now();
    await outbox.put(message(1));
    await until(() => taken.length === 1);
    expect(Date.now() - put).toBeLessThan(900);
    await until(async () => (await outbox.pending(10)).length === 0);
    await outbox.put(message(1));
    await outbox.put(message(2));
    await until(() => taken.includes('out_2'));
    expect(taken).toEqual(['out_1', 'out_2']);
  });
});

test('what could not be delivered stays and is tried again; nothing is lost, nothing else waits for it', async () => {
  let away = true;
  await relaying(({ id }) => { if (away && id === 'out_1') throw new LastmileError('LM_ORCHESTRATOR_UNAVAILABLE', 'away'); }, async (outbox, taken) => {
    await outbox.put(message(1));
    await outbox.put(message(2));
    await until(() => taken.includes('out_2'));
    expect((await outbox.pending(10)).map(({ id }) => id)).toContain('out_1');
    away = false;
    await until(() => taken.includes('out_1'));
    await until(async () => (await outbox.pending(10)).length === 0);
  });
});

test('when stopped it delivers no more', async () => {
  const { outbox } = databases.memory.create({});
  const orchestrator = orchestrators.memory.create({});
  const relay = await startRelay(outbox, orchestrator, silent);
  await relay.stop();
  await outbox.put(message(1));
  await new Promise((resolve) => { setTimeout(resolve, 50); });
  expect(orchestrator.log).toEqual([]);
});
