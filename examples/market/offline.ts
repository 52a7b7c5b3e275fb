import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { MicroBlock } from '../../domain/analysis/blocks.ts';
import { draftPlan } from '../../domain/analysis/drafting.ts';
import { foldMetric, foldedMetrics, isEmpty } from '../../domain/analysis/fold.ts';
import { judge } from '../../domain/analysis/judge.ts';
import type { AnalysisPlan } from '../../domain/analysis/plan.ts';
import { evidenceOf } from '../../domain/analysis/evidence.ts';
import { fixPlan } from '../../domain/analysis/planning.ts';
import { dueSlots, labelsAsOfMs, metricClock, sealing, slotRange } from '../../domain/analysis/sealing.ts';
import type { Verdict } from '../../domain/analysis/verdict.ts';
import type { Contract } from '../../domain/contract.ts';
import { inferContract } from '../../domain/contract-inference.ts';
import { parseDeployment } from '../../domain/deployment.schema.ts';
import type { DeploymentSpec } from '../../domain/deployment.ts';
import type { Label, StoredLeg } from '../../domain/record.ts';
import { FEATURES, OUTCOME_DELAY_ROWS, ROW_MS, type MarketRow } from './stream.ts';
import { score, type MarketModel } from './train.ts';

/** The story's comparisons without a server: the same stream, models, policy and judge, the records made here instead of by gateways. */

export interface OfflineEnd {
  readonly verdict: Verdict;
  /** Rows of live traffic until the verdict, and hourly cycles of evidence behind the pilot. */
  readonly rows: number;
  readonly cycles: number;
  readonly plan: AnalysisPlan;
}

const OF = { tenantId: 'default', deploymentUid: 'dep_market', rolloutId: 'dep_market/1' } as const;
const CHAMPION = 'var_champion';
const CHALLENGER = 'var_challenger';
/** Rows a gateway second, as the story sends them. */
const ROWS_PER_SECOND = 300;

export function marketSpec(): DeploymentSpec { return parseDeployment(parse(readFileSync(join(import.meta.dirname, 'deployment.yaml'), 'utf8'))); }

export function marketContract(spec: DeploymentSpec): Contract {
  const tensor = (name: string, datatype: 'FP32' | 'INT64', shape: readonly number[]): { name: string; datatype: 'FP32' | 'INT64'; shape: readonly number[] } => ({ name, datatype, shape });
  return inferContract({
    name: 'market-signal', platform: 'onnx', versions: ['1'], inputs: [tensor('features', 'FP32', [-1, FEATURES.length])],
    outputs: [tensor('label', 'INT64', [-1]), tensor('probabilities', 'FP32', [-1, 2])],
  }, spec.spec.contract, { classPayoff: true });
}

/** Runs one challenger in shadow beside the champion until the judge ends it: promote, rollback or inconclusive. Judged once an hour of event time. */
export function runOffline({ rows, champion, challenger, spec = marketSpec() }: { readonly rows: Iterable<MarketRow>; readonly champion: MarketModel; readonly challenger: MarketModel; readonly spec?: DeploymentSpec }): OfflineEnd {
  const contract = marketContract(spec);
  const evidence: Evidence = { legs: [], labels: [], blocks: [], sealedUpTo: new Map(), contract, spec };
  let plan: AnalysisPlan | null = null;
  let count = 0;
  for (const row of rows) {
    const gatewayMs = Math.floor((count * 1_000) / ROWS_PER_SECOND);
    plan ??= draft(spec, contract, { startedMs: row.timeMs, startedAtMs: gatewayMs });
    record(evidence, row, { champion, challenger, gatewayMs });
    count += 1;
    if (count % LOOK_ROWS !== 0) continue;
    seal(evidence, plan, { rulingMs: row.timeMs, completeAtMs: gatewayMs });
    plan = fixPlan(plan, evidence.blocks) ?? plan;
    const verdict = judge({ plan, evidence: evidenceOf(evidence.blocks), progress: null, value: spec.spec.value, rulingMs: row.timeMs, atMs: gatewayMs, n: count / LOOK_ROWS });
    if (verdict.kind !== 'collecting') return { verdict, rows: count, cycles: verdict.cycles, plan };
  }
  throw new RangeError('The rows ended before the judge did.');
}

const LOOK_ROWS = 60;

interface Evidence { legs: StoredLeg[]; labels: Label[]; readonly blocks: MicroBlock[]; readonly sealedUpTo: Map<string, number>; readonly contract: Contract; readonly spec: DeploymentSpec }

function draft(spec: DeploymentSpec, contract: Contract, started: { startedMs: number; startedAtMs: number }): AnalysisPlan {
  return draftPlan({ ...OF, ...started, champion: CHAMPION, challenger: CHALLENGER, spec, specHash: 'sha256:offline', contract, contractHash: 'sha256:offline' });
}

function record(evidence: Evidence, row: MarketRow, { champion, challenger, gatewayMs }: { champion: MarketModel; challenger: MarketModel; gatewayMs: number }): void {
  const inferenceId = `inf_${String(row.index)}`;
  evidence.legs.push(leg(row, { inferenceId, gatewayMs, variantId: CHAMPION, probability: score(champion, row.features), threshold: evidence.contract.threshold }));
  evidence.legs.push(leg(row, { inferenceId, gatewayMs, variantId: CHALLENGER, probability: score(challenger, row.features), threshold: evidence.contract.threshold }));
  evidence.labels.push({ tenantId: OF.tenantId, deploymentUid: OF.deploymentUid, inferenceId, row: 0, value: row.outcome, labelMs: row.timeMs + OUTCOME_DELAY_ROWS * ROW_MS, receivedAtMs: gatewayMs, source: 'offline' });
}

function leg(row: MarketRow, of: { inferenceId: string; gatewayMs: number; variantId: string; probability: number; threshold: number }): StoredLeg {
  const good = Number.isFinite(of.probability);
  return {
    ...OF, inferenceId: of.inferenceId, alias: null, variantId: of.variantId, role: of.variantId === CHAMPION ? 'champion' : 'shadow', revision: 1, atMs: of.gatewayMs, eventMs: row.timeMs,
    status: 200, error: null, latencyMs: 1, assignmentPer10k: 10_000, leaseLost: false, unscored: null, rulingMs: row.timeMs, receivedAtMs: of.gatewayMs,
    predictions: good ? [{ row: 0, score: of.probability, klass: of.probability >= of.threshold ? 1 : 0 }] : [], offContract: good ? null : 'non-finite', response: null, request: null,
  };
}

/** As the collector does: every slot that is due, folded from its legs and the labels that held, sealed in order. */
function seal(evidence: Evidence, plan: AnalysisPlan, now: { rulingMs: number; completeAtMs: number }): void {
  for (const metric of foldedMetrics(plan)) {
    for (const slot of dueSlots(plan, metric, { ...now, sealedUpTo: evidence.sealedUpTo.get(metric) ?? null })) {
      const { fromMs, toMs } = slotRange(plan, metric, slot);
      const clock = metricClock(plan, metric) === 'gateway' ? 'atMs' : 'rulingMs';
      const legs = evidence.legs.filter((it) => it[clock] >= fromMs && it[clock] < toMs);
      const labels = evidence.labels.filter((label) => label.labelMs <= labelsAsOfMs(plan, metric, slot) && label.labelMs >= fromMs);
      const sums = foldMetric({ metric, plan, contract: evidence.contract, value: evidence.spec.spec.value, legs, labels });
      const state = sealing({ plan, metric, slot, ...now, sums });
      if (state === 'open') break;
      evidence.sealedUpTo.set(metric, slot);
      if (!isEmpty(sums)) evidence.blocks.push({ tenantId: OF.tenantId, rolloutId: OF.rolloutId, metric, slot, fromMs, toMs, state, sums, sealedAtMs: now.completeAtMs });
    }
  }
  evidence.legs = evidence.legs.slice(-KEPT_ROWS * 2);
  evidence.labels = evidence.labels.slice(-KEPT_ROWS);
}

/** More rows than any open slot needs. */
const KEPT_ROWS = 1_200;
