import type { Progress } from '../../../domain/analysis/blocks.ts';
import { spentBy } from '../../../domain/analysis/false-promotions.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import type { Verdict } from '../../../domain/analysis/verdict.ts';
import { LastmileError } from '../../../domain/errors.ts';
import type { RolloutId, TenantId } from '../../../domain/ids.ts';
import type { EvidenceStore } from '../../../ports/evidence-store.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, toDocument } from './documents.ts';
import { createSealedBlocks } from './sealed-blocks.ts';
import { insertOnce, replaceOlder } from './writes.ts';

type Written = Pick<EvidenceStore, 'putPlan' | 'getPlan' | 'putVerdict' | 'verdicts'>;
type OfDeployment = Pick<EvidenceStore, 'newestPlans' | 'alphaSpent'>;

/** Insert-once documents under keys that say what they are evidence of. */
export function createEvidenceStore(database: Database): EvidenceStore {
  const progress = collection<Progress>(database, 'progress');
  return {
    ...written(database), ...ofDeployment(database), ...createSealedBlocks(database),
    async putProgress(value) {
      await replaceOlder(progress, toDocument(key(value.tenantId, value.rolloutId), value.tenantId, value), { updatedAtMs: { $lte: value.updatedAtMs } });
    },
    async getProgress(tenantId, rolloutId) {
      const found = await progress.findOne({ _id: key(tenantId, rolloutId), tenantId });
      return found === null ? null : fromDocument<Progress>(found);
    },
  };
}

function written(database: Database): Written {
  const plans = collection<AnalysisPlan>(database, 'plans');
  const all = collection<Verdict>(database, 'verdicts');
  return {
    async putPlan(plan) {
      const _id = `${key(plan.tenantId, plan.rolloutId)}/${plan.state}`;
      if (await insertOnce(plans, toDocument(_id, plan.tenantId, plan))) return plan;
      return fromDocument<AnalysisPlan>(present(await plans.findOne({ _id, tenantId: plan.tenantId }), _id));
    },
    async getPlan(tenantId, rolloutId, which = 'newest') {
      const found = await plans.find({ tenantId, rolloutId }).toArray();
      const newest = found.find(({ state }) => state === (which === 'draft' ? 'draft' : 'fixed')) ?? (which === 'draft' ? undefined : found[0]);
      return newest === undefined ? null : fromDocument<AnalysisPlan>(newest);
    },
    async putVerdict(verdict) {
      const _id = `${key(verdict.tenantId, verdict.rolloutId)}/${verdict.n}`;
      if (await insertOnce(all, toDocument(_id, verdict.tenantId, verdict))) return verdict;
      return fromDocument<Verdict>(present(await all.findOne({ _id, tenantId: verdict.tenantId }), _id));
    },
    async verdicts(tenantId, rolloutId, limit) {
      const found = await all.find({ tenantId, rolloutId }).sort({ n: -1 }).limit(limit).toArray();
      return found.map((each) => fromDocument<Verdict>(each));
    },
  };
}

function ofDeployment(database: Database): OfDeployment {
  const plans = collection<AnalysisPlan>(database, 'plans');
  return {
    async newestPlans(tenantId, deploymentUid, { sinceMs, limit }) {
      // At most two documents a rollout, side by side: of those read only the last, which is one too many, can lack its other one.
      const found = await plans.find({ tenantId, deploymentUid, startedAtMs: { $gte: sinceMs } }).sort({ startedAtMs: -1, rolloutId: -1 }).limit(2 * limit).toArray();
      const fixed = new Set(found.filter(({ state }) => state === 'fixed').map(({ rolloutId }) => rolloutId));
      return found.filter(({ state, rolloutId }) => state === 'fixed' || !fixed.has(rolloutId)).slice(0, limit).map((each) => fromDocument<AnalysisPlan>(each));
    },
    async alphaSpent(tenantId, deploymentUid, sinceMs) {
      const found = await plans.find({ tenantId, deploymentUid, startedAtMs: { $gte: sinceMs }, state: 'fixed' }).sort({ startedAtMs: 1 })
        .project<Parameters<typeof spentBy>[0]>({ rolloutId: 1, startedAtMs: 1, 'metrics.alpha': 1 }).toArray();
      return found.map(spentBy);
    },
  };
}

function present<T>(found: T | null, id: string): T {
  if (found === null) throw new LastmileError('LM_INVARIANT', `Document ${id} was there and is gone; evidence is never removed.`);
  return found;
}

function key(tenant: TenantId, rollout: RolloutId): string { return `${tenant}/${rollout}`; }
