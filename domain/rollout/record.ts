import type { Actor } from '../audit.ts';
import type { VariantSummary } from '../variant.ts';
import type { DeploymentUid, RolloutId, TenantId, VariantId } from '../ids.ts';
import type { RolloutPlan } from './plan.ts';
import type { RolloutState } from './machine.ts';

/** One line of the rollout's story, in plain words. */
export interface StoryLine { readonly atMs: number; readonly stage: string; readonly text: string }

/** The rollout as stored: a projection written by its workflow with revision > stored. */
export interface RolloutRecord {
  readonly tenantId: TenantId;
  readonly rolloutId: RolloutId;
  readonly deploymentUid: DeploymentUid;
  readonly n: number;
  readonly revision: number;
  readonly model: string;
  readonly specHash: string;
  readonly plan: RolloutPlan;
  readonly state: RolloutState;
  readonly champion: VariantSummary | null;
  readonly challenger: VariantSummary | null;
  /** All that were tried beside the rollout's own model, as soon as they are validated; absent: none. */
  readonly contenders?: readonly VariantSummary[];
  readonly startedBy: Actor;
  readonly reason: string | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly story: readonly StoryLine[];
  readonly workflowId: string;
}

/** The model that would go on, or did: of several the one that leads. */
export function modelTried({ model, challenger }: Pick<RolloutRecord, 'model' | 'challenger'>): string { return challenger?.model ?? model; }

/** The model of one that was tried; of several the rollout's own is the one that is named nowhere else. */
export function modelOf({ model, champion, challenger, contenders = [] }: Pick<RolloutRecord, 'model' | 'champion' | 'challenger' | 'contenders'>, variantId: VariantId): string {
  return [...contenders, challenger, champion].find((each) => each?.variantId === variantId)?.model ?? model;
}
