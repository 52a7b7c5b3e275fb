import type { DeploymentUid, TenantId } from '../domain/ids.ts';
import type { CommandResult, Route, RouteCommand } from '../domain/traffic/route.ts';

/** The only truth of traffic. Commands are applied one after another, each by domain/traffic/commands.ts. */
export interface RouteStore {
  /** Creates the empty route of a deployment; does nothing when it exists. */
  create(route: Route): Promise<void>;
  get(tenant: TenantId, uid: DeploymentUid): Promise<Route | null>;
  /** Idempotent by command.commandId: a repeat returns the first result. LM_DEPLOYMENT_NOT_FOUND without a route. */
  apply(tenant: TenantId, uid: DeploymentUid, command: RouteCommand): Promise<CommandResult>;
  /** Takes the route of a deleted deployment out of every table; a repeat does nothing. */
  remove(tenant: TenantId, uid: DeploymentUid): Promise<void>;
  /** Every route of every tenant: the control channel alone calls it. */
  all(): Promise<readonly Route[]>;
  /** Calls `changed` soon after any route changed (it may be called too often); returns how to stop. */
  watch(changed: () => void): Promise<() => Promise<void>>;
}
