import type { InferenceId } from '../ids.ts';
import type { StoredLeg } from '../record.ts';
import type { AnalysisPlan } from './plan.ts';

/** Both versions' legs of one request, as far as they are there. */
export interface RequestLegs { readonly inferenceId: InferenceId; readonly champion: StoredLeg | null; readonly challenger: StoredLeg | null }

/**
 * The legs of a slot by request, in one order whatever the order of arrival. A leg delivered twice counts once; of requests with the same
 * alias the first counts. Legs of other variants and of other rollouts are left out.
 */
export function requestsOf(plan: AnalysisPlan, legs: readonly StoredLeg[]): readonly RequestLegs[] {
  const mine = legs.filter(({ rolloutId, variantId }) => (rolloutId === null || rolloutId === plan.rolloutId) && (variantId === plan.champion || variantId === plan.challenger));
  const requests = new Map<InferenceId, Mutable<RequestLegs>>();
  for (const leg of withoutRepeats(mine)) {
    let request = requests.get(leg.inferenceId);
    if (request === undefined) { request = { inferenceId: leg.inferenceId, champion: null, challenger: null }; requests.set(leg.inferenceId, request); }
    if (leg.variantId === plan.champion) request.champion ??= leg;
    else request.challenger ??= leg;
  }
  return [...requests.values()];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function withoutRepeats(legs: readonly StoredLeg[]): readonly StoredLeg[] {
  const ordered = [...legs].sort((a, b) => a.atMs - b.atMs || compare(a.inferenceId, b.inferenceId) || servingFirst(a, b) || a.receivedAtMs - b.receivedAtMs);
  const owner = new Map<string, InferenceId>();
  return ordered.filter(({ alias, inferenceId }) => {
    if (alias === null) return true;
    const first = owner.get(alias) ?? inferenceId;
    owner.set(alias, first);
    return first === inferenceId;
  });
}

function servingFirst(a: StoredLeg, b: StoredLeg): number { return Number(a.role === 'shadow') - Number(b.role === 'shadow'); }
function compare(a: string, b: string): number { return a < b ? -1 : a > b ? 1 : 0; }
