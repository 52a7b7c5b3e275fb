import type { MicroBlock, Progress } from '../domain/analysis/blocks.ts';
import type { AlphaSpent } from '../domain/analysis/false-promotions.ts';
import type { ClosedPage } from '../domain/analysis/closed-page.ts';
import type { Evidence } from '../domain/analysis/evidence.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import type { Verdict } from '../domain/analysis/verdict.ts';
import type { DeploymentUid, RolloutId, TenantId } from '../domain/ids.ts';

/** Sealed blocks, plans and verdicts: written once, kept for good. */
export interface EvidenceStore {
  /** Inserts by (rolloutId, metric, slot); a block that is there stays as it is, in a closed page too. Returns whether it was new. */
  seal(block: MicroBlock): Promise<boolean>;
  /** Every block, in a page or not, of one moment. By slot, then metric. Long: for export and tests; summary tells the same in brief. */
  blocks(tenant: TenantId, rollout: RolloutId): Promise<readonly MicroBlock[]>;
  /** The newest `limit` blocks of one paired metric, in order of slots. */
  newestBlocks(tenant: TenantId, rollout: RolloutId, of: { readonly metric: string; readonly limit: number }): Promise<readonly MicroBlock[]>;
  /** What the judge needs, of one moment: closed pages without their blocks, and the blocks that are in none of these. */
  summary(tenant: TenantId, rollout: RolloutId): Promise<Evidence>;
  /** Blocks of one metric below a slot that no page has taken in yet, by slot; those left behind by a close that was cut off, too. */
  unpaged(tenant: TenantId, rollout: RolloutId, of: { readonly metric: string; readonly beforeSlot: number; readonly limit: number }): Promise<readonly MicroBlock[]>;
  /**
   * Inserts by (rolloutId, metric, page); a page that is there stays as it is. Then removes those single blocks that the stored page holds, and no other:
   * whatever dies in between, `seal`, `blocks` and `summary` answer as if nothing had moved. Returns whether the page was new.
   */
  closePage(page: ClosedPage): Promise<boolean>;
  /** The draft at the start of shadow and the fixed plan after the pilot; each insert-once: a second put returns the first. */
  putPlan(plan: AnalysisPlan): Promise<AnalysisPlan>;
  /** The fixed plan where there is one, else the draft; or the draft alone, which the verdicts of the pilot rest on. */
  getPlan(tenant: TenantId, rollout: RolloutId, which?: 'newest' | 'draft'): Promise<AnalysisPlan | null>;
  /** The plan of each rollout of the deployment whose comparison began at `sinceMs` or later (startedAtMs), the fixed one where there is one; newest first. */
  newestPlans(tenant: TenantId, deployment: DeploymentUid, of: { readonly sinceMs: number; readonly limit: number }): Promise<readonly AnalysisPlan[]>;
  /** What the fixed plans of the deployment since then spend (false-promotions.ts spentBy), oldest first: all of them, so that no budget is spent twice. */
  alphaSpent(tenant: TenantId, deployment: DeploymentUid, sinceMs: number): Promise<readonly AlphaSpent[]>;
  /** Insert by (rolloutId, n); the same n again returns the stored one. */
  putVerdict(verdict: Verdict): Promise<Verdict>;
  /** Newest first. */
  verdicts(tenant: TenantId, rollout: RolloutId, limit: number): Promise<readonly Verdict[]>;
  putProgress(progress: Progress): Promise<void>;
  getProgress(tenant: TenantId, rollout: RolloutId): Promise<Progress | null>;
}
