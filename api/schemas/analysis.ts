import { z } from 'zod';
import type * as blocks from '../../domain/analysis/blocks.ts';
import type * as plan from '../../domain/analysis/plan.ts';
import { FINDING_STATES, REASONS, SEGMENT_STATES, VERDICTS } from '../../domain/analysis/verdict.ts';
import type * as verdict from '../../domain/analysis/verdict.ts';
import { ENGINES, GOALS, METRIC_ROLES } from '../../domain/deployment.ts';
import type * as deployment from '../../domain/deployment.ts';
import { EXTERNAL_STATES } from '../../domain/external/finding.ts';
import type * as finding from '../../domain/external/finding.ts';
import { BETTER, COMPARISONS, EXTERNAL_ROLES } from '../../domain/external/metric.ts';
import { ExternalMetric } from './external.ts';
import { byName, count, exactly, list, named, number, part, text, time } from './shape.ts';

/** domain/analysis as JSON; the domain types say what each field means. */

const Reason = exactly<verdict.Reason>()(named('Reason', { code: z.enum(REASONS), metric: text.nullable(), text }));

export const MarginMoney = exactly<deployment.MarginMoney>()(named('MarginMoney', { amount: number, perUnit: number, currency: text }));

const Finding = exactly<verdict.Finding>()(named('Finding', {
  metric: text, role: z.enum(METRIC_ROLES), state: z.enum(FINDING_STATES), estimate: number.nullable(), lower: number.nullable(), upper: number.nullable(), lowerFull: number.nullable(),
  alpha: number, margin: number, championMean: number.nullable(), challengerMean: number.nullable(), blocks: count, shortBlocks: count, requests: count, coverage: number.nullable(),
  lossBound: number.nullable(), worstBlock: number.nullable(), projectedBlocks: number.nullable(),
  sampled: part({ needed: count, seen: count, weight: number }).exactOptional(),
  fast: part({ lower: number.nullable(), upper: number.nullable(), cases: count, isBurntIn: z.boolean(), isLongRun: z.boolean() }).exactOptional(),
  marginMoney: MarginMoney.exactOptional(),
}));

const SegmentFinding = exactly<verdict.SegmentFinding>()(named('SegmentFinding', {
  metric: text, segment: text.nullable(), state: z.enum(SEGMENT_STATES), estimate: number.nullable(), lower: number.nullable(), upper: number.nullable(), margin: number, blocks: count, requests: count, logEWorse: number.nullable(),
}));

const MoneyFinding = exactly<verdict.MoneyFinding>()(named('MoneyFinding', {
  currency: text, perRequestMicros: number, lowerMicros: number, upperMicros: number, requests: count, totalMicros: number, championTotalMicros: number, challengerTotalMicros: number,
}));

const ExternalFinding = exactly<finding.ExternalFinding>()(named('ExternalFinding', {
  metric: text, role: z.enum(EXTERNAL_ROLES), state: z.enum(EXTERNAL_STATES), compare: z.enum(COMPARISONS), better: z.enum(BETTER), limit: number, good: count, failed: count, inconclusive: count,
  inconclusiveInARow: count, count, failureLimit: count, inconclusiveLimit: count.nullable(), value: number.nullable(), why: text.nullable(), measuredAtMs: time.nullable(), lastFailedValue: number.nullable(), toSlot: number.nullable(),
}));

const FieldFinding = exactly<verdict.FieldFinding>()(named('FieldFinding', { variantId: text, kind: z.enum(VERDICTS), reasons: list(Reason), findings: list(Finding), money: MoneyFinding.nullable() }));

export const Verdict = exactly<verdict.Verdict>()(named('Verdict', {
  tenantId: text, rolloutId: text, n: count, judgeVersion: text, kind: z.enum(VERDICTS), reasons: list(Reason), findings: list(Finding), money: MoneyFinding.nullable(), cycles: number,
  fromMs: time.nullable(), toMs: time.nullable(), rulingMs: time, atMs: time, planHash: text.nullable(), evidenceHash: text.nullable(), dropRatio: number.nullable(), notMeasured: list(text), seenTo: byName(count).exactOptional(),
  segments: list(SegmentFinding).exactOptional(), external: list(ExternalFinding).exactOptional(), provisional: z.literal(true).exactOptional(), challenger: text.exactOptional(), field: list(FieldFinding).exactOptional(),
}));

export const VerdictSummary = exactly<verdict.VerdictSummary>()(named('VerdictSummary', {
  rolloutId: text, n: count, kind: z.enum(VERDICTS), reason: z.enum(REASONS), metric: text.nullable(), text, evidenceHash: text.nullable(), provisional: z.literal(true).exactOptional(), challenger: text.exactOptional(), out: list(text).exactOptional(),
}));

export const Progress = exactly<blocks.Progress>()(named('Progress', {
  tenantId: text, rolloutId: text, watermarkMs: time, lastRecordAtMs: time.nullable(), pairs: count, openSlots: count, labelCoverage: number.nullable(), labelDelayMs: number.nullable(),
  drops: byName(count), duplicates: count, updatedAtMs: time,
}));

const MetricPlan = exactly<plan.MetricPlan>()(named('MetricPlan', {
  name: text, kind: z.enum(['paired', 'rate']), role: z.enum(METRIC_ROLES), margin: number, needsLabels: z.boolean(), clock: z.enum(['ruling', 'gateway']), tauMs: number,
  range: part({ lo: number, hi: number }), alpha: number, proof: z.enum(['given-loss-bound', 'full']), blockSlots: count, lossBound: number, gainBound: number.exactOptional(), centreCap: number,
  vOpt: number, plannedBlocks: count.exactOptional(), lag1: number.nullable(), plannedFrom: z.enum(['pilot', 'earlier-rollout', 'full-range', 'declared']), quantile: number.exactOptional(), marginMoney: MarginMoney.exactOptional(),
}));

export const AnalysisPlan = exactly<plan.AnalysisPlan>()(named('AnalysisPlan', {
  tenantId: text, deploymentUid: text, rolloutId: text, champion: text, challenger: text, field: list(text).exactOptional(), specHash: text, contractHash: text, state: z.enum(['draft', 'fixed']), judgeVersion: text,
  goal: z.enum(GOALS), engine: z.enum(ENGINES), compare: z.literal('split').exactOptional(), provisional: part({ minCycles: count }).exactOptional(), clock: z.enum(['gateway', 'event']), cycleMs: number, minCycles: count, pilotCycles: count, evidenceFromMs: time.nullable(), coverage: number, sampling: part({ least: number }).exactOptional(),
  maturityMs: number, graceMs: number, horizonMs: number, startedMs: time, startedAtMs: time, settleMs: number, splitBy: z.enum(['request', 'key']).exactOptional(), learntFrom: list(text).exactOptional(), harmAlpha: number.exactOptional(), metrics: list(MetricPlan), segments: part({ jsonPath: text, metrics: list(MetricPlan) }).exactOptional(), external: list(ExternalMetric).exactOptional(),
}));
