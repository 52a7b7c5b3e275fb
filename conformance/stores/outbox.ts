import assert from 'node:assert/strict';
import type { Outbox, OutboxMessage } from '../../ports/outbox.ts';
import { eventually, newScope, type Scope, type Suite } from './suite.ts';

export const outboxPromises: Suite<Outbox> = {
  'a message waits until it is delivered, and the same news twice is one message': async (outbox) => {
    const scope = newScope();
    await Promise.all(Array.from({ length: 5 }, () => outbox.put(message(scope, 1))));
    assert.deepEqual(await mine(outbox, scope), [message(scope, 1)]);
    await outbox.delivered([message(scope, 1).id, 'unknown']);
    assert.deepEqual(await mine(outbox, scope), []);
    await outbox.put(message(scope, 1));
    assert.deepEqual(await mine(outbox, scope), []);
  },
  'messages wait oldest first, and as many are given as asked': async (outbox) => {
    const scope = newScope();
    for (const n of [3, 1, 2]) await outbox.put(message(scope, n));
    assert.deepEqual((await mine(outbox, scope)).map(({ atMs }) => atMs), [1, 2, 3]);
    assert.equal((await outbox.pending(2)).length, 2);
    await outbox.delivered([1, 2, 3].map((n) => message(scope, n).id));
  },
  'news to the deployment itself names no rollout, and the kill that it is about': async (outbox) => {
    const scope = newScope();
    const news = (['killed', 'revived'] as const).map((type, i): OutboxMessage => ({ id: `${type}/kil_${scope.id}`, tenantId: scope.tenant, deploymentUid: scope.uid, rolloutId: null, type, killId: `kil_${scope.id}`, atMs: i }));
    for (const each of news) await outbox.put(each);
    assert.deepEqual(await mine(outbox, scope), news);
    await outbox.delivered(news.map(({ id }) => id));
  },
  'a watcher hears of a message soon': async (outbox) => {
    const scope = newScope();
    let heard = 0;
    const stop = await outbox.watch(() => { heard += 1; });
    await outbox.put(message(scope, 1));
    assert.ok(await eventually(() => heard > 0), 'the watcher heard nothing in 8 s');
    await stop();
    await outbox.delivered([message(scope, 1).id]);
  },
};

async function mine(outbox: Outbox, { tenant }: Scope): Promise<readonly OutboxMessage[]> { return (await outbox.pending(10_000)).filter(({ tenantId }) => tenantId === tenant); }

function message({ tenant, uid }: Scope, n: number): OutboxMessage {
  return { id: `${uid}/1/sealed/${n}`, tenantId: tenant, deploymentUid: uid, rolloutId: `${uid}/1`, type: 'block-sealed', atMs: n };
}
