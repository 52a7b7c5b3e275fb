import type { Task } from './contract.ts';
import type { MetricRole } from './deployment.ts';

/** What a deployment file may say of a metric, by name; how each is judged is domain/analysis/metrics. */
export interface MetricName {
  /** paired: difference of the two answers to one request; rate: share of requests with an event. */
  readonly kind: 'paired' | 'rate';
  readonly needsLabels: boolean;
  /** Tasks it makes sense for. */
  readonly tasks: readonly Task[];
  /** Margin where the file gives none; null: its unit is the deployment's own, so the file must say it. */
  readonly margin: { readonly better: number; readonly other: number | null } | null;
  /** A share of something, so that no margin above 1 makes sense. */
  readonly isShare: boolean;
  readonly about: string;
  /** Its unit is the currency unit. */
  readonly isMoney?: boolean;
  /** Looks at the two answers to one request; absent: at each version's answers by themselves. */
  readonly needsBoth?: boolean;
}

const ALL: readonly Task[] = ['binary', 'multiclass', 'regression'];
const CLASSES: readonly Task[] = ['binary', 'multiclass'];

const TWO: readonly Task[] = ['binary'];
const RANKED: readonly Task[] = ['binary', 'regression'];
const NUMBERS: readonly Task[] = ['regression'];
const SHARE_MARGIN = { better: 0, other: 0.01 } as const;
const OWN_UNIT = { better: 0, other: null } as const;

export const METRIC_NAMES = {
  accuracy: { kind: 'paired', needsLabels: true, tasks: CLASSES, margin: SHARE_MARGIN, isShare: true, about: 'share of outcomes predicted right' },
  'error-rate': { kind: 'paired', needsLabels: true, tasks: CLASSES, margin: SHARE_MARGIN, isShare: true, about: 'share of outcomes predicted wrong' },
  precision: { kind: 'paired', needsLabels: true, tasks: TWO, margin: SHARE_MARGIN, isShare: true, about: 'share of positive answers that are right' },
  recall: { kind: 'paired', needsLabels: true, tasks: TWO, margin: SHARE_MARGIN, isShare: true, about: 'share of positive outcomes that are found' },
  f1: { kind: 'paired', needsLabels: true, tasks: TWO, margin: SHARE_MARGIN, isShare: true, about: 'harmonic mean of precision and recall' },
  auc: { kind: 'paired', needsLabels: true, tasks: TWO, margin: SHARE_MARGIN, isShare: true, about: 'area under the ROC curve' },
  ndcg: { kind: 'paired', needsLabels: true, tasks: RANKED, margin: SHARE_MARGIN, isShare: true, about: 'normalised discounted gain of the rows of a request, ranked by score' },
  brier: { kind: 'paired', needsLabels: true, tasks: TWO, margin: SHARE_MARGIN, isShare: true, about: 'squared error of the probability' },
  'log-loss': { kind: 'paired', needsLabels: true, tasks: TWO, margin: { better: 0, other: 0.02 }, isShare: false, about: 'minus the logarithm of the probability of what happened' },
  'calibration-error': { kind: 'paired', needsLabels: true, tasks: TWO, margin: SHARE_MARGIN, isShare: true, about: 'distance of probabilities from what happened, in ten bins' },
  'absolute-error': { kind: 'paired', needsLabels: true, tasks: NUMBERS, margin: OWN_UNIT, isShare: false, about: 'distance of the predicted value from the outcome' },
  'squared-error': { kind: 'paired', needsLabels: true, tasks: NUMBERS, margin: OWN_UNIT, isShare: false, about: 'squared distance of the predicted value from the outcome' },
  pinball: { kind: 'paired', needsLabels: true, tasks: NUMBERS, margin: OWN_UNIT, isShare: false, about: 'loss of a predicted quantile' },
  value: { kind: 'paired', needsLabels: true, tasks: ALL, margin: OWN_UNIT, isShare: false, isMoney: true, about: 'money per request by the value model' },
  cost: { kind: 'paired', needsLabels: false, tasks: ALL, margin: OWN_UNIT, isShare: false, isMoney: true, about: 'money that serving a request costs, by its time' },
  'latency-p50': { kind: 'paired', needsLabels: false, tasks: ALL, margin: OWN_UNIT, isShare: false, about: 'milliseconds that half of the answers stay below' },
  'latency-p95': { kind: 'paired', needsLabels: false, tasks: ALL, margin: OWN_UNIT, isShare: false, about: 'milliseconds that 95 % of the answers stay below' },
  'latency-p99': { kind: 'paired', needsLabels: false, tasks: ALL, margin: OWN_UNIT, isShare: false, about: 'milliseconds that 99 % of the answers stay below' },
  'output-shift': { kind: 'paired', needsLabels: false, tasks: ALL, margin: null, isShare: true, about: 'distance between the distributions of the answers of the two versions', needsBoth: true },
  errors: { kind: 'rate', needsLabels: false, tasks: ALL, margin: { better: 0.01, other: 0.01 }, isShare: true, about: 'share of requests that failed' },
  timeouts: { kind: 'rate', needsLabels: false, tasks: ALL, margin: { better: 0.01, other: 0.01 }, isShare: true, about: 'share of requests without an answer in time' },
  'off-contract': { kind: 'rate', needsLabels: false, tasks: ALL, margin: { better: 0.01, other: 0.01 }, isShare: true, about: 'share of answers with missing, misshapen or non-finite outputs' },
  latency: { kind: 'rate', needsLabels: false, tasks: ALL, margin: { better: 0.05, other: 0.05 }, isShare: true, about: 'share of answers slower than contract.latency' },
  disagreement: { kind: 'rate', needsLabels: false, tasks: ALL, margin: null, isShare: true, about: 'share of requests where the two versions decide differently', needsBoth: true },
  collapse: { kind: 'rate', needsLabels: false, tasks: ALL, margin: { better: 0.5, other: 0.5 }, isShare: true, about: 'share of neighbouring requests that the champion answers differently and the challenger alike', needsBoth: true },
} as const satisfies Readonly<Record<string, MetricName>>;

export const KNOWN_METRICS: readonly string[] = Object.keys(METRIC_NAMES);

/** null when the name is not known. */
export function metricName(name: string): MetricName | null {
  return Object.hasOwn(METRIC_NAMES, name) ? METRIC_NAMES[name as keyof typeof METRIC_NAMES] : null;
}

/** The metric that goal `better` must show a gain on, and that segments are judged by: value where it is required, else the first required one. */
export function primaryOf<M extends { readonly name: string; readonly role: MetricRole }>(metrics: readonly M[]): M | null {
  const required = metrics.filter(({ role }) => role === 'required');
  return required.find(({ name }) => name === 'value') ?? required[0] ?? null;
}
