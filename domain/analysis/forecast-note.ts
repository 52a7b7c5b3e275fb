import type { DeploymentSpec } from '../deployment.ts';
import { metricName } from '../metric-names.ts';
import type { MetricForecast } from './forecast.ts';
import { metricOf } from './metrics/index.ts';

/** The forecast of one metric in plain words, for `lastmile plan`. `n`: the rollout that taught it. */
export function forecastNote({ metric, blocks, evenOdds, detectable, days }: MetricForecast, spec: DeploymentSpec['spec'], n: number): string {
  const margin = spec.rollout.goal === 'better' ? 0 : spec.metrics.find(({ name }) => name === metric)?.margin ?? metricName(metric)?.margin?.other ?? 0;
  const than = margin === 0 ? 'better than the champion by' : `above the margin of ${figure(margin)} by`;
  const from = `${metric}, by what rollout ${String(n)} taught`;
  if (blocks === 0) return `${from}: no block of evidence ends before the horizon, so that no rollout can end with a proof. Lengthen rollout.horizon, or shorten rollout.cycle or labels.delay.`;
  if (detectable === null) return `${from}: ${evenOdds === null ? 'no difference that the metric allows' : 'hardly any difference'} would be proved in the ${String(blocks)} blocks before the horizon: such a rollout could not tell. Lengthen rollout.horizon, widen the margin, or give a smaller lossBound.`;
  return `${from}: a challenger that is ${than} ${figure(detectable)} ${metricOf(metric).unit} or more is found with a chance of 80 % in the ${String(blocks)} blocks before the horizon${days === null ? '' : `, on average after some ${String(days)} ${days === 1 ? 'day' : 'days'} of evidence`}${evenOdds === null ? '' : `; ${figure(evenOdds)} has even odds`}. A smaller difference most likely ends inconclusive.`;
}

function figure(value: number): string { return String(Number(value.toPrecision(2))); }
