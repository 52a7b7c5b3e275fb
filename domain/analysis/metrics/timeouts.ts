import type { RateMetric } from './metric.ts';

/** Requests that got no answer in time. They are errors too; this is for whoever wants a tighter margin on waiting than on failing. */
export const timeouts: RateMetric = { name: 'timeouts', kind: 'rate', unit: 'share of requests', bad: ({ leg }) => (leg.error === 'timeout' ? 1 : 0) };
