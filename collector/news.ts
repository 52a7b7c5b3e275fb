import { digestOfJson } from '../domain/digest.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { Outbox, OutboxMessage } from '../ports/outbox.ts';
import type { Comparison } from './comparison.ts';

/** At most about two messages a second for one rollout, however fast blocks seal; the last one is always told. */
const TOLD_EVERY_MS = 500;
/** A pause of the collector or the database is no pause of the traffic: gateways get this long to hand over what they kept. */
const CATCH_UP_MS = 60_000;
/** Stages in which a rollout waits for traffic. */
const WAITING: ReadonlySet<RolloutRecord['state']['stage']> = new Set(['shadowing', 'admitting', 'canary']);

/** Tells rollouts through the outbox. Ids say what is told, so that the same news from two collectors, or after a restart, is one message. */
export interface News {
  sealed(comparison: Comparison, nowMs: number): Promise<void>;
  idle(rollout: RolloutRecord, of: { readonly lastAtMs: number | null; readonly nowMs: number; readonly openForMs: number }): Promise<void>;
}

export function createNews(outbox: Outbox): News {
  const told = new Map<string, { readonly id: string; readonly atMs: number }>();
  const message = ({ tenantId, deploymentUid, rolloutId }: RolloutRecord, type: OutboxMessage['type'], of: { id: string; atMs: number }): OutboxMessage => ({ ...of, tenantId, deploymentUid, rolloutId, type });
  return {
    async sealed({ rollout, lines }, nowMs) {
      const stored = Object.fromEntries(lines.flatMap(({ metric, storedUpTo }) => (storedUpTo === null ? [] : [[metric, storedUpTo]])));
      if (Object.keys(stored).length === 0) return;
      const last = told.get(rollout.rolloutId);
      if (last !== undefined && nowMs - last.atMs < TOLD_EVERY_MS) return;
      const id = `${rollout.tenantId}/${rollout.rolloutId}/sealed/${digestOfJson(stored).slice('sha256:'.length, 'sha256:'.length + 24)}`;
      if (last?.id === id) return;
      await outbox.put(message(rollout, 'block-sealed', { id, atMs: nowMs }));
      told.set(rollout.rolloutId, { id, atMs: nowMs });
    },
    async idle(rollout, { lastAtMs, nowMs, openForMs }) {
      const { idleMs } = rollout.plan;
      const sinceMs = Math.max(lastAtMs ?? 0, rollout.startedAtMs);
      if (!WAITING.has(rollout.state.stage) || nowMs - sinceMs <= idleMs || openForMs < Math.min(idleMs, CATCH_UP_MS)) return;
      // Told again after each further limit: a rollout that was paused may not have listened.
      const id = `${rollout.tenantId}/${rollout.rolloutId}/idle/${sinceMs}/${Math.floor((nowMs - sinceMs) / idleMs)}`;
      const last = told.get(`${rollout.rolloutId}/idle`);
      if (last?.id === id) return;
      await outbox.put(message(rollout, 'idle', { id, atMs: nowMs }));
      told.set(`${rollout.rolloutId}/idle`, { id, atMs: nowMs });
    },
  };
}
