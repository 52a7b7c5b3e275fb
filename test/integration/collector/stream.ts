import { draftPlan } from '../../../domain/analysis/drafting.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import type { Contract } from '../../../domain/contract.ts';
import type { DeploymentSpec } from '../../../domain/deployment.ts';
import { RECORD_VERSION, type Label, type LegRecord, type RecordBatch } from '../../../domain/record.ts';
import type { Stores } from '../../../ports/stores.ts';
import { sampleContract, sampleDeployment, sampleRollout, sampleSpec, sampleVariant } from '../../../conformance/stores/samples.ts';
import { INITIAL } from '../../../domain/rollout/machine.ts';

/** What gateways and the API would have handed over, in order: a pure function of its seed. */
export type Operation = { readonly type: 'batch'; readonly batch: RecordBatch } | { readonly type: 'labels'; readonly labels: readonly Label[] };

export const SCOPE = { tenant: 'acme', other: 'other', uid: 'dep_stream', id: 'stream' };
export const ROLLOUT = `${SCOPE.uid}/1`;
const CHAMPION = 'var_champion';
const CHALLENGER = 'var_challenger';
const HOUR = 3_600_000;
const STARTED_MS = 10_000 * 24 * HOUR;
const STARTED_AT_MS = 1_780_000_000_000;

const CONTRACT: Contract = sampleContract({ golden: [] });
const SPEC: DeploymentSpec = sampleSpec({
  labels: { delayMs: 24 * HOUR, maturityMs: 24 * HOUR, coverage: 0.9, graceMs: 6 * HOUR, clock: 'event' },
  metrics: ['accuracy', 'brier', 'value'].map((name) => ({ name, role: name === 'accuracy' ? 'required' : 'guardrail', margin: 0.1, lossBound: null, proof: 'given-loss-bound' })),
  value: { currency: 'EUR', payoff: { kind: 'confusion', tp: 3, fp: -2, tn: 0.1, fn: -1 }, costPerRequest: 0.01 },
  rollout: { ...sampleSpec().spec.rollout, cycleMs: 24 * HOUR, minCycles: 2, pilotCycles: 2 },
});

/** A deployment whose rollout is in shadow, with the plan that its activity would have stored. */
export async function openShadow(stores: Stores): Promise<AnalysisPlan> {
  await stores.prepare();
  const { tenant } = SCOPE;
  const specHash = await stores.deployments.putSpec(tenant, SPEC);
  const contractHash = await stores.deployments.putContract(tenant, CONTRACT);
  await stores.deployments.putDeployment(sampleDeployment(SCOPE, { specHash }));
  for (const variantId of [CHAMPION, CHALLENGER]) await stores.deployments.putVariant(sampleVariant(SCOPE, { variantId, contractHash }));
  await stores.deployments.putRollout(sampleRollout(SCOPE, { specHash, state: { ...INITIAL, stage: 'shadowing' }, startedAtMs: STARTED_AT_MS }));
  return stores.evidence.putPlan(draftPlan({
    tenantId: tenant, deploymentUid: SCOPE.uid, rolloutId: ROLLOUT, champion: CHAMPION, challenger: CHALLENGER, spec: SPEC, specHash, contract: CONTRACT, contractHash,
    startedMs: STARTED_MS, startedAtMs: STARTED_AT_MS,
  }));
}

/** mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface StreamShape { readonly inferences: number; readonly perBatch: number; readonly eventStepMs: number; readonly atStepMs: number; readonly seed: number }

/**
 * Two gateways, every leg kind: agreeing and disagreeing answers, several rows, errors, answers off contract, missing mirrors, aliases used twice. Outcomes
 * come early, late, twice, revised, for no inference at all, and some never. A label stands before the first batch of a later event time.
 */
export function recordedStream(shape: StreamShape): Operation[] {
  const random = generator(shape.seed);
  const operations: Operation[] = ['gw-1', 'gw-2'].map((gatewayId) => ({ type: 'batch', batch: batchOf(gatewayId, 0, STARTED_AT_MS - 1, []) }));
  const waiting: Label[] = [];
  const queues: Record<string, LegRecord[]> = { 'gw-1': [], 'gw-2': [] };
  let seq = 0;
  for (let i = 0; i < shape.inferences; i += 1) {
    const eventMs = STARTED_MS + i * shape.eventStepMs;
    const atMs = STARTED_AT_MS + i * shape.atStepMs;
    queues[i % 3 === 0 ? 'gw-2' : 'gw-1']!.push(...legsOf(i, { eventMs, atMs, random }));
    waiting.push(...labelsOf(i, eventMs, random));
    if (i % shape.perBatch !== shape.perBatch - 1 && i !== shape.inferences - 1) continue;
    const due = waiting.filter(({ labelMs }) => labelMs <= eventMs);
    waiting.splice(0, waiting.length, ...waiting.filter(({ labelMs }) => labelMs > eventMs));
    if (due.length > 0) operations.push({ type: 'labels', labels: [...due, ...due.slice(0, 3)] });
    seq += 1;
    for (const gatewayId of ['gw-1', 'gw-2']) operations.push({ type: 'batch', batch: batchOf(gatewayId, seq, atMs, queues[gatewayId]!.splice(0)) });
    if (seq % 7 === 0) operations.push(operations.at(-2)!);
  }
  return operations;
}

function batchOf(gatewayId: string, seq: number, completeToMs: number, records: readonly LegRecord[]): RecordBatch {
  const drops = seq % 5 === 1 ? [{ tenantId: SCOPE.tenant, deploymentUid: SCOPE.uid, variantId: CHALLENGER, reason: 'cap' as const, count: 2 }] : [];
  return { v: RECORD_VERSION, gatewayId, incarnation: 1, seq, completeToMs, records, drops };
}

function legsOf(i: number, { eventMs, atMs, random }: { eventMs: number; atMs: number; random: () => number }): LegRecord[] {
  const rows = i % 20 === 0 ? 2 : 1;
  const scores = Array.from({ length: rows }, random);
  const moved = scores.map((score) => Math.min(1, Math.max(0, score + (random() - 0.5) * 0.4)));
  const common = {
    v: RECORD_VERSION, tenantId: SCOPE.tenant, deploymentUid: SCOPE.uid, inferenceId: `inf_${String(i).padStart(8, '0')}`, alias: i % 50 < 2 ? `order-${Math.floor(i / 50)}` : null,
    revision: 5, rolloutId: ROLLOUT, atMs, eventMs, status: 200, error: null, leaseLost: false, unscored: null, request: null, assignmentPer10k: 10_000,
  } as const;
  const champion: LegRecord = { ...common, variantId: CHAMPION, role: 'champion', latencyMs: random() * 20, response: answer(scores) };
  const challenger: LegRecord = { ...common, variantId: CHALLENGER, role: 'shadow', latencyMs: random() * 25, response: i % 97 === 0 ? answer([Number.NaN]) : answer(moved) };
  if (i % 53 === 0) return [champion];
  return i % 71 === 0 ? [champion, { ...challenger, status: 0, error: 'timeout', response: null }] : [champion, challenger];
}

function answer(scores: readonly number[]): string { return JSON.stringify({ model_name: 'm', outputs: [{ name: 'p', datatype: 'FP32', shape: [scores.length], data: scores.map((score) => (Number.isNaN(score) ? null : score)) }] }); }

function labelsOf(i: number, eventMs: number, random: () => number): Label[] {
  // A few hours of every fifth day have no outcomes: their blocks stay short.
  const lost = Math.floor((eventMs - STARTED_MS) / (6 * HOUR)) % 20 === 9;
  if (lost || random() < 0.02) return [];
  const rows = i % 20 === 0 ? 2 : 1;
  const known = eventMs + Math.floor(random() * 22 * HOUR);
  return Array.from({ length: rows }, (_, row): Label[] => {
    const label: Label = { tenantId: SCOPE.tenant, deploymentUid: SCOPE.uid, inferenceId: `inf_${String(i).padStart(8, '0')}`, row, value: random() < 0.5 ? 1 : '0', labelMs: known, receivedAtMs: known, source: 'stream' };
    const revised = random() < 0.1 ? [{ ...label, value: true, labelMs: known + Math.floor(random() * 30 * HOUR) }] : [];
    return random() < 0.01 ? [label, { ...label, inferenceId: `inf_unknown_${i}` }, ...revised] : [label, ...revised];
  }).flat();
}
