import { LastmileError } from '../domain/errors.ts';
import type { TableRoute } from '../domain/traffic/table.ts';
import type { VariantId } from '../domain/ids.ts';
import type { Context } from './context.ts';
import type { Answer, Outgoing } from './forward.ts';
import { isKilledThere } from './killed-there.ts';
import type { Serving } from './target-variant.ts';

/** Who is to answer, and the route that said so. */
export interface Chosen { readonly route: TableRoute; readonly serving: Serving }

/** Who answered. `cutShort`: it stood in for a killed variant and had only what was left of the time. */
export interface Served<T extends Chosen> { readonly chosen: T; readonly answer: Answer; readonly cutShort: boolean }

/** A route has fewer variants that could be killed one after the other under one request. */
const MOST_CHOICES = 50;

/**
 * Sends to the one that `choose` names. When a kill ends that, or modelhost says that it has, whoever is chosen under the present route answers
 * instead, within the same deadline; `off` are those that modelhost has ended and the route may not know of yet. The choice and the hand-over to the fence are one step: nothing can be killed between them. Throws what `choose` throws.
 */
export async function sendChosen<T extends Chosen>(context: Context, of: { first: T; choose: (off: readonly VariantId[]) => T; deadlineMs: number; outgoing: (chosen: T) => Pick<Outgoing, 'method' | 'path' | 'headers' | 'body'> }): Promise<Served<T>> {
  const endMs = context.clock.elapsedMs() + of.deadlineMs;
  const off: VariantId[] = [];
  let chosen = of.first;
  for (let choices = 1; choices <= MOST_CHOICES; choices += 1) {
    const { route, serving: { variant } } = chosen;
    const answer = await context.serving.send({
      ...of.outgoing(chosen), endpoint: variant.endpoint, deadlineMs: endMs - context.clock.elapsedMs(), leg: context.fence.begin(route, variant),
      mayRetry: () => context.table.route(route.tenantId, route.name)?.revision === route.revision,
    });
    if (isKilledThere(variant, answer)) off.push(variant.variantId);
    else if (answer.ok || answer.error !== 'killed') return { chosen, answer, cutShort: choices > 1 };
    chosen = of.choose(off);
  }
  throw new LastmileError('LM_INVARIANT', `${chosen.route.name} is sent to variants that the fence says are killed.`);
}
