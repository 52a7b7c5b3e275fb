import type { RouteVariant } from '../domain/traffic/route.ts';
import type { Answer, Killed } from './forward.ts';

/**
 * modelhost has heard of a kill before this gateway has: its answer is no result of the variant, and no caller's either. Only modelhost is
 * believed, which calls models by the ids of their variants: any other server could hide its failures behind such an answer.
 */
export function isKilledThere({ variantId, endpoint }: RouteVariant, answer: Answer | Killed): boolean {
  return answer.ok && answer.status === 410 && endpoint.modelName === variantId && codeOf(answer.body) === 'LM_VARIANT_KILLED';
}

function codeOf(body: Buffer): unknown {
  try {
    const parsed = JSON.parse(body.toString('utf8')) as unknown;
    return typeof parsed === 'object' && parsed !== null && 'code' in parsed ? parsed.code : null;
  } catch { return null; }
}
