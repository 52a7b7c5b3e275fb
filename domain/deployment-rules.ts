import type { DeploymentSpec, MetricPolicy } from './deployment.ts';
import { formatDuration } from './duration.ts';
import { externalProblems } from './external/rules.ts';
import { KNOWN_METRICS, metricName, primaryOf } from './metric-names.ts';
import { parseModelRef } from './model.ts';
import { nearest } from './nearest.ts';
import { formatShare, WHOLE } from './share.ts';

/** One thing wrong with a deployment file: where, in the words of the file, and what to do. */
export interface SpecProblem { readonly path: string; readonly problem: string }

/** Rules between fields, on the normal form; [] when it holds together. */
export function specProblems({ spec }: DeploymentSpec): readonly SpecProblem[] {
  return [...servingRules(spec), ...contractRules(spec), ...labelRules(spec), ...rolloutRules(spec), ...splitRules(spec), ...provisionalRules(spec), ...contenderRules(spec), ...canaryRules(spec), ...approvalRules(spec), ...metricRules(spec), ...segmentRules(spec), ...externalRules(spec), ...valueRules(spec), ...fallbackRules(spec)];
}

type Spec = DeploymentSpec['spec'];
function* rules(...checks: readonly (readonly [broken: boolean, path: string, problem: string])[]): Generator<SpecProblem> {
  for (const [broken, path, problem] of checks) if (broken) yield { path: `spec.${path}`, problem };
}

function servingRules({ model, serving, attestation }: Spec): Iterable<SpecProblem> {
  const running = parseModelRef(model).registry === 'running';
  const oip = serving.backend === 'oip';
  return rules(
    [oip && serving.url === null, 'serving.url', 'is needed: backend oip talks to a server that already runs; write its address'],
    [!oip && serving.url !== null, 'serving.url', `has no meaning for backend ${serving.backend}; leave it out, or use backend oip`],
    [!oip && serving.modelName !== null, 'serving.modelName', `has no meaning for backend ${serving.backend}; leave it out, or use backend oip`],
    [running && !oip, 'serving.backend', 'must be oip: a `running:` model is one that a server already runs'],
    [oip && attestation !== 'claimed', 'attestation', `cannot be ${attestation} on backend oip: its server's word is all there is; write claimed`],
  );
}

function contractRules({ contract: { classes, positive, range, task } }: Spec): Iterable<SpecProblem> {
  return rules(
    [classes !== undefined && new Set(classes.map(String)).size !== classes.length, 'contract.classes', 'names a class twice'],
    [classes !== undefined && positive !== undefined && !classes.includes(positive), 'contract.positive', `is not one of contract.classes (${(classes ?? []).join(', ')})`],
    [task === 'regression' && (classes !== undefined || positive !== undefined), 'contract.task', 'is regression, which has no classes and no positive class'],
    [range !== undefined && range.min >= range.max, 'contract.range', 'has its lowest value not below its highest'],
  );
}

function labelRules({ labels }: Spec): Iterable<SpecProblem> {
  return labels === null ? [] : rules(
    [labels.maturityMs < labels.delayMs, 'labels.maturity', `is shorter than labels.delay (${formatDuration(labels.delayMs)}): nothing would have its outcome in time`],
    [labels.coverage <= 0, 'labels.coverage', 'must be above 0: a block without outcomes proves nothing'],
  );
}

function rolloutRules({ labels, rollout }: Spec): Iterable<SpecProblem> {
  return rules(
    [labels === null && rollout.goal !== 'healthy', 'rollout.goal', `is ${rollout.goal}, which is judged on outcomes; add labels: {delay: …}, or write healthy`],
    [rollout.compare !== 'split' && rollout.shadow.samplePer10k === 0, 'rollout.shadow.sample', 'is 0%: a challenger that sees nothing is never judged'],
    [rollout.shadow.maxMs > rollout.horizonMs, 'rollout.shadow.max', `is longer than the horizon (${formatDuration(rollout.horizonMs)})`],
  );
}

/** Each request is answered by one version, so that nothing is known of the other's answer to it, and what chance did not draw cannot be compared. */
function splitRules({ labels, metrics, rollout, routing }: Spec): readonly SpecProblem[] {
  if (rollout.compare !== 'split') return [];
  const first = rollout.canary[0]?.sharePer10k ?? 0;
  const unlike = metrics.filter(({ name }) => metricName(name)?.needsBoth === true);
  return [...rules(
    [rollout.shadow.samplePer10k > 0, 'rollout.shadow', 'has no meaning with compare: split, which makes no copies; leave it out'],
    [first === 0 || first === WHOLE, 'rollout.canary', 'must begin with a share between 0% and 100%: with compare: split its first step gives the evidence'],
    [routing.stickyHeader !== null || routing.stickyJsonPath !== null, 'routing', 'keeps a caller with one version, and with compare: split what sets callers apart would be taken for the models\' doing; leave it out, or write compare: paired'],
    [labels?.sampling !== undefined, 'labels.sampling', 'does not go with compare: split, where every request needs its outcome'],
  ), ...unlike.map(({ name }) => ({ path: `spec.metrics[${name}]`, problem: 'needs the answers of both versions to one request, and with compare: split there is one; leave it out, or write compare: paired' }))];
}

function provisionalRules({ metrics, rollout }: Spec): Iterable<SpecProblem> {
  if (rollout.provisional === undefined) return [];
  return rules(
    [!metrics.some(({ name, role }) => role === 'required' && metricName(name)?.needsLabels === true), 'rollout.provisional', 'has no meaning without a required metric of outcomes: there is nothing that could confirm it later; leave it out'],
    [rollout.compare === 'split', 'rollout.provisional', 'does not go with compare: split: once all callers get the challenger, nothing is left to compare it with'],
  );
}

function contenderRules({ contenders, model, rollout, serving, externalMetrics }: Spec): Iterable<SpecProblem> {
  if (contenders === undefined) return [];
  const all = [model, ...contenders];
  return rules(
    [new Set(all).size !== all.length, 'contenders', 'names a version twice, or the model itself'],
    [serving.backend === 'oip', 'contenders', 'need a backend that lastmile loads models on; oip serves the one at serving.url'],
    [rollout.compare === 'split', 'contenders', 'do not go with compare: split; try them one after the other'],
    [rollout.provisional !== undefined, 'contenders', 'do not go with provisional: outcomes must say which of them it is'],
    [externalMetrics !== undefined, 'contenders', 'do not go with externalMetrics, which are measured of one challenger'],
  );
}

function canaryRules({ rollout: { canary } }: Spec): Iterable<SpecProblem> {
  return rules(...canary.map(({ sharePer10k }, i) => {
    const before = canary[i - 1]?.sharePer10k ?? 0;
    return [sharePer10k <= before, `rollout.canary[${String(i)}].share`, `is ${formatShare(sharePer10k)}; each step must be larger than the one before (${formatShare(before)})`] as const;
  }));
}

function approvalRules({ rollout: { approval, canary } }: Spec): Iterable<SpecProblem> {
  return !approval ? [] : rules(
    [canary.length === 0 && !approval.before.includes('promote'), 'rollout.approval.before', 'is canary alone, and there are no canary steps: nobody would be asked; write promote'],
    [approval.escalateAfterMs !== null && approval.escalateTo.length === 0, 'rollout.approval.escalateTo', 'is needed with escalateAfter: the roles that are asked too'],
    [approval.escalateAfterMs === null && approval.escalateTo.length > 0, 'rollout.approval.escalateAfter', 'is needed with escalateTo: when these roles are asked too'],
    [approval.escalateAfterMs !== null && approval.escalateAfterMs >= approval.deadlineMs, 'rollout.approval.escalateAfter', `is not before the deadline (${formatDuration(approval.deadlineMs)})`],
    [approval.roles.length === 0 && approval.escalateTo.length > 0, 'rollout.approval.roles', 'are none, so that anybody with the scope approve may agree from the start; name roles, or leave escalateTo out'],
  );
}

function metricRules(spec: Spec): readonly SpecProblem[] {
  const names = spec.metrics.map(({ name }) => name);
  const twice = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
  const required = spec.metrics.filter(({ role }) => role === 'required');
  return [
    ...twice.map((name) => ({ path: 'spec.metrics', problem: `names ${name} twice` })),
    ...rules(
      [spec.rollout.goal !== 'healthy' && required.length === 0, 'metrics', `has no required metric, which goal ${spec.rollout.goal} is judged on; make one required`],
      [spec.rollout.goal === 'healthy' && required.length > 0, 'metrics', `makes ${required.map(({ name }) => name).join(', ')} required, but goal healthy is judged on guardrails alone; write goal better or no-worse, or role guardrail`],
    ),
    ...spec.metrics.flatMap((metric) => metricRule(spec, metric)),
  ];
}

function metricRule(spec: Spec, { name, role, margin, marginMoney, proof, quantile }: MetricPolicy): readonly SpecProblem[] {
  const known = metricName(name);
  const path = `metrics[${name}]`;
  if (known === null) {
    const near = nearest(name, KNOWN_METRICS);
    return [...rules([true, path, `is not a metric${near === null ? '' : `; did you mean ${near}?`}; the known ones are ${KNOWN_METRICS.join(', ')}`])];
  }
  const { task } = spec.contract;
  return [...termRules(spec.value, name, quantile), ...moneyRules(spec.value, name, marginMoney), ...rules(
    [known.needsLabels && spec.labels === null, path, 'is judged on outcomes, and there are no labels; add labels: {delay: …}'],
    [known.kind === 'rate' && role === 'required', `${path}.role`, 'is a rate, which guards and proves no gain; write guardrail or safety'],
    [Number.isNaN(margin) && marginMoney === undefined, `${path}.margin`, `is needed: how much worse is allowed (${known.about})`],
    [margin > 1 && known.isShare, `${path}.margin`, `is ${String(margin)}; it is a share, at most 1 (100%)`],
    [task !== undefined && !known.tasks.includes(task), path, `does not fit task ${String(task)}; it is for ${known.tasks.join(', ')}`],
    [role === 'safety' && proof !== 'full', `${path}.proof`, 'of a safety metric must be full: it may act past a person\'s pin'],
  )];
}

/** What a metric has to be told besides its margin. */
function termRules(value: Spec['value'], name: string, quantile: number | undefined): Iterable<SpecProblem> {
  const path = `metrics[${name}]`;
  return rules(
    [name === 'pinball' && quantile === undefined, `${path}.quantile`, 'is needed: which quantile is predicted; write 0.9, for example'],
    [name !== 'pinball' && quantile !== undefined, `${path}.quantile`, 'has no meaning here; it belongs to pinball'],
    [name === 'cost' && value?.costPerSecond === undefined, path, 'needs what a second of serving costs; add value: {costPerSecond}'],
    [name === 'value' && value === null, path, 'needs a value model; add value: {currency, payoff}'],
  );
}

function moneyRules(value: Spec['value'], name: string, margin: MetricPolicy['marginMoney']): Iterable<SpecProblem> {
  if (margin === undefined) return [];
  const path = `metrics[${name}].margin`;
  const known = metricName(name);
  return rules(
    [Number.isNaN(margin.perUnit), `${path}.perUnit`, `is needed: what one unit is worth, in currency units (${known?.about ?? name})`],
    [known?.isMoney === true && margin.perUnit !== 1 && !Number.isNaN(margin.perUnit), `${path}.perUnit`, `has no meaning here: ${name} is money already`],
    [margin.currency === '', `${path}.currency`, 'is needed: which money it is; write EUR, for example'],
    [value !== null && margin.currency !== '' && margin.currency !== value.currency, `${path}.currency`, `is ${margin.currency}, and value is in ${value?.currency ?? ''}`],
  );
}

function segmentRules({ segments, metrics }: Spec): Iterable<SpecProblem> {
  if (segments === undefined) return [];
  const primary = primaryOf(metrics);
  return rules(
    [primary === null || metricName(primary.name)?.needsLabels !== true, 'segments', 'are judged by a required metric of outcomes, and there is none first'],
    [new Set(segments.values).size !== segments.values.length, 'segments.values', 'names a value twice'],
    [primary !== null && Number.isNaN(segments.margin), 'segments.margin', `is needed: how much worse one segment may be (${primary === null ? '' : metricName(primary.name)?.about ?? primary.name})`],
  );
}

function externalRules({ externalMetrics = [], rollout }: Spec): readonly SpecProblem[] {
  const names = externalMetrics.map(({ name }) => name);
  const twice = [...new Set(names.filter((name, i) => names.indexOf(name) !== i))];
  return [
    ...twice.map((name) => ({ path: 'spec.externalMetrics', problem: `names ${name} twice` })),
    ...names.filter((name) => metricName(name) !== null || name === 'share').map((name) => ({ path: `spec.externalMetrics[${name}]`, problem: 'is the name of a metric of lastmile; give it another name' })),
    ...externalMetrics.flatMap((metric) => externalProblems(metric, rollout.horizonMs).map(({ path, problem }) => ({ path: `spec.externalMetrics[${metric.name}].${path}`, problem }))),
  ];
}

function valueRules({ contract: { task }, labels, value }: Spec): Iterable<SpecProblem> {
  if (value === null) return [];
  const classes = value.payoff.kind === 'confusion';
  return rules(
    [labels === null, 'value', 'cannot be counted without labels: what an answer was worth is known from its outcome; add labels: {delay: …}'],
    [classes && (task === 'regression' || task === 'multiclass'), 'value.payoff', `is per confusion cell, which is for task binary; the task is ${String(task)}`],
    [!classes && task !== undefined && task !== 'regression', 'value.payoff', `is per unit of error, which is for task regression; the task is ${String(task)}`],
  );
}

function fallbackRules({ fallback }: Spec): Iterable<SpecProblem> {
  return rules(
    [new Set(fallback).size !== fallback.length, 'fallback', 'names a rung twice'],
    [fallback.slice(0, -1).includes('closed'), 'fallback', 'has rungs after closed, which would never be reached'],
  );
}
