import type { Contract } from '../contract.ts';
import type { StoredLeg } from '../record.ts';
import type { Count, RateSums } from './blocks.ts';
import type { LegInRequest, RateMetric } from './metrics/metric.ts';
import type { RequestLegs } from './requests.ts';

type Seat = Exclude<keyof RateSums, 'kind'>;

/** Counts each leg in the seat of its version and role. */
export function foldRate(metric: RateMetric, requests: readonly RequestLegs[], contract: Contract): RateSums {
  const counts: Record<Seat, Count> = { champion: NONE, challengerServing: NONE, challengerShadow: NONE, championShadow: NONE };
  for (const of of requests.flatMap(legsOf)) {
    const bad = metric.bad(of, contract);
    const seat = seatOf(of.version, of.leg);
    if (bad !== null) counts[seat] = { n: counts[seat].n + 1, bad: counts[seat].bad + bad };
  }
  return { kind: 'rate', ...counts };
}

const NONE: Count = { n: 0, bad: 0 };

function legsOf({ champion, challenger }: RequestLegs): LegInRequest[] {
  return [
    ...(champion === null ? [] : [{ version: 'champion' as const, leg: champion, other: challenger }]),
    ...(challenger === null ? [] : [{ version: 'challenger' as const, leg: challenger, other: champion }]),
  ];
}

function seatOf(version: LegInRequest['version'], { role }: StoredLeg): Seat {
  if (version === 'champion') return role === 'shadow' ? 'championShadow' : 'champion';
  return role === 'shadow' ? 'challengerShadow' : 'challengerServing';
}
