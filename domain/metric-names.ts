import type { Task } from './contract.ts';

/** What a deployment file may say of a metric, by name; how each is judged is domain/analysis/metrics. */
export interface MetricName {
  /** paired: difference of the two answers to one request; rate: share of requests with an event. */
  readonly kind: 'paired' | 'rate';
  readonly needsLabels: boolean;
  /** Tasks it makes sense for. */
  readonly tasks: readonly Task[];
  /** Margin where the file gives none; null: its unit is the deployment's own, so the file must say it. */
  readonly margin: { readonly better: number; readonly other: number | null } | null;
  readonly about: string;
}

const ALL: readonly Task[] = ['binary', 'multiclass', 'regression'];
const CLASSES: readonly Task[] = ['binary', 'multiclass'];

export const METRIC_NAMES = {
  accuracy: { kind: 'paired', needsLabels: true, tasks: CLASSES, margin: { better: 0, other: 0.01 }, about: 'share of outcomes predicted right' },
  brier: { kind: 'paired', needsLabels: true, tasks: ['binary'], margin: { better: 0, other: 0.01 }, about: 'squared error of the probability' },
  'log-loss': { kind: 'paired', needsLabels: true, tasks: ['binary'], margin: { better: 0, other: 0.02 }, about: 'minus the logarithm of the probability of what happened' },
  'absolute-error': { kind: 'paired', needsLabels: true, tasks: ['regression'], margin: { better: 0, other: null }, about: 'distance of the predicted value from the outcome' },
  'squared-error': { kind: 'paired', needsLabels: true, tasks: ['regression'], margin: { better: 0, other: null }, about: 'squared distance of the predicted value from the outcome' },
  value: { kind: 'paired', needsLabels: true, tasks: ALL, margin: { better: 0, other: null }, about: 'money per request by the value model' },
  errors: { kind: 'rate', needsLabels: false, tasks: ALL, margin: { better: 0.01, other: 0.01 }, about: 'share of requests that failed' },
  timeouts: { kind: 'rate', needsLabels: false, tasks: ALL, margin: { better: 0.01, other: 0.01 }, about: 'share of requests without an answer in time' },
  'off-contract': { kind: 'rate', needsLabels: false, tasks: ALL, margin: { better: 0.01, other: 0.01 }, about: 'share of answers with missing, misshapen or non-finite outputs' },
  latency: { kind: 'rate', needsLabels: false, tasks: ALL, margin: { better: 0.05, other: 0.05 }, about: 'share of answers slower than contract.latency' },
  disagreement: { kind: 'rate', needsLabels: false, tasks: ALL, margin: null, about: 'share of requests where the two versions decide differently' },
} as const satisfies Readonly<Record<string, MetricName>>;

export const KNOWN_METRICS: readonly string[] = Object.keys(METRIC_NAMES);

/** null when the name is not known. */
export function metricName(name: string): MetricName | null {
  return Object.hasOwn(METRIC_NAMES, name) ? METRIC_NAMES[name as keyof typeof METRIC_NAMES] : null;
}
