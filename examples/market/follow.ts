import type { RolloutView } from '../../api/contract.ts';
import type { Client } from '../../cli/client.ts';
import { changesBetween } from '../../cli/render/changes.ts';
import { listen } from '../../cli/wake.ts';
import { isLastmileError } from '../../domain/errors.ts';

export interface FollowOptions { readonly client: Client; readonly deployment: string; readonly n: number; readonly say: (line: string) => void; readonly signal: AbortSignal }

const POLL_MS = 1_000;

/** Says what changes in a rollout, in the API's words, until it is done. The API may be away for a while; the rollout goes on. */
export async function followRollout({ client, deployment, n, say, signal }: FollowOptions): Promise<RolloutView> {
  const stop = new AbortController();
  const wake = listen(client, deployment, AbortSignal.any([stop.signal, signal]));
  let before: RolloutView | null = null;
  try {
    for (;;) {
      const view = await look(client, deployment, n);
      if (view !== null) {
        for (const change of changesBetween(before, view)) say(change.text);
        if (view.rollout.state.stage === 'done') return view;
        before = view;
      }
      await wake.wait(POLL_MS);
      signal.throwIfAborted();
    }
  } finally {
    stop.abort();
  }
}

async function look(client: Client, name: string, n: number): Promise<RolloutView | null> {
  try {
    return await client.call('getRollout', { params: { name, n } });
  } catch (error) {
    if (isLastmileError(error) && error.retryable) return null;
    throw error;
  }
}
