import type { Contract } from '../../contract.ts';
import type { StoredLeg } from '../../record.ts';
import { failed } from './leg-state.ts';
import type { Answers } from './metric.ts';

/** Times beyond this many limits count as that: a bound needs a range, and one stalled request must not outweigh all others. */
const CUT = 4;

export function longestTimeMs({ latencyLimitMs }: Contract): number { return CUT * latencyLimitMs; }

/** Milliseconds of each answer, a time-out as the longest; other failures are no answers. What is no number counts as the longest too. */
export function answerTimes({ legs }: Answers, contract: Contract): readonly number[] {
  const longest = longestTimeMs(contract);
  return legs.filter((leg) => leg.error === 'timeout' || !failed(leg)).map((leg) => (isTimely(leg, longest) ? leg.latencyMs : longest));
}

function isTimely({ error, latencyMs }: StoredLeg, longest: number): boolean { return error !== 'timeout' && latencyMs <= longest; }
