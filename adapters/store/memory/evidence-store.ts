import type { MicroBlock, Progress } from '../../../domain/analysis/blocks.ts';
import { spentBy } from '../../../domain/analysis/false-promotions.ts';
import { blocksIn, inOrder, outsidePages, summaryOf, type ClosedPage } from '../../../domain/analysis/closed-page.ts';
import { pageOf, holds, slotsOf } from '../../../domain/analysis/pages.ts';
import type { AnalysisPlan } from '../../../domain/analysis/plan.ts';
import type { Verdict } from '../../../domain/analysis/verdict.ts';
import type { RolloutId, TenantId } from '../../../domain/ids.ts';
import type { EvidenceStore } from '../../../ports/evidence-store.ts';
import { compareText } from '../label-history.ts';
import { createTable, keyOf } from './table.ts';

type Sealed = Pick<EvidenceStore, 'seal' | 'blocks' | 'newestBlocks' | 'summary' | 'unpaged' | 'closePage'>;

export function createEvidenceStore(): EvidenceStore {
  const plans = createTable<AnalysisPlan>();
  const verdicts = createTable<Verdict>();
  const progress = createTable<Progress>();
  return {
    ...sealed(),
    async putPlan(plan) {
      const key = keyOf(plan.tenantId, plan.rolloutId, plan.state);
      plans.insert(key, plan);
      return plans.get(key) ?? plan;
    },
    async getPlan(tenant, rollout, which = 'newest') { return (which === 'draft' ? null : plans.get(keyOf(tenant, rollout, 'fixed'))) ?? plans.get(keyOf(tenant, rollout, 'draft')); },
    async newestPlans(tenant, deployment, { sinceMs, limit }) {
      const since = plans.filter((each) => each.tenantId === tenant && each.deploymentUid === deployment && each.startedAtMs >= sinceMs).sort((a, b) => b.startedAtMs - a.startedAtMs || compareText(b.rolloutId, a.rolloutId));
      return since.filter(({ rolloutId, state }) => state === 'fixed' || plans.get(keyOf(tenant, rolloutId, 'fixed')) === null).slice(0, limit);
    },
    async alphaSpent(tenant, deployment, sinceMs) {
      return plans.filter((each) => each.tenantId === tenant && each.deploymentUid === deployment && each.startedAtMs >= sinceMs && each.state === 'fixed').map(spentBy).sort((a, b) => a.atMs - b.atMs);
    },
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

function sealed(): Sealed {
  const single = createTable<MicroBlock>();
  const closed = createTable<ClosedPage>();
  const key = (of: Pick<MicroBlock, 'tenantId' | 'rolloutId' | 'metric'>, n: number): string => keyOf(of.tenantId, of.rolloutId, of.metric, n);
  const all = (tenant: TenantId, rollout: RolloutId): { blocks: MicroBlock[]; pages: ClosedPage[] } => {
    const wanted = (each: MicroBlock | ClosedPage): boolean => each.tenantId === tenant && each.rolloutId === rollout;
    return { blocks: single.filter(wanted), pages: closed.filter(wanted) };
  };
  return {
    async seal(block) {
      const page = closed.get(key(block, pageOf(block.slot)));
      return page !== null && holds(page, block.slot) ? false : single.insert(key(block, block.slot), block);
    },
    async blocks(tenant, rollout) {
      const { blocks, pages } = all(tenant, rollout);
      return inOrder([...pages.flatMap(blocksIn), ...outsidePages(pages, blocks)]);
    },
    async newestBlocks(tenant, rollout, { metric, limit }) {
      return inOrder(all(tenant, rollout).blocks.filter((block) => block.metric === metric)).slice(-limit);
    },
    async summary(tenant, rollout) {
      const { blocks, pages } = all(tenant, rollout);
      return summaryOf(pages, blocks, pages);
    },
    async unpaged(tenant, rollout, { metric, beforeSlot, limit }) {
      return inOrder(all(tenant, rollout).blocks.filter((block) => block.metric === metric && block.slot < beforeSlot)).slice(0, limit);
    },
    async closePage(page) {
      const isNew = closed.insert(key(page, page.page), page);
      for (const slot of slotsOf(closed.get(key(page, page.page)) ?? page)) single.delete(key(page, slot));
      return isNew;
    },
  };
}
