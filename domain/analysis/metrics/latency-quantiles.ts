import { answerTimes, longestTimeMs } from './answer-times.ts';
import type { Answers, SlotMetric, Terms } from './metric.ts';

/** Answer time that a share q of the answers of a slot does not exceed (the nearest rank), negated; cut at four times contract.latency. */
function latencyQuantile(name: string, q: number): SlotMetric {
  const quantile = (of: Answers, { contract }: Terms): number | null => {
    const times = [...answerTimes(of, contract)].sort((a, b) => a - b);
    return times[Math.max(0, Math.ceil(q * times.length) - 1)] ?? null;
  };
  return {
    name, kind: 'paired', by: 'slot', needsOutcomes: false, countsFailures: true, unit: 'milliseconds, by slot',
    range: ({ contract }) => ({ lo: -longestTimeMs(contract), hi: longestTimeMs(contract) }),
    usable: () => true,
    values: (ours, theirs, terms) => {
      const [champion, challenger] = [quantile(ours, terms), quantile(theirs, terms)];
      return champion === null || challenger === null ? null : { champion: -champion, challenger: -challenger };
    },
  };
}

export const latencyP50 = latencyQuantile('latency-p50', 0.5);
export const latencyP95 = latencyQuantile('latency-p95', 0.95);
export const latencyP99 = latencyQuantile('latency-p99', 0.99);
