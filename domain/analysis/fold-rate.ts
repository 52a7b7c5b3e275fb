import type { Contract } from '../contract.ts';
import type { StoredLeg } from '../record.ts';
import type { Count, RateSums } from './blocks.ts';
import { answered } from './metrics/leg-state.ts';
import type { AnsweredBefore, LegInRequest, RateMetric } from './metrics/metric.ts';
import type { RequestLegs } from './requests.ts';

type Seat = Exclude<keyof RateSums, 'kind'>;

/** Counts each leg in the seat of its version and role. */
export function foldRate(metric: RateMetric, requests: readonly RequestLegs[], contract: Contract): RateSums {
  const counts: Record<Seat, Count> = { champion: NONE, challengerServing: NONE, challengerShadow: NONE, championShadow: NONE };
  let before: AnsweredBefore | null = null;
  for (const request of requests) {
    for (const of of legsOf(request, before)) {
      const bad = metric.bad(of, contract);
      const seat = seatOf(of.version, of.leg);
      if (bad !== null) counts[seat] = { n: counts[seat].n + 1, bad: counts[seat].bad + bad };
    }
    before = bothAnswered(request) ?? before;
  }
  return { kind: 'rate', ...counts };
}

const NONE: Count = { n: 0, bad: 0 };

function bothAnswered({ champion, challenger }: RequestLegs): AnsweredBefore | null {
  return champion !== null && challenger !== null && answered(champion) && answered(challenger) ? { champion, challenger } : null;
}

function legsOf({ champion, challenger }: RequestLegs, before: AnsweredBefore | null): LegInRequest[] {
  return [
    ...(champion === null ? [] : [{ version: 'champion' as const, leg: champion, other: challenger, before }]),
    ...(challenger === null ? [] : [{ version: 'challenger' as const, leg: challenger, other: champion, before }]),
  ];
}

function seatOf(version: LegInRequest['version'], { role }: StoredLeg): Seat {
  if (version === 'champion') return role === 'shadow' ? 'championShadow' : 'champion';
  return role === 'shadow' ? 'challengerShadow' : 'challengerServing';
}
