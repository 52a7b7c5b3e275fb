import type { MicroBlock, Progress } from '../../../domain/analysis/blocks.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import type { Verdict } from '../../../domain/analysis/verdict.ts';
import type { EvidenceStore } from '../../../ports/evidence-store.ts';
import { compareText } from '../label-history.ts';
import { createTable, keyOf } from './table.ts';

export function createEvidenceStore(): EvidenceStore {
  const blocks = createTable<MicroBlock>();
  const plans = createTable<AnalysisPlan>();
  const verdicts = createTable<Verdict>();
  const progress = createTable<Progress>();
  return {
    async seal(block) { return blocks.insert(keyOf(block.tenantId, block.rolloutId, block.metric, block.slot), block); },
    async blocks(tenant, rollout) {
      return blocks.filter((each) => each.tenantId === tenant && each.rolloutId === rollout).sort((a, b) => a.slot - b.slot || compareText(a.metric, b.metric));
    },
    async putPlan(plan) {
      const key = keyOf(plan.tenantId, plan.rolloutId, plan.state);
      plans.insert(key, plan);
      return plans.get(key) ?? plan;
    },
    async getPlan(tenant, rollout, which = 'newest') { return (which === 'draft' ? null : plans.get(keyOf(tenant, rollout, 'fixed'))) ?? plans.get(keyOf(tenant, rollout, 'draft')); },
    async putVerdict(verdict) {
      const key = keyOf(verdict.tenantId, verdict.rolloutId, verdict.n);
      verdicts.insert(key, verdict);
      return verdicts.get(key) ?? verdict;
    },
    async verdicts(tenant, rollout, limit) {
      return verdicts.filter((each) => each.tenantId === tenant && each.rolloutId === rollout).sort((a, b) => b.n - a.n).slice(0, limit);
    },
    async putProgress(value) {
      const key = keyOf(value.tenantId, value.rolloutId);
      const known = progress.get(key);
      if (known === null || known.updatedAtMs <= value.updatedAtMs) progress.set(key, value);
    },
    async getProgress(tenant, rollout) { return progress.get(keyOf(tenant, rollout)); },
  };
}
