import { failed, refusedRequest } from './leg-state.ts';
import type { RateMetric } from './metric.ts';

/** Requests without an answer. One that both versions refuse (4xx) is the caller's mistake and is not counted. */
export const errors: RateMetric = {
  name: 'errors', kind: 'rate', unit: 'share of requests',
  bad: ({ leg, other }) => {
    if (other !== null && refusedRequest(leg) && refusedRequest(other)) return null;
    return failed(leg) ? 1 : 0;
  },
};
