import type { Outbox, OutboxMessage } from '../../../ports/outbox.ts';
import { compareText } from '../label-history.ts';
import { createListeners } from './listeners.ts';
import { createTable } from './table.ts';

export function createOutbox(): Outbox & { close(): void } {
  const messages = createTable<{ readonly message: OutboxMessage; readonly delivered: boolean }>();
  const listeners = createListeners();
  return {
    async put(message) { if (messages.insert(message.id, { message, delivered: false })) listeners.tell(); },
    async pending(limit) {
      return messages.filter(({ delivered }) => !delivered).map(({ message }) => message).sort((a, b) => a.atMs - b.atMs || compareText(a.id, b.id)).slice(0, limit);
    },
    async delivered(ids) {
      for (const id of ids) {
        const found = messages.get(id);
        if (found !== null) messages.set(id, { ...found, delivered: true });
      }
    },
    watch: (arrived) => listeners.subscribe(arrived),
    close: () => { listeners.clear(); },
  };
}
