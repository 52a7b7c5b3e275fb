import { failed, unreadable } from './leg-state.ts';
import type { RateMetric } from './metric.ts';

/** Answers that the contract cannot read, unscored ones too: what nobody could read is not known to be good. Failures are left to `errors`. */
export const offContract: RateMetric = {
  name: 'off-contract', kind: 'rate', unit: 'share of answers',
  bad: ({ leg }) => failed(leg) ? null : Number(unreadable(leg)),
};
