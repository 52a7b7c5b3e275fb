import type { RolloutView } from '../../api/contract.ts';
import type { Client } from '../../cli/client.ts';
import { changesBetween, type Change } from '../../cli/render/changes.ts';
import { renderMoney } from '../../cli/render/verdict.ts';
import { listen } from '../../cli/wake.ts';
import type { Verdict } from '../../domain/analysis/verdict.ts';
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
        for (const line of changesBetween(before, view).flatMap(worthSaying)) say(line);
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

/** The rollout's own story, how it ended, and the money of a verdict that decides; the stages in between are in the story already. */
function worthSaying({ type, text, value }: Change): readonly string[] {
  if (type === 'story' || type === 'outcome') return [text];
  const verdict = type === 'verdict' ? value as Verdict : null;
  return verdict === null || verdict.kind === 'collecting' || verdict.money === null ? [] : [`money: ${renderMoney(verdict.money)}`];
}

async function look(client: Client, name: string, n: number): Promise<RolloutView | null> {
  try {
    return await client.call('getRollout', { params: { name, n } });
  } catch (error) {
    if (isLastmileError(error) && error.retryable) return null;
    throw error;
  }
}
