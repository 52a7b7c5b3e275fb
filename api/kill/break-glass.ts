import { newId } from '../../config/ids.ts';
import { signBreakGlass } from '../../config/signing.ts';
import type { ApiPorts, Call } from '../call.ts';
import { recordChange } from '../changes.ts';
import type { BreakGlassKit } from '../../domain/kill/break-glass.ts';

const DAY_MS = 86_400_000;
const VALID_MS = 30 * DAY_MS;

/**
 * What a kill needs when nothing but gateways and modelhost is left. The token can do nothing but kill, in this tenant, and cannot be taken back
 * before it expires: it lives no longer than the key that asked for it. Audited once per key and day.
 */
export async function breakGlassKit(ports: ApiPorts, call: Call<'breakGlass'>): Promise<BreakGlassKit> {
  const { stores, settings, signing } = ports;
  const { principal: { tenant, actor: { kind, name }, keyHash }, nowMs } = call;
  const [registered, key] = await Promise.all([stores.gateways.list(), stores.keys.byHash(keyHash)]);
  const expiresAtMs = Math.min(nowMs + VALID_MS, key?.expiresAtMs ?? Number.POSITIVE_INFINITY);
  const token = signBreakGlass({ v: 1, id: newId('bgt'), use: 'kill', tenantId: tenant, actor: { kind, name }, issuedAtMs: nowMs, expiresAtMs }, signing);
  await recordChange(ports, call, { action: 'break-glass.issue', subject: key?.id ?? 'key', identity: `${keyHash} ${String(Math.floor(nowMs / DAY_MS))}` });
  return {
    v: 1, apiUrl: settings.apiUrl, token, expiresAtMs, savedAtMs: nowMs, backends: settings.breakGlassBackends,
    gateways: registered.flatMap(({ gatewayId, adminAddress }) => adminAddress === null ? [] : [{ gatewayId, adminAddress }]),
  };
}
