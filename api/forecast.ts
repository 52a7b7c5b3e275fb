import { OLDEST_MS, LOOK_AT } from '../domain/analysis/earlier-rollouts.ts';
import { budgetOf, YEAR_MS } from '../domain/analysis/false-promotions.ts';
import { forecastOf } from '../domain/analysis/forecast.ts';
import { forecastNote } from '../domain/analysis/forecast-note.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import type { DeploymentSpec } from '../domain/deployment.ts';
import { parseRolloutId, type DeploymentUid, type TenantId } from '../domain/ids.ts';
import type { ApiPorts } from './call.ts';
import type { Forecast } from './contract.ts';

export interface Foreseen { readonly spec: DeploymentSpec; readonly uid: DeploymentUid | null; readonly tenant: TenantId; readonly nowMs: number }

/** By the newest rollout of the deployment whose plan learnt something and that compared the same required metrics by the same cycle and maturity. */
export async function forecastFor({ stores: { evidence } }: ApiPorts, { spec, uid, tenant, nowMs }: Foreseen): Promise<Forecast | null> {
  if (uid === null) return null;
  const plans = await evidence.newestPlans(tenant, uid, { sinceMs: nowMs - OLDEST_MS, limit: LOOK_AT });
  const like = plans.find((plan) => isLike(plan, spec));
  if (like === undefined) return null;
  const { rollout } = spec.spec;
  const { nextAlpha } = budgetOf(rollout, await evidence.alphaSpent(tenant, uid, nowMs - YEAR_MS));
  // What taught that rollout, or its own pilot, stands in for the pilot of the next one.
  return { like: like.rolloutId, metrics: [...forecastOf({ ...like, engine: rollout.engine ?? 'strict', pilotCycles: rollout.pilotCycles }, { horizonMs: rollout.horizonMs, alpha: nextAlpha, hasPilot: false })] };
}

export function forecastNotes(forecast: Forecast | null, { spec }: DeploymentSpec): readonly string[] {
  return forecast === null ? [] : forecast.metrics.map((metric) => forecastNote(metric, spec, parseRolloutId(forecast.like).n));
}

function isLike(plan: AnalysisPlan, { spec: { labels, metrics, rollout } }: DeploymentSpec): boolean {
  const required = metrics.filter(({ role }) => role === 'required').map(({ name }) => name);
  return plan.state === 'fixed' && plan.cycleMs === rollout.cycleMs && plan.maturityMs === (labels?.maturityMs ?? 0)
    && required.every((name) => plan.metrics.some((metric) => metric.name === name && metric.role === 'required' && (metric.plannedFrom === 'pilot' || metric.plannedFrom === 'earlier-rollout')));
}
