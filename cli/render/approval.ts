import { explainApproval } from '../../domain/rollout/approval.ts';
import type { RolloutRecord } from '../../domain/rollout/record.ts';

/** Who is asked, by when, who has agreed; nothing where nothing waits for approval. */
export function askOf({ plan, state }: RolloutRecord): readonly string[] {
  return state.stage === 'approving' && plan.approval && state.approval ? [explainApproval(plan.approval, state.approval)] : [];
}

/** What keeps it from going forward. */
export function heldOf({ state }: RolloutRecord): readonly string[] { return state.stage !== 'done' && state.heldBy ? [`held: ${state.heldBy}`] : []; }
