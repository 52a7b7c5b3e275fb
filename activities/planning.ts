import { blocksToRead, isComparable, LEARN_FROM, LOOK_AT, OLDEST_MS, planFromEarlier, type EarlierRollout } from '../domain/analysis/earlier-rollouts.ts';
import { atAlpha, budgetOf, spentBefore, YEAR_MS } from '../domain/analysis/false-promotions.ts';
import { pairedPlans } from '../domain/analysis/metric-plan.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import { asksForPilot } from '../domain/analysis/planning.ts';
import type { DeploymentSpec } from '../domain/deployment.ts';
import { specOf } from './lookup.ts';
import type { ActivityPorts } from './ports.ts';

/** The draft, or the plan fixed at once where earlier rollouts of the deployment teach it. Chosen when the comparison opens, before any of its evidence. */
export async function firstPlan(ports: ActivityPorts, draft: AnalysisPlan, spec: DeploymentSpec): Promise<AnalysisPlan> {
  if (!asksForPilot(draft)) return draft;
  const fixed = planFromEarlier(draft, await earlierRollouts(ports, draft, spec));
  return fixed === null ? draft : atGrantedAlpha(ports, fixed, spec);
}

/** A plan that has just been fixed, at the alpha that the yearly budget grants its rollout. Storing the plan is what spends it: the store keeps one a rollout. */
export async function atGrantedAlpha(ports: ActivityPorts, fixed: AnalysisPlan, spec: DeploymentSpec): Promise<AnalysisPlan> {
  const spent = await ports.stores.evidence.alphaSpent(fixed.tenantId, fixed.deploymentUid, fixed.startedAtMs - YEAR_MS);
  return atAlpha(fixed, budgetOf(spec.spec.rollout, spentBefore(fixed, spent)).nextAlpha);
}

/** The newest comparable rollouts, each with the newest blocks of the metrics to plan; reads are bounded by the constants of earlier-rollouts.ts. */
async function earlierRollouts({ stores: { deployments, evidence } }: ActivityPorts, draft: AnalysisPlan, spec: DeploymentSpec): Promise<readonly EarlierRollout[]> {
  const { tenantId } = draft;
  const plans = await evidence.newestPlans(tenantId, draft.deploymentUid, { sinceMs: draft.startedAtMs - OLDEST_MS, limit: LOOK_AT });
  const found: EarlierRollout[] = [];
  for (const plan of plans.filter(({ rolloutId }) => rolloutId !== draft.rolloutId)) {
    if (found.length === LEARN_FROM) break;
    if (!isComparable({ plan: draft, spec }, { plan, spec: await specOf(deployments, tenantId, plan.specHash) })) continue;
    const blocks = await Promise.all(pairedPlans(draft).map((metric) => evidence.newestBlocks(tenantId, plan.rolloutId, { metric: metric.name, limit: blocksToRead(draft, metric) })));
    found.push({ plan, blocks: blocks.flat() });
  }
  return found;
}
