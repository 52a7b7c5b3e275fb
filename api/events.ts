import { LastmileError } from '../domain/errors.ts';
import type { TenantId } from '../domain/ids.ts';
import type { Log } from '../config/log.ts';
import type { StreamEvent } from './contract.ts';
import { changesBetween, look, type Seen, type Sources } from './event-feed.ts';

const KEPT = 1_000;
const MOST_LISTENERS = 200;
const FORGET_MS = 600_000;

export interface Listener { readonly deployment: string | null; send(event: StreamEvent): void }
export interface EventHub {
  /**
   * First what was missed since `lastEventId`, or a `reset` with the whole state where that cannot be told; then what changes.
   * Returns how to stop. LM_BUSY with too many listeners; LM_STORE_UNAVAILABLE when there is nothing to show.
   */
  listen(tenant: TenantId, lastEventId: string | null, listener: Listener): Promise<() => void>;
  stop(): void;
}

interface Topic { readonly tenant: TenantId; seq: number; kept: StreamEvent[]; seen: ReadonlyMap<string, Seen>; readonly listeners: Set<Listener>; round: Promise<void> | null; timer: NodeJS.Timeout | null; idleSinceMs: number }

/**
 * One poll of the stores per tenant, shared by all who listen, every `pollMs` while somebody does. Ids are `<instance>-<sequence>`:
 * they grow as long as this process lives; an id of another process, or one too old to be kept, gets a reset.
 */
export function createEventHub({ stores, viewOf, log, clock, pollMs, instance }: Sources & { readonly log: Log; readonly clock: () => number; readonly pollMs: number; readonly instance: string }): EventHub {
  const topics = new Map<TenantId, Topic>();

  const publish = (topic: Topic, change: Omit<StreamEvent, 'id'>): void => {
    topic.seq += 1;
    const event: StreamEvent = { id: `${instance}-${String(topic.seq)}`, ...change };
    topic.kept.push(event);
    if (topic.kept.length > KEPT) topic.kept.shift();
    for (const listener of topic.listeners) if (concerns(listener, event)) listener.send(event);
  };
  const read = async (topic: Topic): Promise<void> => {
    const now = await look({ stores, viewOf }, topic.tenant, topic.seen);
    const changes = changesBetween(topic.seen, now);
    topic.seen = now;
    for (const change of changes) publish(topic, change);
  };
  /** Never two at once, so that nothing is told out of order. */
  const poll = (topic: Topic): Promise<void> => topic.round ??= read(topic).finally(() => { topic.round = null; });
  const keepPolling = (topic: Topic): void => {
    if (topic.timer !== null || topic.listeners.size === 0) return;
    topic.timer = setTimeout(() => {
      topic.timer = null;
      poll(topic).catch((error: unknown) => { log.warn('events: the stores cannot be read', { error }); }).finally(() => { keepPolling(topic); });
    }, pollMs);
    topic.timer.unref();
  };
  const forgetIdle = (): void => {
    for (const [tenant, { listeners, idleSinceMs }] of topics) if (listeners.size === 0 && clock() - idleSinceMs > FORGET_MS) topics.delete(tenant);
  };
  const topicOf = (tenant: TenantId): Topic => {
    forgetIdle();
    const topic = topics.get(tenant) ?? { tenant, seq: 0, kept: [], seen: new Map<string, Seen>(), listeners: new Set<Listener>(), round: null, timer: null, idleSinceMs: clock() };
    topics.set(tenant, topic);
    return topic;
  };

  return {
    async listen(tenant, lastEventId, listener) {
      const topic = topicOf(tenant);
      if (topic.listeners.size >= MOST_LISTENERS) throw new LastmileError('LM_BUSY', `Tenant ${tenant} has ${String(MOST_LISTENERS)} event streams open; close some.`);
      await poll(topic);
      const missed = missedSince(topic, instance, lastEventId);
      for (const event of missed ?? [resetOf(topic, instance, listener)]) if (concerns(listener, event)) listener.send(event);
      topic.listeners.add(listener);
      keepPolling(topic);
      return () => { topic.listeners.delete(listener); topic.idleSinceMs = clock(); };
    },
    stop() {
      for (const topic of topics.values()) { topic.listeners.clear(); if (topic.timer !== null) clearTimeout(topic.timer); }
      topics.clear();
    },
  };
}

function concerns({ deployment }: Listener, event: StreamEvent): boolean { return deployment === null || event.type === 'reset' || event.deployment === deployment; }

function missedSince({ seq, kept }: Topic, instance: string, lastEventId: string | null): readonly StreamEvent[] | null {
  const [, of, text] = /^(.+)-(\d{1,15})$/.exec(lastEventId ?? '') ?? [];
  const last = Number(text);
  const oldest = seq - kept.length;
  return of !== instance || text === undefined || last < oldest || last > seq ? null : kept.slice(last - oldest);
}

/** The whole state: [{deployment, rollout, verdict, progress, kills}]. */
function resetOf({ seq, seen }: Topic, instance: string, { deployment }: Listener): StreamEvent {
  const data = [...seen.values()].filter((entry) => deployment === null || entry.deployment.name === deployment);
  return { id: `${instance}-${String(seq)}`, type: 'reset', deployment: deployment ?? '*', data };
}
