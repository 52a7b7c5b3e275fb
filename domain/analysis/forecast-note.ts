import type { DeploymentSpec } from '../deployment.ts';
import { metricName, primaryOf } from '../metric-names.ts';
import { formatMoney, type Money } from '../money.ts';
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

function canTell({ metric, blocks, evenOdds, days, requests, requestsToProof, inconclusiveIfEqual }: MetricForecast, detectable: number, spec: DeploymentSpec['spec']): string {
  const margin = marginOf(metric, spec);
  const than = margin === 0 ? 'better than the champion by' : `above the margin of ${figure(margin)} by`;
  const when = days === null ? '' : `, on average after some ${String(days)} ${days === 1 ? 'day' : 'days'} of evidence`;
  const seen = requests === null || requestsToProof === null ? '' : ` (about ${count(requestsToProof)} of the ${count(requests)} requests that both would answer)`;
  return `a challenger that is ${than} ${figure(detectable)} ${metricOf(metric).unit} or more is found with a chance of 80 % in the ${String(blocks)} blocks before the horizon${when}${seen}${evenOdds === null ? '' : `; ${figure(evenOdds)} has even odds`}. One that is exactly as good ends without this proof with a chance of ${String(Math.round(inconclusiveIfEqual * 100))} %.`;
}

/** How far below equal the proof of a metric may lie: nothing for the one that must gain. */
export function marginOf(metric: string, { rollout, metrics }: DeploymentSpec['spec']): number {
  return rollout.goal === 'better' && primaryOf(metrics)?.name === metric ? 0 : metrics.find(({ name }) => name === metric)?.margin ?? metricName(metric)?.margin?.other ?? 0;
}

/** What shadow costs until the horizon: every request is served twice. */
export function shadowNote({ requests, cost }: { readonly requests: number; readonly cost: Money | null }): string {
  const price = cost === null ? 'what that costs is not known; say it with value.costPerRequest' : `which costs up to ${formatMoney(cost)} by value.costPerRequest`;
  return `Shadow copies up to ${count(requests)} requests until the horizon, at the traffic of that rollout; ${price}.`;
}

function count(value: number): string { return Math.round(value).toLocaleString('en-US'); }
function figure(value: number): string { return String(Number(value.toPrecision(2))); }
