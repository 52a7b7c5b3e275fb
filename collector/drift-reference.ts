import { calibrationOf, featureSpace, LEAST_REFERENCE_ROWS, trafficFold, type DriftReference } from '../domain/drift/watch.ts';
import { labelValue } from '../domain/contract-reading.ts';
import type { Contract } from '../domain/contract.ts';
import type { RolloutId, VariantId } from '../domain/ids.ts';
import type { StoredLeg } from '../domain/record.ts';
import type { Stores } from '../ports/stores.ts';
import { STRETCHES, stretches, type Traffic } from './drift-traffic.ts';

/** A reference is of at most the newest of these, so that it is of the time of the promotion and is held at once. */
const MOST_LEGS = 40_000;
const WINDOWS = 10;
const ROLLOUTS = 20;

/** Whose reference, over which traffic it would be made, and until when that is whole. */
export interface Wanted { readonly traffic: Omit<Traffic, 'variantIds'>; readonly variantId: VariantId; readonly contract: Contract; readonly windowMs: number; readonly completeMs: number; readonly nowMs: number }

/** What watching drift reads and writes. */
export type DriftStores = Pick<Stores, 'records' | 'labels' | 'evidence' | 'drift'> & { readonly deployments: Pick<Stores['deployments'], 'allDeployments' | 'listRollouts' | 'getSpec' | 'getContract' | 'getVariant'> };

/** Of the rollout that promoted the variant; else of the first traffic that it answered. Null while there is too little of it. */
export async function makeReference(stores: DriftStores, wanted: Wanted): Promise<DriftReference | null> {
  const rollout = await promotingRollout(stores, wanted);
  const own = rollout === null ? null : await referenceOf(stores, wanted, { ...rollout, source: 'rollout' });
  if (own !== null) return own;
  const { completeMs, windowMs, variantId } = wanted;
  return referenceOf(stores, wanted, { source: 'first-traffic', rolloutId: null, variantIds: [variantId], fromMs: completeMs - WINDOWS * windowMs, toMs: completeMs });
}

type Period = Pick<DriftReference, 'source' | 'rolloutId' | 'fromMs' | 'toMs'> & { readonly variantIds: readonly VariantId[] };

/** From the start of the comparison, at most ten windows back from its last verdict. */
async function promotingRollout({ deployments, evidence }: DriftStores, { traffic: { tenantId, uid }, variantId, windowMs }: Wanted): Promise<Omit<Period, 'source'> & { readonly rolloutId: RolloutId } | null> {
  const { items } = await deployments.listRollouts(tenantId, uid, { limit: ROLLOUTS, after: null });
  const rollout = items.find(({ state, challenger }) => state.outcome === 'promoted' && challenger?.variantId === variantId);
  if (rollout === undefined) return null;
  const [plan, [verdict]] = await Promise.all([evidence.getPlan(tenantId, rollout.rolloutId), evidence.verdicts(tenantId, rollout.rolloutId, 1)]);
  if (plan === null || verdict === undefined) return null;
  return { rolloutId: rollout.rolloutId, variantIds: [plan.champion, variantId], fromMs: Math.max(plan.startedMs, verdict.rulingMs - WINDOWS * windowMs), toMs: verdict.rulingMs };
}

async function referenceOf(stores: DriftStores, { traffic, variantId, contract, nowMs }: Wanted, { variantIds, fromMs, toMs, ...of }: Period): Promise<DriftReference | null> {
  if (!(toMs > fromMs)) return null;
  const kept: (readonly StoredLeg[])[] = [];
  for await (const legs of stretches(stores.records, { ...traffic, variantIds }, { fromMs, toMs, count: WINDOWS * STRETCHES, newestFirst: true })) {
    kept.unshift(legs);
    if (kept.reduce((sum, each) => sum + each.length, 0) >= MOST_LEGS) break;
  }
  const legs = kept.flat();
  const seed = seedOf(variantId);
  const space = featureSpace(legs.flatMap(({ features = [] }) => features), seed);
  const calibration = contract.task === 'binary' ? calibrationOf(await labelledScores(stores, traffic, { legs: legs.filter((leg) => leg.variantId === variantId), contract, asOfMs: toMs })) : null;
  const fold = trafficFold({ contract, space, calibration, outputsOf: variantId });
  for (const stretch of kept) fold.add(stretch);
  const { profile, rows, blocks, expected } = fold.result();
  if (rows < LEAST_REFERENCE_ROWS) return null;
  return { tenantId: traffic.tenantId, deploymentUid: traffic.uid, variantId, ...of, fromMs, toMs, profile, calibration, expectedAccuracy: expected?.accuracy ?? null, space, blocks, madeAtMs: nowMs };
}

async function labelledScores({ labels }: DriftStores, { tenantId, uid }: Omit<Traffic, 'variantIds'>, { legs, contract, asOfMs }: { legs: readonly StoredLeg[]; contract: Contract; asOfMs: number }): Promise<readonly { score: number; label: 0 | 1 }[]> {
  const scores = new Map(legs.flatMap(({ inferenceId, predictions }) => predictions.flatMap(({ row, score }) => (score === null || !Number.isFinite(score) ? [] : [[`${inferenceId} ${String(row)}`, score] as const]))));
  const known = await labels.asOf(tenantId, uid, legs.map(({ inferenceId }) => inferenceId), asOfMs);
  return known.flatMap(({ inferenceId, row, value }) => {
    const [score, label] = [scores.get(`${inferenceId} ${String(row)}`), labelValue(contract, value)];
    return score === undefined || (label !== 0 && label !== 1) ? [] : [{ score, label }];
  });
}

/** The same projections whoever makes the reference. */
function seedOf(variantId: VariantId): number { return Buffer.from(variantId).reduce((hash, byte) => (Math.imul(hash, 31) + byte) >>> 0, 7); }
