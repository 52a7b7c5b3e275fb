import type { MicroBlock, Progress } from '../domain/analysis/blocks.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import type { Verdict } from '../domain/analysis/verdict.ts';
import type { RolloutId, TenantId } from '../domain/ids.ts';

/** Sealed blocks, plans and verdicts: written once, kept for good. */
export interface EvidenceStore {
  /** Inserts by (rolloutId, metric, slot); a block that is there stays as it is. Returns whether it was new. */
  seal(block: MicroBlock): Promise<boolean>;
  /** By slot, then metric. */
  blocks(tenant: TenantId, rollout: RolloutId): Promise<readonly MicroBlock[]>;
  /** The draft at the start of shadow and the fixed plan after the pilot; each insert-once: a second put returns the first. */
  putPlan(plan: AnalysisPlan): Promise<AnalysisPlan>;
  /** The fixed plan where there is one, else the draft; or the draft alone, which the verdicts of the pilot rest on. */
  getPlan(tenant: TenantId, rollout: RolloutId, which?: 'newest' | 'draft'): Promise<AnalysisPlan | null>;
  /** Insert by (rolloutId, n); the same n again returns the stored one. */
  putVerdict(verdict: Verdict): Promise<Verdict>;
  /** Newest first. */
  verdicts(tenant: TenantId, rollout: RolloutId, limit: number): Promise<readonly Verdict[]>;
  putProgress(progress: Progress): Promise<void>;
  getProgress(tenant: TenantId, rollout: RolloutId): Promise<Progress | null>;
}
