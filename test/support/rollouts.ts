import { setTimeout as delay } from 'node:timers/promises';
import type { RolloutView } from '../../api/contract.ts';
import type { Client } from '../../cli/client.ts';
import { isLastmileError } from '../../domain/errors.ts';

const PATIENCE_MS = 60_000;

/** A caller that outlives a restart of what it calls: errors that may pass are waited out for a minute. */
export async function patient<T>(call: () => Promise<T>): Promise<T> {
  for (const until = Date.now() + PATIENCE_MS; ;) {
    try { return await call(); } catch (error) {
      if (!isLastmileError(error) || !error.retryable || Date.now() > until) throw error;
      await delay(200);
    }
  }
}

/** The rollout once it is so; throws its state and reasons when that takes longer than the limit. */
export async function rolloutWhere(client: Client, of: { readonly name: string; readonly n: number; readonly limitMs: number }, holds: (view: RolloutView) => boolean): Promise<RolloutView> {
  const { name, n, limitMs } = of;
  for (const until = Date.now() + limitMs; ;) {
    const view = await patient(() => client.call('getRollout', { params: { name, n } }).catch((error: unknown) => {
      if (isLastmileError(error) && error.code === 'LM_ROLLOUT_NOT_FOUND') return null;
      throw error;
    }));
    if (view !== null && holds(view)) return view;
    if (Date.now() > until) throw new Error(`${name}/${String(n)} did not get there: ${JSON.stringify(view?.rollout.state)} ${JSON.stringify(view?.verdict?.reasons)}`);
    await delay(250);
  }
}
