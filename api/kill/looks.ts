import type { Log } from '../../config/log.ts';
import type { KillId, TenantId } from '../../domain/ids.ts';
import type { KillRecord } from '../../domain/kill/kill.ts';

/** One look at a kill at a time; who asks for one while it runs gets one more behind it. */
export interface Looks {
  /** Never throws. */
  look(kill: Pick<KillRecord, 'tenantId' | 'killId'>): Promise<void>;
  /** When all that run have ended. */
  ended(): Promise<void>;
}

interface Running { again: boolean; done: Promise<void> }

export function createLooks(advance: (tenant: TenantId, killId: KillId) => Promise<void>, log: Log): Looks {
  const all = new Map<string, Running>();
  const run = async (key: string, running: Running, { tenantId, killId }: Pick<KillRecord, 'tenantId' | 'killId'>): Promise<void> => {
    while (running.again) {
      running.again = false;
      await advance(tenantId, killId).catch((error: unknown) => { log.warn('a kill waits', { killId, error }); });
    }
    all.delete(key);
  };
  return {
    look(kill) {
      const key = `${kill.tenantId}/${kill.killId}`;
      const known = all.get(key);
      if (known !== undefined) { known.again = true; return known.done; }
      const running: Running = { again: true, done: Promise.resolve() };
      all.set(key, running);
      running.done = run(key, running, kill);
      return running.done;
    },
    async ended() { await Promise.all([...all.values()].map(({ done }) => done)); },
  };
}
