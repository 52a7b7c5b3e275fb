import type { Situation } from '../domain/traffic/choose.ts';
import type { TableRoute } from '../domain/traffic/table.ts';
import type { Log } from '../config/log.ts';
import type { GatewayClock } from './clock.ts';
import type { Counters } from './counters.ts';
import type { Fence } from './fence.ts';
import type { Upstreams } from './forward.ts';
import type { Limits } from './limits.ts';
import type { OwnKills } from './own-kills.ts';
import type { RecordQueue } from './record-queue.ts';
import type { RouteTableHolder } from './route-table.ts';
import type { Mirrors } from './shadow.ts';

/** What answering a request needs. */
export interface Context {
  readonly table: RouteTableHolder;
  readonly ownKills: OwnKills;
  readonly fence: Fence;
  readonly serving: Upstreams;
  readonly mirrors: Mirrors;
  readonly queue: RecordQueue;
  readonly counters: Counters;
  readonly clock: GatewayClock;
  readonly limits: Limits;
  readonly keysNeeded: boolean;
  /** Any of them is taken. */
  readonly serviceTokens: readonly string[];
  readonly identity: { readonly gatewayId: string; readonly incarnation: number };
  readonly log: Log;
  /** Work that goes on after an answer; a stop waits for it. */
  readonly background: Set<Promise<void>>;
}

export function situationOf({ table, ownKills }: Pick<Context, 'table' | 'ownKills'>, { deploymentUid }: Pick<TableRoute, 'deploymentUid'>): Situation {
  return { ownTombstones: ownKills.tombstones(deploymentUid), leaseLost: table.leaseLost() };
}
