import type { Outbox, OutboxMessage } from '../../../ports/outbox.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument } from './documents.ts';
import { createWatcher } from './watch.ts';
import { insertOnce } from './writes.ts';

/** A delivered message is kept this long, so that the same news again is still a repeat. */
const KEPT_MS = 7 * 86_400_000;

export function createOutbox(database: Database): Outbox & { close(): Promise<void> } {
  const messages = collection<OutboxMessage>(database, 'outbox');
  // Undelivered messages count as news at every look, until the relay has taken them.
  const watcher = createWatcher(database.db.collection('outbox'), async () => {
    const waiting = await messages.findOne({ 'store.delivered': false }, { projection: { _id: 1 } });
    return waiting === null ? 'none' : `${waiting._id} ${Date.now()}`;
  });
  return {
    async put(message) { await insertOnce(messages, toDocument(message.id, message.tenantId, message, { delivered: false })); },
    async pending(limit) {
      const found = await messages.find({ 'store.delivered': false }).sort({ atMs: 1, _id: 1 }).limit(limit).toArray();
      return found.map((each) => fromDocument<OutboxMessage>(each));
    },
    async delivered(ids) {
      await messages.updateMany({ _id: { $in: [...ids] } }, { $set: { 'store.delivered': true, 'store.expireAt': new Date(Date.now() + KEPT_MS) } });
    },
    watch: (arrived) => watcher.subscribe(arrived),
    close: () => watcher.close(),
  };
}
