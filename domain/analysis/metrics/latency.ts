import { failed } from './leg-state.ts';
import type { RateMetric } from './metric.ts';

/** Answers slower than contract.latencyLimitMs. A time-out is slow; other failures are not answers and are left to `errors`. */
export const latency: RateMetric = {
  name: 'latency', kind: 'rate', unit: 'share of answers',
  bad: ({ leg }, { latencyLimitMs }) => {
    if (leg.error === 'timeout') return 1;
    if (failed(leg)) return null;
    return leg.latencyMs <= latencyLimitMs ? 0 : 1;
  },
};
