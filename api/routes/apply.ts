import { createEgress } from '../../config/egress.ts';
import { newId } from '../../config/ids.ts';
import { budgetNote, YEAR_MS } from '../../domain/analysis/false-promotions.ts';
import { parseDeployment } from '../../domain/deployment.schema.ts';
import type { DeploymentSpec } from '../../domain/deployment.ts';
import type { DeploymentRecord } from '../../domain/deployment-record.ts';
import { explainFreeze } from '../../domain/freeze.ts';
import { parseDuration } from '../../domain/duration.ts';
import { LastmileError, unknownName } from '../../domain/errors.ts';
import type { TenantId } from '../../domain/ids.ts';
import { parseModelRef } from '../../domain/model.ts';
import { planChanges } from '../../domain/plan-changes.ts';
import { neverTells, planNotes } from '../../domain/plan-notes.ts';
import { emptyRoute } from '../../domain/traffic/commands.ts';
import type { Route } from '../../domain/traffic/route.ts';
import { ok, type Answer, type ApiPorts, type ApiSettings, type Call, type Handlers } from '../call.ts';
import { recordChange } from '../changes.ts';
import type { ApplyAnswer, PlanAnswer } from '../contract.ts';
import { forecastFor, forecastNotes } from '../forecast.ts';
import { freezeNow, overridden, passFreeze } from '../frozen.ts';
import { invalidRequest } from '../problem.ts';
import { rolloutDecision, type RolloutDecision } from '../rollout-decision.ts';
import { configureRoute, refuseNewKey, routeNotes, settingsOf } from '../route-settings.ts';
import { startRollout, storedButUnanswered } from '../start-rollout.ts';
import { deploymentLinks, everyPage, rolloutLinks, specOf } from '../views.ts';

export function applyRoutes(ports: ApiPorts): Pick<Handlers, 'plan' | 'apply'> {
  return {
    async plan({ principal, body, nowMs }) {
      const spec = read(body.spec, ports.settings);
      const before = await current(ports, principal.tenant, spec.metadata.name);
      const forecast = await forecastFor(ports, { spec, uid: before?.deployment.uid ?? null, tenant: principal.tenant, nowMs });
      const notes = [...await notesBefore(ports, { tenant: principal.tenant, nowMs }, spec, before), ...forecastNotes(forecast, spec)];
      return ok({ spec, notes, changes: planChanges(before?.spec ?? null, spec), forecast } satisfies PlanAnswer);
    },
    apply: (call) => apply(ports, call),
  };
}

interface Current { readonly deployment: DeploymentRecord; readonly spec: DeploymentSpec; readonly route: Route | null }

/** Whether a freeze holds the deployment, by the labels of the file. */
async function freezeNotes(ports: ApiPorts, tenant: TenantId, { metadata }: DeploymentSpec, nowMs: number): Promise<readonly string[]> {
  const freeze = await freezeNow(ports, tenant, metadata, nowMs);
  return freeze === null ? [] : [`Now ${explainFreeze(freeze, nowMs)}: a rollout is refused, and a running one takes no step forward.`];
}

/** What plan and a dry run tell before anything is done. */
async function notesBefore(ports: ApiPorts, { tenant, nowMs }: { readonly tenant: TenantId; readonly nowMs: number }, spec: DeploymentSpec, before: Current | null): Promise<readonly string[]> {
  return [...await freezeNotes(ports, tenant, spec, nowMs), ...routeNotes(before, spec), ...await notesOn(ports, spec, before, nowMs)];
}

/** What to know before: of the file, and of the budget that its rollouts have spent. */
async function notesOn({ stores }: ApiPorts, spec: DeploymentSpec, before: Current | null, nowMs: number): Promise<readonly string[]> {
  const spent = before === null ? [] : await stores.evidence.alphaSpent(before.deployment.tenantId, before.deployment.uid, nowMs - YEAR_MS);
  return [...planNotes(spec), budgetNote(spec.spec.rollout, spent)];
}

/** What has to hold before anything is written. LM_INVALID_SPEC, LM_INVALID_REQUEST, LM_UNKNOWN_ADAPTER, LM_COMMAND_REFUSED. */
async function admit(ports: ApiPorts, { body, params, principal: { tenant } }: Call<'apply'>): Promise<{ readonly spec: DeploymentSpec; readonly before: Current | null }> {
  const spec = read(body.spec, ports.settings);
  const { name } = spec.metadata;
  if (params.name !== name) throw invalidRequest(`The file is for ${name}, the path for ${String(params.name)}.`);
  if (body.retry && body.reason === null) throw invalidRequest('A retry needs a reason: say why a version that was tried before is tried again.');
  const never = neverTells(spec);
  if (never !== null) throw new LastmileError('LM_INVALID_SPEC', never);
  const before = await current(ports, tenant, name);
  if (before !== null) refuseNewKey(before, spec);
  return { spec, before };
}

async function apply(ports: ApiPorts, call: Call<'apply'>): Promise<Answer> {
  const { spec, before } = await admit(ports, call);
  if (!call.body.dryRun) {
    await refuseWhenFrozen(ports, call, spec, before);
    return carryOut(ports, call, spec, before);
  }
  return ok(answer(ports, spec, { result: 'planned', notes: [...planChanges(before?.spec ?? null, spec), ...await notesBefore(ports, { tenant: call.principal.tenant, nowMs: call.nowMs }, spec, before)] }));
}

/** A file that names another version would start a rollout: in a freeze, by the labels of before or of now, it is refused before anything of it is stored. What overrides it is recorded where the rollout starts, or here where only the labels of before are held, which the start no longer sees. */
async function refuseWhenFrozen(ports: ApiPorts, call: Call<'apply'>, { metadata, spec: { model } }: DeploymentSpec, before: Current | null): Promise<void> {
  const { retry, overrideFreeze, reason } = call.body;
  const wantsRollout = before === null || retry || (before.spec.spec.model !== model && before.deployment.status.champion?.model !== model);
  if (!wantsRollout) return;
  const wish = { what: `a rollout of ${model}`, override: overrideFreeze, reason };
  const held = await overridden(ports, call, { of: metadata, ...wish });
  if (held === null && before !== null) await passFreeze(ports, call, { of: before.spec.metadata, ...wish });
}

/**
 * Documents before effects, and every step may be repeated: file by hash, deployment, route, audit record, settings of the route, schedule, rollout.
 * Where Temporal does not answer the file is kept and nothing runs; the same call again goes on from there.
 */
async function carryOut(ports: ApiPorts, call: Call<'apply'>, spec: DeploymentSpec, before: Current | null): Promise<Answer> {
  const { body: { retry, reason, overrideFreeze }, principal: { tenant } } = call;
  const deployment = await store(ports, call, spec, before?.deployment ?? null);
  await recordFile(ports, call, deployment);
  await configureRoute(ports, deployment, spec, call.nowMs);
  await putSchedule(ports, { tenant, deploymentUid: deployment.uid, deployment: deployment.name }, spec, deployment.specHash);
  const changed = before?.deployment.specHash !== deployment.specHash;
  const decision = await decide(ports, { spec, deployment, before, retry });
  if (!decision.start) return ok(answer(ports, spec, { result: changed ? 'updated' : 'unchanged', rollout: decision.rollout?.n ?? null, notes: [...routeNotes(before, spec), whyNot(decision, spec), ...planNotes(spec)] }));
  const accepted = await startRollout(ports, { ...call, updateId: updateIdOf(call, deployment) }, { deployment, model: spec.spec.model, whenBusy: spec.spec.rollout.whenBusy, retry, reason, labels: spec.metadata.labels, overrideFreeze });
  return ok(answer(ports, spec, { result: accepted.state, rollout: accepted.n, notes: [...routeNotes(before, spec), ...planNotes(spec)] }), 202);
}

/** The normal form, with names that this installation knows. */
function read(file: Readonly<Record<string, unknown>>, { registries, backends, egress }: ApiSettings): DeploymentSpec {
  const spec = parseDeployment(file);
  const { registry } = parseModelRef(spec.spec.model);
  if (!registries.includes(registry) && registry !== 'running') throw unknownName('model registry', registry, [...registries, 'running']);
  if (!backends.includes(spec.spec.serving.backend)) throw unknownName('serving backend', spec.spec.serving.backend, backends);
  const { url } = spec.spec.serving;
  if (url !== null) createEgress('target', egress).admit(url);
  for (const { question } of spec.spec.externalMetrics ?? []) createEgress('source', egress).admit(question.url);
  return spec;
}

async function current(ports: ApiPorts, tenant: TenantId, name: string): Promise<Current | null> {
  const deployment = await ports.stores.deployments.getDeployment(tenant, name);
  if (deployment === null) return null;
  return { deployment, spec: await specOf(ports, deployment), route: await ports.stores.routes.get(tenant, deployment.uid) };
}

async function store({ stores }: ApiPorts, { principal: { tenant }, nowMs }: Call<'apply'>, spec: DeploymentSpec, before: DeploymentRecord | null): Promise<DeploymentRecord> {
  const specHash = await stores.deployments.putSpec(tenant, spec);
  const { record } = before?.specHash === specHash ? { record: before } : await stores.deployments.putDeployment(before === null ? newborn(tenant, spec.metadata.name, specHash, nowMs) : { ...before, specHash, updatedAtMs: nowMs });
  await stores.routes.create(emptyRoute({ tenantId: tenant, deploymentUid: record.uid, name: record.name, ...settingsOf(spec) }));
  return record;
}

/** Without an Idempotency-Key the file is the key: the same file again is the same order, unless a retry is asked for. */
function updateIdOf({ keyed, updateId, body: { retry }, principal: { tenant } }: Call<'apply'>, { uid, specHash, updatedAtMs }: DeploymentRecord): string {
  return keyed || retry ? updateId : `${tenant}:apply:${uid}:${specHash}:${String(updatedAtMs)}`;
}

/** Repeated by every apply of the same file, so that a call that broke off before it is made good by the next. */
async function recordFile(ports: ApiPorts, call: Call<'apply'>, { uid, name, specHash, createdAtMs, updatedAtMs }: DeploymentRecord): Promise<void> {
  const action = createdAtMs === updatedAtMs ? 'deployment.create' : 'deployment.update';
  await recordChange(ports, call, { action, subject: name, digest: specHash, reason: call.body.reason, identity: `${uid} ${specHash} ${String(updatedAtMs)}` });
}

function newborn(tenantId: TenantId, name: string, specHash: string, nowMs: number): DeploymentRecord {
  return {
    tenantId, uid: newId('dep'), name, specHash, createdAtMs: nowMs, updatedAtMs: nowMs,
    status: { revision: 0, phase: 'empty', champion: null, challenger: null, activeRollout: null, rolloutCount: 0, lastVerdict: null, lastGood: [], pinnedBy: null, message: 'No version serves yet.' },
  };
}

/** Reconciled at each apply, also to none: a call that failed half way is made good by the next. */
async function putSchedule({ orchestrator }: ApiPorts, target: Parameters<ApiPorts['orchestrator']['putSchedule']>[0], { spec: { retrain } }: DeploymentSpec, specHash: string): Promise<void> {
  try {
    await orchestrator.putSchedule(target, retrain === null ? null : { everyMs: parseDuration(retrain.every), specHash });
  } catch (error) {
    throw storedButUnanswered(target.deployment, error);
  }
}

async function decide({ stores }: ApiPorts, { spec, deployment, before, retry }: { spec: DeploymentSpec; deployment: DeploymentRecord; before: Current | null; retry: boolean }): Promise<RolloutDecision> {
  const rollouts = before === null ? [] : await everyPage((page) => stores.deployments.listRollouts(deployment.tenantId, deployment.uid, page));
  return rolloutDecision({
    model: spec.spec.model, specHash: deployment.specHash, retry, rollouts,
    before: before === null ? null : { deployment: before.deployment, model: before.spec.spec.model },
  });
}

function whyNot(decision: Extract<RolloutDecision, { start: false }>, { spec: { model } }: DeploymentSpec): string {
  const n = String(decision.rollout?.n ?? 0);
  if (decision.why === 'champion') return `${model} is the champion${decision.rollout === null ? '' : ` since rollout ${n}`}: nothing to try.`;
  if (decision.why === 'running') return `${model} is being tried in rollout ${n}.`;
  return `${model} was tried in rollout ${n} (${decision.rollout?.state.outcome ?? 'ended'}); to try it again, apply with retry and a reason.`;
}

function answer(ports: ApiPorts, spec: DeploymentSpec, part: Pick<ApplyAnswer, 'result' | 'notes'> & { readonly rollout?: number | null }): ApplyAnswer {
  const { name } = spec.metadata;
  const rollout = part.rollout ?? null;
  return { result: part.result, deployment: name, rollout, spec, notes: part.notes, links: rollout === null ? deploymentLinks(ports, name) : rolloutLinks(ports, name, rollout) };
}
