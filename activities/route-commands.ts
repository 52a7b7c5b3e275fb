import { routeEntry } from '../domain/audit/route-entry.ts';
import type { CommandResult, RouteCommand } from '../domain/traffic/route.ts';
import type { AuditLog } from '../ports/audit-log.ts';
import type { RouteStore } from '../ports/route-store.ts';
import type { Subject } from './index.ts';

/** What a route command stands on. */
export interface RouteCommandPorts { readonly stores: { readonly routes: Pick<RouteStore, 'apply'>; readonly audit: Pick<AuditLog, 'append'> } }

/** The only way from an activity into a route: every command has its record in the audit chain, applied or not. */
export async function applyRecorded({ stores }: RouteCommandPorts, of: Pick<Subject, 'tenant' | 'deploymentUid' | 'deployment' | 'rolloutId'>, command: RouteCommand): Promise<CommandResult> {
  const result = await stores.routes.apply(of.tenant, of.deploymentUid, command);
  await stores.audit.append(of.tenant, routeEntry(of, command, result));
  return result;
}
