import type { TenantId } from '../../domain/ids.ts';
import { isOver, type KillRecord } from '../../domain/kill/kill.ts';
import { killSentence } from '../../domain/kill/sentence.ts';
import { LastmileError } from '../../domain/errors.ts';
import type { ApiPorts } from '../call.ts';
import type { KillView } from '../contract.ts';
import { digestOfKill } from './tellings.ts';

export function killView({ apiUrl }: Pick<ApiPorts['settings'], 'apiUrl'>, kill: KillRecord): KillView {
  const since = (atMs: number | null): number | null => atMs === null ? null : atMs - kill.requestedAtMs;
  return {
    kill, toFencedMs: since(kill.fencedAtMs), toSilentMs: since(kill.silentAtMs), toProvedMs: since(kill.provedAtMs), digest: digestOfKill(kill), sentence: killSentence(kill),
    links: { self: `${apiUrl}/api/v1/kills/${kill.killId}`, temporal: null, page: `${apiUrl}/deployments/${kill.deployment}` },
  };
}

/** LM_NOT_FOUND for kills of other tenants too. */
export async function killNamed({ stores }: Pick<ApiPorts, 'stores'>, tenant: TenantId, id: string | undefined): Promise<KillRecord> {
  const record = id !== undefined && /^[A-Za-z0-9_-]{1,100}$/.test(id) ? await stores.kills.get(tenant, id) : null;
  if (record === null) throw new LastmileError('LM_NOT_FOUND', `There is no kill ${(id ?? '').slice(0, 60)}; \`lastmile kills NAME\` lists those of a deployment.`);
  return record;
}

/** The newest kill in earnest that is still under way, else the newest there was. */
export async function shownKill({ stores, settings }: Pick<ApiPorts, 'stores' | 'settings'>, tenant: TenantId, uid: string): Promise<KillView | null> {
  const kills = await stores.kills.list(tenant, uid, 20, 'kill');
  const shown = kills.find((kill) => !isOver(kill)) ?? kills[0];
  return shown === undefined ? null : killView(settings, shown);
}
