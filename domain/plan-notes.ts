import { metricOf } from './analysis/metrics/index.ts';
import { figure } from './analysis/reason-texts.ts';
import { cleanRequestsToPass } from './analysis/compare-rate.ts';
import type { DeploymentSpec } from './deployment.ts';
import { formatDuration } from './duration.ts';
import { metricName } from './metric-names.ts';
import { parseModelRef } from './model.ts';
import { formatShare, WHOLE } from './share.ts';

/** What a file costs and what it leaves out, in plain words; printed by `lastmile plan` and kept with the answer of apply. */
export function planNotes(file: DeploymentSpec): readonly string[] {
  return [...shadowNotes(file), ...timeNotes(file), ...trafficNotes(file), ...contenderNotes(file), ...provisionalNotes(file), ...moneyNotes(file), ...approvalNotes(file), ...guessNotes(file), ...gapNotes(file), ...externalNotes(file), ...trustNotes(file)];
}

/** The least time from the start of shadow to a verdict, in ms: pilot, cycles of evidence, and the wait for their outcomes. */
export function leastTimeToVerdictMs({ spec: { labels, rollout } }: DeploymentSpec): number {
  return (rollout.pilotCycles + rollout.minCycles) * rollout.cycleMs + (rollout.goal === 'healthy' ? 0 : labels?.maturityMs ?? 0);
}

/**
 * Why no rollout of this file could ever end with a proof, and what would make it possible; null where one could. A pilot longer than the horizon teaches nobody;
 * where it fits, the rollout that ran it stands in for the pilot of the next.
 */
export function neverTells({ spec: { labels, rollout } }: DeploymentSpec): string | null {
  if (rollout.goal === 'healthy') return null;
  const { cycleMs, horizonMs, minCycles, pilotCycles } = rollout;
  const evidenceMs = minCycles * cycleMs + (labels?.maturityMs ?? 0);
  if (horizonMs <= evidenceMs) return `rollout.horizon is ${formatDuration(horizonMs)}, and ${String(minCycles)} cycles of ${formatDuration(cycleMs)} with their outcomes take ${formatDuration(evidenceMs)}: no rollout could ever be proved. Make rollout.horizon longer than that, or rollout.cycle, rollout.minCycles or labels.delay shorter.`;
  if (pilotCycles > 0 && horizonMs <= pilotCycles * cycleMs) return `rollout.horizon is ${formatDuration(horizonMs)}, and the pilot of ${String(pilotCycles)} cycles takes ${formatDuration(pilotCycles * cycleMs)}: no rollout could ever be judged. Make rollout.horizon longer than that, or rollout.pilotCycles smaller (0: none).`;
  return null;
}

function* shadowNotes({ spec: { rollout, serving } }: DeploymentSpec): Generator<string> {
  if (rollout.compare === 'split') {
    yield `Traffic is split: no copies are made, and ${formatShare(rollout.canary[0]?.sharePer10k ?? 0)} of callers get the challenger from the start, before anything is proved of it but its checks; guardrails take it back. The same proof takes several times the requests of compare: paired.`;
    yield 'Requests are drawn one by one, by chance: a caller meets both versions.';
    return;
  }
  const sample = rollout.shadow.samplePer10k;
  const load = sample === WHOLE ? 'Shadow copies every request to the challenger: inference compute doubles while a rollout runs.'
    : `Shadow copies ${formatShare(sample)} of requests to the challenger: that much more inference compute while a rollout runs.`;
  yield `${load} A model that writes, pays or calls other systems does so a second time; give such a model a dry-run switch first.`;
  if (serving.resources.isolation === 'shared') yield 'isolation shared: versions share a process; one that crashes takes its neighbours down until the restart.';
}

function* timeNotes(file: DeploymentSpec): Generator<string> {
  const { rollout, labels } = file.spec;
  const least = leastTimeToVerdictMs(file);
  const parts = [
    ...(rollout.pilotCycles > 0 ? [`${String(rollout.pilotCycles)} cycles of pilot`] : []), `${String(rollout.minCycles)} cycles of evidence`,
    ...(labels !== null && rollout.goal !== 'healthy' ? [`${formatDuration(labels.maturityMs)} until outcomes are in`] : []),
  ];
  yield `No verdict comes sooner than ${formatDuration(least)} after ${rollout.compare === 'split' ? 'callers get it' : 'shadow begins'}: ${parts.join(', ')} (a cycle is ${formatDuration(rollout.cycleMs)}).`;
  if (rollout.pilotCycles > 0) yield `Where earlier rollouts of the deployment were compared in the same way, they stand in for the pilot, and the verdict may come ${formatDuration(rollout.pilotCycles * rollout.cycleMs)} sooner.`;
  yield `How much longer it takes rests on traffic and on how far apart the versions are; both are unknown before. At ${formatDuration(rollout.horizonMs)} it ends inconclusive, and the champion stays${rollout.whenInconclusive === 'ask' ? ` unless a person promotes within ${formatDuration(rollout.askMs)}` : ''}.`;
  const never = neverTells(file);
  if (never !== null) yield `apply will refuse this file: ${never}`;
  else if (rollout.horizonMs <= least) yield `rollout.horizon (${formatDuration(rollout.horizonMs)}) is not longer than that least time: a rollout with a pilot of its own cannot end with a proof. Lengthen it, or shorten cycle, pilotCycles or maturity.`;
}

function* externalNotes({ spec: { externalMetrics = [] } }: DeploymentSpec): Generator<string> {
  if (externalMetrics.length === 0) return;
  const soonest = Math.max(...externalMetrics.map(({ initialDelayMs, everyMs, count }) => initialDelayMs + (count - 1) * everyMs));
  yield `${externalMetrics.map(({ name }) => name).join(', ')} ${externalMetrics.length === 1 ? 'is' : 'are'} measured elsewhere and held against a limit, without a claim of how likely chance is; not before ${formatDuration(soonest)} of comparison can all of them pass. While a source does not answer nothing is promoted.`;
}

/** Thin traffic in a small share is the commonest reason for a canary that waits long. */
function* trafficNotes({ spec: { metrics, rollout } }: DeploymentSpec): Generator<string> {
  const rates = metrics.filter(({ name, margin }) => metricName(name)?.kind === 'rate' && margin > 0 && margin < 1);
  const first = rollout.canary.find(({ sharePer10k }) => sharePer10k > 0);
  if (rates.length === 0 || first === undefined) return;
  const strictest = rates.reduce((least, metric) => (metric.margin < least.margin ? metric : least));
  const clean = cleanRequestsToPass(strictest.margin, rollout.alpha);
  yield `The guardrail ${strictest.name} at ${String(strictest.margin * 100)} % needs at least ${String(clean)} clean answers ${rollout.compare === 'split' ? '' : 'in shadow, and as many again '}that callers got from the challenger: at ${formatShare(first.sharePer10k)} about ${String(Math.ceil(clean * WHOLE / first.sharePer10k))} requests of the first step. With less traffic than that the canary waits.`;
}

function* contenderNotes({ spec: { contenders, model, rollout } }: DeploymentSpec): Generator<string> {
  if (contenders === undefined) return;
  const size = contenders.length + 1;
  yield `${[model, ...contenders].join(', ')} are tried at once: each answers a copy of the traffic, so that inference compute is ${String(size + 1)} times what it is while all are in it; each needs its proofs at alpha ${figure(rollout.alpha / size)}, a ${ORDINAL[size] ?? `${String(size)}th`} of the rollout's. Whom harm is proved of leaves; the best of those proved goes on alone. Where nothing serves yet ${model} goes live by itself, as a first version does.`;
}
const ORDINAL: Readonly<Record<number, string>> = { 2: 'half', 3: 'third', 4: 'fourth', 5: 'fifth' };

function* provisionalNotes({ spec: { metrics, rollout } }: DeploymentSpec): Generator<string> {
  if (rollout.provisional === undefined) return;
  const early = metrics.filter(({ name }) => metricName(name)?.needsLabels === false).map(({ name }) => name);
  yield `Provisional: after ${String(rollout.provisional.minCycles)} cycles and the steps of canary all callers may get the challenger before its outcomes are in, on ${early.join(', ')} alone; it becomes champion by the proof of its outcomes, and is taken back by proved harm or at the horizon. Until then every request is answered by both.`;
}

function* moneyNotes({ spec: { metrics } }: DeploymentSpec): Generator<string> {
  for (const { name, margin, marginMoney } of metrics) {
    if (marginMoney !== undefined) yield `${name}: a margin of ${marginMoney.currency} ${figure(marginMoney.amount)} a request is ${figure(margin)} ${metricOf(name).unit}, at ${marginMoney.currency} ${figure(marginMoney.perUnit)} a unit.`;
  }
}

function* approvalNotes({ spec: { rollout: { approval, whenInconclusive } } }: DeploymentSpec): Generator<string> {
  if (!approval) return;
  const who = approval.roles.length === 0 ? 'with a key of the scope approve' : `in one of the roles ${approval.roles.join(', ')}`;
  yield `People agree before ${approval.before.join(' and before ')}: ${String(approval.count)} ${who}${approval.notAuthor ? ', not whoever asks for the rollout' : ''}; after ${formatDuration(approval.deadlineMs)} without them it ends and the champion stays. A first version is asked for too. Nobody promotes past it.`;
  if (whenInconclusive === 'ask') yield 'whenInconclusive ask leaves only abort: what was not proved cannot be approved.';
}

function* guessNotes({ spec }: DeploymentSpec): Generator<string> {
  const required = spec.metrics.filter(({ role }) => role === 'required').map(({ name }) => name);
  if (spec.contract.task === undefined && required.includes('accuracy')) yield 'contract.task is not stated and will be read from the model; accuracy is for classes. For a model that predicts a number write contract: {task: regression}.';
  if (required.length > 0) yield `Promotion needs proof on ${required.join(' and ')}${spec.rollout.goal === 'better' ? ' that the challenger is better' : ' that the challenger is no worse than its margin'}.`;
}

/** What nobody will look at. Said before, because a green verdict does not cover it. */
export function notMeasured({ spec }: DeploymentSpec): readonly string[] {
  const judged = new Set(spec.metrics.map(({ name }) => name));
  const outcomes = spec.metrics.some(({ name }) => metricName(name)?.needsLabels === true);
  return [
    ...(outcomes ? [] : ['outcomes (whether answers turn out right)']),
    ...(judged.has('value') ? [] : ['money']),
    ...(judged.has('disagreement') ? [] : ['how often the versions disagree']),
    ...(spec.records.inputs ? [] : ['the inputs themselves (they are not kept)']),
  ];
}

function* gapNotes(file: DeploymentSpec): Generator<string> {
  if (file.spec.rollout.goal === 'healthy') yield 'Goal healthy: a version that answers fast and in shape is promoted even if its answers are wrong. It is not judged on outcomes.';
  if (file.spec.rollout.goal === 'healthy' && !file.spec.metrics.some(({ name }) => name === 'collapse')) yield 'A version that answers every request alike would pass too; the guardrail {name: collapse} sees that, where requests differ.';
  const gaps = notMeasured(file);
  if (gaps.length > 0) yield `Not measured: ${gaps.join('; ')}.`;
}

function* trustNotes({ spec }: DeploymentSpec): Generator<string> {
  if (spec.attestation === 'claimed') yield 'Attestation claimed: which bytes serve is the server\'s word; lastmile cannot check it.';
  if (parseModelRef(spec.model).registry === 'running') yield 'A running model is adopted as it is: nothing is packaged, and lastmile neither starts nor stops it.';
  if (spec.onLostControl === 'failClosed') yield 'onLostControl failClosed: a gateway that loses the API stops answering when its lease ends.';
  if (spec.retrain !== null) yield `Every ${spec.retrain.every} \`${spec.retrain.command.join(' ')}\` runs on the worker's machine, and what it makes is tried in a rollout.`;
}
