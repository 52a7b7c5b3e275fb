import type { OutputColumn } from './contract.ts';
import type { DeploymentFile } from './deployment-file.schema.ts';
import type { DeploymentSpec, MetricPolicy } from './deployment.ts';
import { formatDuration } from './duration.ts';
import type { ExternalMetric, Question } from './external/metric.ts';
import { metricName } from './metric-names.ts';
import { formatShare, WHOLE } from './share.ts';

/** The normal form as a file with human units, every default spelled out; parsing it gives the same normal form again. */
export function renderDeployment({ apiVersion, kind, metadata, spec }: DeploymentSpec): DeploymentFile {
  const { serving, routing, retrain, records, drills } = spec;
  return {
    apiVersion, kind,
    metadata: { name: metadata.name, ...(Object.keys(metadata.labels).length === 0 ? {} : { labels: { ...metadata.labels } }) },
    spec: {
      model: spec.model, ...given('contenders', spec.contenders === undefined ? null : [...spec.contenders]),
      serving: { backend: serving.backend, ...given('url', serving.url), ...given('modelName', serving.modelName), resources: { ...serving.resources } },
      contract: renderContract(spec),
      ...(spec.labels === null ? {} : { labels: renderLabels(spec.labels) }),
      rollout: renderRollout(spec), metrics: spec.metrics.map(renderMetric),
      ...given('drift', spec.drift === undefined ? undefined : { window: formatDuration(spec.drift.windowMs), falseAlarms: { perMonth: spec.drift.falseAlarmsPerMonth }, least: spec.drift.least }),
      ...given('segments', spec.segments === undefined ? undefined : { jsonPath: spec.segments.jsonPath, values: [...spec.segments.values], margin: spec.segments.margin }),
      ...given('externalMetrics', spec.externalMetrics?.map(renderExternal)),
      ...(spec.value === null ? {} : { value: renderValue(spec.value) }),
      ...(routing.stickyHeader === null && routing.stickyJsonPath === null ? {} : { routing: { ...given('stickyHeader', routing.stickyHeader), ...given('stickyJsonPath', routing.stickyJsonPath) } }),
      fallback: [...spec.fallback], onLostControl: spec.onLostControl, attestation: spec.attestation,
      ...(retrain === null ? {} : { retrain: { every: retrain.every, command: [...retrain.command], timeout: formatDuration(retrain.timeoutMs) } }),
      records: { inputs: records.inputs, keep: formatDuration(records.keepMs) },
      ...(drills === undefined ? {} : { drills: { every: formatDuration(drills.everyMs), limit: formatDuration(drills.limitMs) } }),
    },
  };
}

type Spec = DeploymentSpec['spec'];
type FileSpec = DeploymentFile['spec'];

function given<K extends string, T>(key: K, value: T | null | undefined): Partial<Record<K, T>> {
  return value === null || value === undefined ? {} : { [key]: value } as Record<K, T>;
}

function renderColumn(of: OutputColumn | undefined): string | null {
  if (of === undefined) return null;
  return of.column === null ? of.output : `${of.output}[${String(of.column)}]`;
}

function renderContract({ contract }: Spec): NonNullable<FileSpec['contract']> {
  const { task, classes, positive, threshold, range, golden } = contract;
  return {
    ...given('task', task), ...given('score', renderColumn(contract.score)), ...given('class', renderColumn(contract.klass)),
    ...given('classes', classes === undefined ? null : [...classes]), ...given('positive', positive), ...given('threshold', threshold),
    ...(range === undefined ? {} : { range: [range.min, range.max] as [number, number] }),
    ...(golden.length === 0 ? {} : { golden: golden.map(renderGolden) }),
    latency: formatDuration(contract.latencyLimitMs),
  };
}

type GoldenFile = NonNullable<NonNullable<FileSpec['contract']>['golden']>[number];
function renderGolden({ request, expect, tolerance }: Spec['contract']['golden'][number]): GoldenFile {
  const inputs = request.inputs.map(({ name, datatype, shape, data }) => ({ name, datatype, shape: [...shape], data: [...data] }));
  return {
    request: { inputs, ...given('outputs', request.outputs?.map(({ name }) => ({ name }))) },
    ...(expect === null ? {} : { expect: Object.fromEntries(Object.entries(expect).map(([name, values]) => [name, [...values]])) }), tolerance,
  };
}

function renderLabels(labels: NonNullable<Spec['labels']>): NonNullable<FileSpec['labels']> {
  const { delayMs, maturityMs, coverage, graceMs, clock, sampling } = labels;
  return { delay: formatDuration(delayMs), maturity: formatDuration(maturityMs), coverage: renderFraction(coverage), grace: formatDuration(graceMs), clock, ...given('sampling', sampling ?? null) };
}

function renderRollout({ rollout }: Spec): NonNullable<FileSpec['rollout']> {
  return {
    goal: rollout.goal, cycle: formatDuration(rollout.cycleMs), minCycles: rollout.minCycles, pilotCycles: rollout.pilotCycles,
    ...(rollout.compare === 'split' ? { compare: 'split' as const } : { compare: 'paired' as const, shadow: { sample: formatShare(rollout.shadow.samplePer10k), max: formatDuration(rollout.shadow.maxMs) } }),
    canary: rollout.canary.map(({ sharePer10k, forMs }) => ({ share: formatShare(sharePer10k), for: formatDuration(forMs) })),
    horizon: formatDuration(rollout.horizonMs), idle: formatDuration(rollout.idleMs),
    whenInconclusive: rollout.whenInconclusive, ask: formatDuration(rollout.askMs), whenBusy: rollout.whenBusy, alpha: rollout.alpha, engine: rollout.engine ?? 'strict',
    ...(rollout.falsePromotionsPerYear === undefined ? {} : { falsePromotions: { perYear: rollout.falsePromotionsPerYear } }),
    ...given('provisional', rollout.provisional ?? null), ...given('approval', renderApproval(rollout.approval ?? null)),
  };
}

function renderApproval(approval: Spec['rollout']['approval'] | null): NonNullable<FileSpec['rollout']>['approval'] | null {
  if (!approval) return null;
  const { before, roles, count, notAuthor, deadlineMs, escalateAfterMs, escalateTo } = approval;
  return { before: [...before], roles: [...roles], count, notAuthor, deadline: formatDuration(deadlineMs), ...given('escalateAfter', escalateAfterMs === null ? null : formatDuration(escalateAfterMs)), escalateTo: [...escalateTo] };
}

function renderMetric({ name, role, margin, marginMoney, lossBound, proof, quantile }: MetricPolicy): NonNullable<FileSpec['metrics']>[number] {
  return { name, role, margin: marginMoney === undefined ? metricName(name)?.kind === 'rate' ? renderFraction(margin) : margin : { money: marginMoney.amount, perUnit: marginMoney.perUnit, currency: marginMoney.currency }, ...given('lossBound', lossBound), proof, ...given('quantile', quantile ?? null) };
}

function renderExternal(of: ExternalMetric): NonNullable<FileSpec['externalMetrics']>[number] {
  return {
    name: of.name, role: of.role, source: renderQuestion(of.question), ...given('credentials', of.credentials), compare: of.compare, better: of.better, limit: of.limit, failBeyond: of.failBeyond,
    initialDelay: formatDuration(of.initialDelayMs), every: formatDuration(of.everyMs), count: of.count, failureLimit: of.failureLimit, inconclusiveLimit: of.inconclusiveLimit ?? 'none',
    maxAge: formatDuration(of.maxAgeMs), timeout: formatDuration(of.timeoutMs),
  };
}

function renderQuestion(question: Question): NonNullable<FileSpec['externalMetrics']>[number]['source'] {
  if (question.kind === 'prometheus') return { prometheus: { url: question.url, query: question.query } };
  const { url, method, body, headers, value, timestamp } = question;
  return { http: { url, method, ...(body === null ? {} : { body: JSON.parse(body) as unknown }), headers: { ...headers }, value, ...given('timestamp', timestamp) } };
}

/** As a percentage where that is exact, else the number itself. */
function renderFraction(value: number): string | number {
  const per10k = Math.round(value * WHOLE);
  return per10k / WHOLE === value ? formatShare(per10k) : value;
}

function renderValue({ currency, payoff, costPerRequest, costPerSecond }: NonNullable<Spec['value']>): NonNullable<FileSpec['value']> {
  const costs = { costPerRequest, ...given('costPerSecond', costPerSecond ?? null) };
  if (payoff.kind === 'per-unit') return { currency, payoff: { perUnit: payoff.perUnit, clip: payoff.clip }, ...costs };
  const { tp, fp, tn, fn } = payoff;
  return { currency, payoff: { tp, fp, tn, fn }, ...costs };
}
