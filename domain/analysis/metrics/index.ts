import { unknownName } from '../../errors.ts';
import { absoluteError } from './absolute-error.ts';
import { accuracy } from './accuracy.ts';
import { auc } from './auc.ts';
import { brier } from './brier.ts';
import { calibrationError } from './calibration-error.ts';
import { collapse } from './collapse.ts';
import { cost } from './cost.ts';
import { disagreement } from './disagreement.ts';
import { errorRate } from './error-rate.ts';
import { errors } from './errors.ts';
import { f1 } from './f1.ts';
import { latency } from './latency.ts';
import { latencyP50, latencyP95, latencyP99 } from './latency-quantiles.ts';
import { logLoss } from './log-loss.ts';
import type { Metric, ShareMetric } from './metric.ts';
import { ndcg } from './ndcg.ts';
import { offContract } from './off-contract.ts';
import { outputShift } from './output-shift.ts';
import { pinball } from './pinball.ts';
import { precision } from './precision.ts';
import { recall } from './recall.ts';
import { squaredError } from './squared-error.ts';
import { timeouts } from './timeouts.ts';
import { value } from './value.ts';

const share: ShareMetric = { name: 'share', kind: 'share', unit: 'share of callers' };

/** Every metric that lastmile can judge, by its name in the deployment file; `share` is judged always. docs/metrics.md says the same in words. */
export const METRICS = {
  accuracy, 'error-rate': errorRate, precision, recall, f1, auc, ndcg, brier, 'log-loss': logLoss, 'calibration-error': calibrationError,
  'absolute-error': absoluteError, 'squared-error': squaredError, pinball, value, cost,
  'latency-p50': latencyP50, 'latency-p95': latencyP95, 'latency-p99': latencyP99, 'output-shift': outputShift,
  errors, timeouts, latency, 'off-contract': offContract, disagreement, collapse, share,
} as const satisfies Readonly<Record<string, Metric>>;

/** Throws LM_UNKNOWN_ADAPTER with the known names. */
export function metricOf(name: string): Metric {
  if (!Object.hasOwn(METRICS, name)) throw unknownName('metric', name, Object.keys(METRICS));
  return METRICS[name as keyof typeof METRICS];
}
