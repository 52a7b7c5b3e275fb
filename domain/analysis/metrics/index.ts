import { unknownName } from '../../errors.ts';
import { absoluteError } from './absolute-error.ts';
import { accuracy } from './accuracy.ts';
import { brier } from './brier.ts';
import { disagreement } from './disagreement.ts';
import { errors } from './errors.ts';
import { latency } from './latency.ts';
import { logLoss } from './log-loss.ts';
import type { Metric, ShareMetric } from './metric.ts';
import { offContract } from './off-contract.ts';
import { squaredError } from './squared-error.ts';
import { timeouts } from './timeouts.ts';
import { value } from './value.ts';

const share: ShareMetric = { name: 'share', kind: 'share', unit: 'share of callers' };

/** Every metric that lastmile can judge, by its name in the deployment file; `share` is judged always. docs/metrics.md says the same in words. */
export const METRICS = {
  accuracy, brier, 'log-loss': logLoss, 'absolute-error': absoluteError, 'squared-error': squaredError, value, errors, timeouts, latency, 'off-contract': offContract, disagreement, share,
} as const satisfies Readonly<Record<string, Metric>>;

/** Throws LM_UNKNOWN_ADAPTER with the known names. */
export function metricOf(name: string): Metric {
  if (!Object.hasOwn(METRICS, name)) throw unknownName('metric', name, Object.keys(METRICS));
  return METRICS[name as keyof typeof METRICS];
}
