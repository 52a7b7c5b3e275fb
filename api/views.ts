import { setTimeout as delay } from 'node:timers/promises';
import type { DeploymentSpec } from '../domain/deployment.ts';
import type { DeploymentRecord } from '../domain/deployment-record.ts';
import { LastmileError } from '../domain/errors.ts';
import { NAME, rolloutId, type TenantId } from '../domain/ids.ts';
import { DRILLS_SEEN, drillSummary, drillTerms, type DrillSummary } from '../domain/kill/drill.ts';
import type { KillRecord } from '../domain/kill/kill.ts';
import { killedChampion } from '../domain/kill/sentence.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { Route } from '../domain/traffic/route.ts';
import type { Page } from '../ports/deployment-store.ts';
import type { ProcessDescription } from '../ports/orchestrator.ts';
import type { ApiPorts } from './call.ts';
import type { DeploymentLine, DeploymentView, Links, RolloutView } from './contract.ts';
import { driftSummary } from './drift-view.ts';
import { shownKill } from './kill/view.ts';

/** Read models: what the stores hold, put together for a reader. Temporal is asked for its link only, and not waited for. */

const LINK_PATIENCE_MS = 1_000;
const PAGE = 200;

/** LM_DEPLOYMENT_NOT_FOUND for names of other tenants too: the answer does not tell them apart. */
export async function deploymentNamed({ stores }: ApiPorts, tenant: TenantId, name: string | undefined): Promise<DeploymentRecord> {
  const record = name !== undefined && NAME.test(name) ? await stores.deployments.getDeployment(tenant, name) : null;
  if (record === null) throw new LastmileError('LM_DEPLOYMENT_NOT_FOUND', `There is no deployment "${(name ?? '').slice(0, 63)}"; \`lastmile status\` lists those there are.`);
  return record;
}

/** LM_ROLLOUT_NOT_FOUND for what is no number too. */
export function rolloutNumber(text: string | undefined): number {
  if (text !== undefined && /^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new LastmileError('LM_ROLLOUT_NOT_FOUND', `"${(text ?? '').slice(0, 20)}" is not the number of a rollout; they count from 1.`);
}

export async function rolloutNumbered({ stores }: ApiPorts, deployment: DeploymentRecord, n: number): Promise<RolloutRecord> {
  const record = await stores.deployments.getRollout(deployment.tenantId, rolloutId(deployment.uid, n));
  if (record === null) throw new LastmileError('LM_ROLLOUT_NOT_FOUND', `${deployment.name} has no rollout ${String(n)}; it has had ${String(deployment.status.rolloutCount)}.`);
  return record;
}

export async function specOf({ stores }: Pick<ApiPorts, 'stores'>, deployment: DeploymentRecord): Promise<DeploymentSpec> {
  const spec = await stores.deployments.getSpec(deployment.tenantId, deployment.specHash);
  if (spec === null) throw new LastmileError('LM_INVARIANT', `The file of ${deployment.name} (${deployment.specHash}) is not in the store.`);
  return spec;
}

/** The running rollout, or the newest that ran. */
export async function newestRollout({ stores }: ApiPorts, { tenantId, uid, status }: DeploymentRecord): Promise<RolloutRecord | null> {
  const active = status.activeRollout === null ? null : await stores.deployments.getRollout(tenantId, status.activeRollout);
  return active ?? (await stores.deployments.listRollouts(tenantId, uid, { limit: 1, after: null })).items[0] ?? null;
}

export async function deploymentView(ports: ApiPorts, deployment: DeploymentRecord): Promise<DeploymentView> {
  const { tenantId, uid } = deployment;
  const [spec, route, newest, kill, { summary: drills }] = await Promise.all([specOf(ports, deployment), ports.stores.routes.get(tenantId, uid), newestRollout(ports, deployment), shownKill(ports, tenantId, uid), drillsOf(ports, deployment, ports.clock())]);
  const rollout = newest === null ? null : await rolloutView(ports, deployment, newest);
  const drift = await driftSummary(ports, deployment, spec);
  return { deployment, spec, route, rollout, kill, drills, drift, links: { ...deploymentLinks(ports, deployment.name), temporal: rollout?.links.temporal ?? ports.settings.temporalUiUrl } };
}

export async function rolloutView(ports: ApiPorts, deployment: DeploymentRecord, rollout: RolloutRecord): Promise<RolloutView> {
  const { tenantId } = deployment;
  const [verdicts, progress, temporal] = await Promise.all([
    ports.stores.evidence.verdicts(tenantId, rollout.rolloutId, 1), ports.stores.evidence.getProgress(tenantId, rollout.rolloutId), temporalLink(ports, rollout.workflowId),
  ]);
  return { rollout, verdict: verdicts[0] ?? null, progress, links: { ...rolloutLinks(ports, deployment.name, rollout.n), temporal } };
}

export function deploymentLinks({ settings }: ApiPorts, name: string): Links {
  return { self: `${settings.apiUrl}/api/v1/deployments/${name}`, temporal: settings.temporalUiUrl, page: `${settings.apiUrl}/deployments/${name}` };
}
export function rolloutLinks(ports: ApiPorts, name: string, n: number): Links {
  const links = deploymentLinks(ports, name);
  return { ...links, self: `${links.self}/rollouts/${String(n)}` };
}

/** A link is a courtesy: without an answer in a second there is none. */
async function temporalLink({ orchestrator }: ApiPorts, workflowId: string): Promise<string | null> {
  return (await temporalProcess({ orchestrator }, workflowId))?.link ?? null;
}

export async function temporalProcess({ orchestrator }: Pick<ApiPorts, 'orchestrator'>, workflowId: string): Promise<ProcessDescription | null> {
  return Promise.race([orchestrator.describe(workflowId).catch(() => null), delay(LINK_PATIENCE_MS, null, { ref: false })]);
}

/** Every item of a paged list. */
export async function everyPage<T>(read: (page: { readonly limit: number; readonly after: string | null }) => Promise<Page<T>>): Promise<readonly T[]> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const page: Page<T> = await read({ limit: PAGE, after });
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

/** Sick ones first, then by name. */
export async function deploymentLines({ stores }: ApiPorts, tenant: TenantId): Promise<readonly DeploymentLine[]> {
  const records = await everyPage((page) => stores.deployments.listDeployments(tenant, page));
  const routes = await Promise.all(records.map(({ uid }) => stores.routes.get(tenant, uid)));
  return records.map((record, i) => lineOf(record, routes[i] ?? null)).sort((a, b) => Number(b.sick) - Number(a.sick) || (a.name < b.name ? -1 : 1));
}

function lineOf({ name, status, updatedAtMs }: DeploymentRecord, route: Route | null): DeploymentLine {
  const killed = route === null ? null : killedChampion(route);
  const sick = killed !== null || status.phase === 'attention' || (status.champion === null && status.rolloutCount > 0 && status.activeRollout === null);
  return { name, phase: status.phase, champion: status.champion?.model ?? null, challenger: status.challenger?.model ?? null, sentence: killed ?? status.message, sick, updatedAtMs };
}

/** The newest drills, and what they say together. */
export async function drillsOf(ports: Pick<ApiPorts, 'stores'>, deployment: DeploymentRecord, nowMs: number): Promise<{ readonly summary: DrillSummary; readonly drills: readonly KillRecord[] }> {
  const [{ spec }, drills] = await Promise.all([specOf(ports, deployment), ports.stores.kills.list(deployment.tenantId, deployment.uid, DRILLS_SEEN, 'drill')]);
  return { summary: drillSummary(drillTerms(spec.drills), drills, nowMs), drills };
}
