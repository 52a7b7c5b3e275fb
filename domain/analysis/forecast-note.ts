import type { DeploymentSpec } from '../deployment.ts';
import { metricName } from '../metric-names.ts';
import type { MetricForecast } from './forecast.ts';
import { metricOf } from './metrics/index.ts';

/** The forecast of one metric in plain words, for `lastmile plan`. `n`: the rollout that taught it. */
export function forecastNote(of: MetricForecast, spec: DeploymentSpec['spec'], n: number): string {
  return `${of.metric}, by what rollout ${String(n)} taught: ${of.blocks === 0 || of.detectable === null ? cannotTell(of) : canTell(of, of.detectable, spec)}`;
}

function cannotTell({ blocks, evenOdds }: MetricForecast): string {
  if (blocks === 0) return 'no block of evidence ends before the horizon, so that no rollout can end with a proof. Lengthen rollout.horizon, or shorten rollout.cycle or labels.delay.';
  return `${evenOdds === null ? 'no difference that the metric allows' : 'hardly any difference'} would be proved in the ${String(blocks)} blocks before the horizon: such a rollout could not tell. Lengthen rollout.horizon, widen the margin, or give a smaller lossBound.`;
}

function canTell({ metric, blocks, evenOdds, days }: MetricForecast, detectable: number, spec: DeploymentSpec['spec']): string {
  const margin = marginOf(metric, spec);
  const than = margin === 0 ? 'better than the champion by' : `above the margin of ${figure(margin)} by`;
  const when = days === null ? '' : `, on average after some ${String(days)} ${days === 1 ? 'day' : 'days'} of evidence`;
  return `a challenger that is ${than} ${figure(detectable)} ${metricOf(metric).unit} or more is found with a chance of 80 % in the ${String(blocks)} blocks before the horizon${when}${evenOdds === null ? '' : `; ${figure(evenOdds)} has even odds`}. A smaller difference most likely ends inconclusive.`;
}

function marginOf(metric: string, { rollout, metrics }: DeploymentSpec['spec']): number {
  return rollout.goal === 'better' ? 0 : metrics.find(({ name }) => name === metric)?.margin ?? metricName(metric)?.margin?.other ?? 0;
}

function figure(value: number): string { return String(Number(value.toPrecision(2))); }
