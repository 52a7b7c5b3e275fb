import { z } from 'zod';
import { TASKS } from '../../domain/contract.ts';
import type * as contract from '../../domain/contract.ts';
import { API_VERSION, ENGINES, GOALS, KIND, METRIC_ROLES } from '../../domain/deployment.ts';
import type * as deployment from '../../domain/deployment.ts';
import { DEPLOYMENT_PHASES } from '../../domain/deployment-record.ts';
import type * as record from '../../domain/deployment-record.ts';
import { APPROVAL_POINTS } from '../../domain/rollout/approval.ts';
import type * as approval from '../../domain/rollout/approval.ts';
import type * as tensor from '../../domain/tensor.ts';
import { ATTESTATIONS } from '../../domain/variant.ts';
import type * as variant from '../../domain/variant.ts';
import { MarginMoney, VerdictSummary } from './analysis.ts';
import { ExternalMetric } from './external.ts';
import { byName, count, exactly, flag, list, named, number, part, text, time } from './shape.ts';

/** A deployment's normal form and its state as JSON; the domain types say what each field means. */

export const VariantSummary = exactly<variant.VariantSummary>()(named('VariantSummary', { variantId: text, model: text, artifactDigest: text }));

const DeploymentStatus = exactly<record.DeploymentStatus>()(named('DeploymentStatus', {
  revision: count, phase: z.enum(DEPLOYMENT_PHASES), champion: VariantSummary.nullable(), challenger: VariantSummary.nullable(), activeRollout: text.nullable(), rolloutCount: count,
  lastVerdict: VerdictSummary.nullable(), lastGood: list(VariantSummary), pinnedBy: text.nullable(), message: text,
}));

export const DeploymentRecord = exactly<record.DeploymentRecord>()(named('Deployment', {
  tenantId: text, uid: text, name: text, specHash: text, createdAtMs: time, updatedAtMs: time, status: DeploymentStatus,
}));

const Tensor = exactly<tensor.Tensor>()(named('Tensor', { name: text, datatype: text, shape: list(number), data: list(z.unknown()), parameters: byName(z.unknown()).exactOptional() }));
const InferenceRequest = exactly<tensor.InferenceRequest>()(named('InferenceRequest', {
  id: text.exactOptional(), parameters: byName(z.unknown()).exactOptional(), inputs: list(Tensor), outputs: list(part({ name: text })).exactOptional(),
}));
const GoldenRequest = exactly<contract.GoldenRequest>()(named('GoldenRequest', { request: InferenceRequest, expect: byName(list(z.union([number, text]))).nullable(), tolerance: number }));

const OutputColumn = exactly<contract.OutputColumn>()(named('OutputColumn', { output: text, column: count.nullable() }));
const classLabel = z.union([text, number]);
const ContractOverrides = exactly<contract.ContractOverrides>()(named('ContractOverrides', {
  task: z.enum(TASKS).optional(), score: OutputColumn.optional(), klass: OutputColumn.optional(), classes: list(classLabel).optional(), positive: classLabel.optional(), threshold: number.optional(),
  range: part({ min: number, max: number }).optional(), golden: list(GoldenRequest), latencyLimitMs: number,
}));

const LabelPolicy = exactly<deployment.LabelPolicy>()(named('LabelPolicy', { delayMs: number, maturityMs: number, coverage: number, graceMs: number, clock: z.enum(['gateway', 'event']), sampling: part({ least: number }).exactOptional() }));
export const CanaryStep = exactly<deployment.CanaryStep>()(named('CanaryStep', { sharePer10k: count, forMs: number }));
export const ApprovalPolicy = exactly<approval.ApprovalPolicy>()(named('ApprovalPolicy', {
  before: list(z.enum(APPROVAL_POINTS)), roles: list(text), count, notAuthor: flag, deadlineMs: number, escalateAfterMs: number.nullable(), escalateTo: list(text),
}));
const RolloutPolicy = exactly<deployment.RolloutPolicy>()(named('RolloutPolicy', {
  goal: z.enum(GOALS), cycleMs: number, minCycles: count, pilotCycles: count, shadow: part({ samplePer10k: count, maxMs: number }), canary: list(CanaryStep), horizonMs: number, idleMs: number,
  whenInconclusive: z.enum(['keep', 'ask']), askMs: number, whenBusy: z.enum(['refuse', 'queue', 'supersede']), alpha: number, engine: z.enum(ENGINES).exactOptional(), compare: z.literal('split').exactOptional(), provisional: part({ minCycles: count }).exactOptional(),
  falsePromotionsPerYear: number.exactOptional(), approval: ApprovalPolicy.nullable().exactOptional(),
}));
const MetricPolicy = exactly<deployment.MetricPolicy>()(named('MetricPolicy', {
  name: text, role: z.enum(METRIC_ROLES), margin: number, lossBound: number.nullable(), proof: z.enum(['given-loss-bound', 'full']), quantile: number.exactOptional(), marginMoney: MarginMoney.exactOptional(),
}));
const ValueModel = exactly<deployment.ValueModel>()(named('ValueModel', {
  currency: text, costPerRequest: number, costPerSecond: number.exactOptional(),
  payoff: z.union([part({ kind: z.literal('confusion'), tp: number, fp: number, tn: number, fn: number }), part({ kind: z.literal('per-unit'), perUnit: number, clip: number })]),
}));

export const DeploymentSpec = exactly<deployment.DeploymentSpec>()(named('DeploymentSpec', {
  apiVersion: z.literal(API_VERSION), kind: z.literal(KIND), metadata: part({ name: text, labels: byName(text) }),
  spec: part({
    model: text, contenders: list(text).exactOptional(), serving: part({ backend: text, url: text.nullable(), modelName: text.nullable(), resources: part({ threads: count, isolation: z.enum(['process', 'shared']) }) }),
    contract: ContractOverrides, labels: LabelPolicy.nullable(), rollout: RolloutPolicy, metrics: list(MetricPolicy), value: ValueModel.nullable(),
    routing: part({ stickyHeader: text.nullable(), stickyJsonPath: text.nullable() }), fallback: list(z.enum(['last-good', 'closed'])), onLostControl: z.enum(['serve', 'failClosed']),
    attestation: z.enum(ATTESTATIONS), retrain: part({ every: text, command: list(text), timeoutMs: number }).nullable(), records: part({ inputs: flag, keepMs: number }),
    drift: part({ windowMs: number, falseAlarmsPerMonth: number, least: number }).exactOptional(), segments: part({ jsonPath: text, values: list(text), margin: number }).exactOptional(), externalMetrics: list(ExternalMetric).exactOptional(), drills: part({ everyMs: number, limitMs: number }).exactOptional(),
  }),
}));
