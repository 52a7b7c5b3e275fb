import { budgetOf, YEAR_MS } from '../domain/analysis/false-promotions.ts';
import { blocksToRead, LOOK_AT, OLDEST_MS } from '../domain/analysis/earlier-rollouts.ts';
import { forecastOf, trafficOf } from '../domain/analysis/forecast.ts';
import { forecastNote, marginOf, shadowNote } from '../domain/analysis/forecast-note.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import type { DeploymentSpec } from '../domain/deployment.ts';
import { parseRolloutId, type DeploymentUid, type TenantId } from '../domain/ids.ts';
import { pairedPlans } from '../domain/analysis/metric-plan.ts';
import { money } from '../domain/money.ts';
import type { EvidenceStore } from '../ports/evidence-store.ts';
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
  const requestsPerMs = await trafficSeen(evidence, like);
  const metrics = forecastOf({ ...like, engine: rollout.engine ?? 'strict', pilotCycles: rollout.pilotCycles }, { horizonMs: rollout.horizonMs, alpha: nextAlpha / (1 + (spec.spec.contenders?.length ?? 0)), hasPilot: false, marginOf: (name) => marginOf(name, spec.spec), requestsPerMs });
  return { like: like.rolloutId, metrics: [...metrics], shadow: requestsPerMs === null || rollout.compare === 'split' ? null : shadowOf(spec, requestsPerMs) };
}

/** By the first metric that both versions were compared by, as far back as planning reads. */
async function trafficSeen(evidence: EvidenceStore, like: AnalysisPlan): Promise<number | null> {
  const [metric] = pairedPlans(like);
  return metric === undefined ? null : trafficOf(await evidence.newestBlocks(like.tenantId, like.rolloutId, { metric: metric.name, limit: blocksToRead(like, metric) }), metric);
}

/** The pairs seen are what was copied; as many come as long as shadow may last. */
function shadowOf({ spec: { contenders = [], rollout, value } }: DeploymentSpec, requestsPerMs: number): NonNullable<Forecast['shadow']> {
  const requests = Math.round(Math.min(rollout.shadow.maxMs, rollout.horizonMs) * requestsPerMs) * (1 + contenders.length);
  return { requests, cost: value === null || value.costPerRequest === 0 ? null : money(requests * value.costPerRequest, value.currency) };
}

export function forecastNotes(forecast: Forecast | null, { spec }: DeploymentSpec): readonly string[] {
  if (forecast === null) return [];
  return [...forecast.metrics.map((metric) => forecastNote(metric, spec, parseRolloutId(forecast.like).n)), ...(forecast.shadow === null ? [] : [shadowNote(forecast.shadow)])];
}

function isLike(plan: AnalysisPlan, { spec: { labels, metrics, rollout } }: DeploymentSpec): boolean {
  const required = metrics.filter(({ role }) => role === 'required').map(({ name }) => name);
  return plan.state === 'fixed' && plan.cycleMs === rollout.cycleMs && plan.compare === rollout.compare && plan.maturityMs === (labels?.maturityMs ?? 0)
    && required.every((name) => plan.metrics.some((metric) => metric.name === name && metric.role === 'required' && (metric.plannedFrom === 'pilot' || metric.plannedFrom === 'earlier-rollout')));
}
