import type { Progress } from '../domain/analysis/blocks.ts';
import type { Verdict } from '../domain/analysis/verdict.ts';
import type { DeploymentRecord } from '../domain/deployment-record.ts';
import { rolloutId, type TenantId } from '../domain/ids.ts';
import type { RolloutRecord } from '../domain/rollout/record.ts';
import type { KillRecord } from '../domain/kill/kill.ts';
import type { Stores } from '../ports/stores.ts';
import type { KillView, StreamEvent } from './contract.ts';
import { everyPage } from './views.ts';

/** One deployment as the stream knows it: its projections, the newest verdict, and its newest kills. */
export interface Seen { readonly deployment: DeploymentRecord; readonly rollout: RolloutRecord | null; readonly verdict: Verdict | null; readonly progress: Progress | null; readonly kills: readonly KillView[] }
export type Change = Omit<StreamEvent, 'id'>;

const KILLS = 5;

export interface Sources { readonly stores: Stores; readonly viewOf: (kill: KillRecord) => KillView }

/** Reads the tenant's projections. A rollout that has ended is not read again until its deployment changes. */
export async function look({ stores, viewOf }: Sources, tenant: TenantId, before: ReadonlyMap<string, Seen>): Promise<ReadonlyMap<string, Seen>> {
  const records = await everyPage((page) => stores.deployments.listDeployments(tenant, page));
  const seen = await Promise.all(records.map(async (deployment): Promise<Seen> => {
    const [kills, process] = await Promise.all([stores.kills.list(tenant, deployment.uid, KILLS), processOf(stores, deployment, before.get(deployment.name))]);
    return { deployment, ...process, kills: kills.map(viewOf) };
  }));
  return new Map(seen.map((entry) => [entry.deployment.name, entry]));
}

async function processOf({ deployments, evidence }: Stores, deployment: DeploymentRecord, last: Seen | undefined): Promise<Pick<Seen, 'rollout' | 'verdict' | 'progress'>> {
  const { tenantId, uid, status } = deployment;
  const id = status.activeRollout ?? (status.rolloutCount > 0 ? rolloutId(uid, status.rolloutCount) : null);
  if (id === null) return { rollout: null, verdict: null, progress: null };
  if (last !== undefined && stampOf(last.deployment) === stampOf(deployment) && hasEnded(last.rollout)) return { rollout: last.rollout, verdict: last.verdict, progress: last.progress };
  const [rollout, verdicts, progress] = await Promise.all([deployments.getRollout(tenantId, id), evidence.verdicts(tenantId, id, 1), evidence.getProgress(tenantId, id)]);
  return { rollout, verdict: verdicts[0] ?? null, progress };
}

function hasEnded(rollout: RolloutRecord | null): boolean { return rollout !== null && rollout.endedAtMs !== null; }
function stampOf({ uid, specHash, status }: DeploymentRecord): string { return `${uid} ${specHash} ${String(status.revision)}`; }

/** What is new, in the order in which a reader wants it. */
export function changesBetween(before: ReadonlyMap<string, Seen>, now: ReadonlyMap<string, Seen>): readonly Change[] {
  return [...now].flatMap(([deployment, seen]) => changesOf(before.get(deployment) ?? null, seen).map((change): Change => ({ ...change, deployment })));
}

/** What tells two states of a part apart; null where there is no such part. */
const STAMPS = {
  verdict: ({ verdict }: Seen): string | null => verdict === null ? null : `${verdict.rolloutId} ${String(verdict.n)}`,
  rollout: ({ rollout }: Seen): string | null => rollout === null ? null : `${rollout.rolloutId} ${String(rollout.revision)}`,
  deployment: ({ deployment }: Seen): string | null => stampOf(deployment),
  progress: ({ progress }: Seen): string | null => progress === null ? null : `${progress.rolloutId} ${String(progress.updatedAtMs)}`,
} as const;

function changesOf(last: Seen | null, seen: Seen): readonly Pick<Change, 'type' | 'data'>[] {
  const kills = seen.kills.filter(({ kill }) => last?.kills.every((known) => known.kill.killId !== kill.killId || known.kill.revisionOfRecord !== kill.revisionOfRecord) ?? true);
  const parts = (['verdict', 'rollout', 'deployment', 'progress'] as const)
    .filter((type) => STAMPS[type](seen) !== null && STAMPS[type](seen) !== (last === null ? null : STAMPS[type](last)))
    .map((type) => ({ type, data: seen[type] }));
  return [...kills.map((data) => ({ type: 'kill' as const, data })), ...parts];
}
