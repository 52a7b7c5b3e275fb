import type { DeploymentRecord } from '../domain/deployment-record.ts';
import type { DeploymentSpec } from '../domain/deployment.ts';
import { LastmileError } from '../domain/errors.ts';
import { parseRolloutId } from '../domain/ids.ts';
import type { Route, RouteSettings } from '../domain/traffic/route.ts';
import type { ApiPorts } from './call.ts';

/** A deployment before a file is applied to it. */
interface Before { readonly deployment: DeploymentRecord; readonly route: Route | null }
type Setting = keyof RouteSettings;

/** The names of the deployment file. */
const NAMES: Readonly<Record<Setting, string>> = {
  fallback: 'fallback', onLostControl: 'onLostControl', stickyHeader: 'routing.stickyHeader', stickyJsonPath: 'routing.stickyJsonPath', recordInputs: 'records.inputs',
};
const KEY: readonly Setting[] = ['stickyHeader', 'stickyJsonPath'];

export function settingsOf({ spec }: DeploymentSpec): RouteSettings {
  return { fallback: spec.fallback, onLostControl: spec.onLostControl, stickyHeader: spec.routing.stickyHeader, stickyJsonPath: spec.routing.stickyJsonPath, recordInputs: spec.records.inputs || spec.segments !== undefined || spec.drift !== undefined };
}

/**
 * Brings a living route to what the file says. The command is known by the file and by the revision that was found to differ: a repeat
 * is the same command, and a route that differs again later, since two files came at once, is set right by the next apply.
 */
export async function configureRoute({ stores }: ApiPorts, { tenantId, uid, specHash, updatedAtMs }: DeploymentRecord, spec: DeploymentSpec, nowMs: number): Promise<void> {
  const route = await stores.routes.get(tenantId, uid);
  if (route === null || changed(route, spec).length === 0) return;
  const commandId = `${uid}/configure/${specHash}/${String(updatedAtMs)}/${String(route.revision)}`;
  await stores.routes.apply(tenantId, uid, { type: 'configure', commandId, atMs: nowMs, settings: settingsOf(spec) });
}

/**
 * Another sticky key draws every caller anew, and the plan of a running comparison says what one draw decides: it would be judged
 * on callers who changed sides. Asked before anything is written. LM_COMMAND_REFUSED names the rollout in the way.
 */
export function refuseNewKey({ deployment, route }: Before, spec: DeploymentSpec): void {
  const { activeRollout } = deployment.status;
  const fields = newKey(route, spec);
  if (activeRollout === null || fields.length === 0) return;
  const rollout = parseRolloutId(activeRollout).n;
  throw new LastmileError('LM_COMMAND_REFUSED', `${namesOf(fields, spec)} cannot change while rollout ${String(rollout)} of ${deployment.name} is active: its callers would change sides. Apply again when it has ended, or abort it first.`, { details: { fields: fields.map((field) => NAMES[field]), rollout } });
}

/** What a file does to the living route at once, in plain words. */
export function routeNotes(before: Before | null, spec: DeploymentSpec): readonly string[] {
  const route = before?.route ?? null;
  const fields = route === null ? [] : changed(route, spec);
  if (before === null || fields.length === 0) return [];
  const { activeRollout } = before.deployment.status;
  const key = newKey(route, spec);
  return [
    `${namesOf(fields, spec)} ${fields.length === 1 ? 'applies' : 'apply'} to the living route at once, without a rollout.`,
    ...(key.length === 0 ? [] : [activeRollout === null ? 'Another sticky key draws callers anew in the next rollout.' : `${namesOf(key, spec)} cannot change while rollout ${String(parseRolloutId(activeRollout).n)} is active: apply will refuse this file.`]),
  ];
}

function newKey(route: Route | null, spec: DeploymentSpec): readonly Setting[] { return route === null ? [] : changed(route, spec).filter((field) => KEY.includes(field)); }

function changed(route: Route, spec: DeploymentSpec): readonly Setting[] {
  const wanted = settingsOf(spec);
  return (Object.keys(NAMES) as Setting[]).filter((field) => JSON.stringify(route[field]) !== JSON.stringify(wanted[field]));
}

/** Inputs are recorded for the sake of segments and of drift too. */
function namesOf(fields: readonly Setting[], { spec: { records, segments, drift } }: DeploymentSpec): string {
  const inputs = records.inputs ? NAMES.recordInputs : segments !== undefined ? 'segments' : drift !== undefined ? 'drift' : NAMES.recordInputs;
  return fields.map((field) => (field === 'recordInputs' ? inputs : NAMES[field])).join(', ');
}
