import { LastmileError } from '../../domain/errors.ts';
import type { BreakGlassKit, DirectBackendKill, DirectBackendKillAnswer, DirectKill, DirectKillAnswer } from '../../domain/kill/break-glass.ts';
import { describeError } from '../../config/log.ts';

/** What one gateway or backend said, or why it said nothing. */
export type Outcome<T> = { readonly at: string; readonly address: string } & ({ readonly ok: true; readonly answer: T } | { readonly ok: false; readonly why: string });

export interface DirectResult {
  readonly killId: string;
  readonly gateways: readonly Outcome<DirectKillAnswer>[];
  readonly backends: readonly Outcome<DirectBackendKillAnswer>[];
  /** Every gateway of the kit is silent. Gateways that started since the last contact are not in it. */
  readonly silent: boolean;
}

const LIMIT_MS = 5_000;

/**
 * Kills without the API (decision D3): every gateway at once, then the backends of what they killed. A gateway that has heard this kill before answers the same.
 * Throws LM_GATEWAY_UNAVAILABLE when the kit names no gateway.
 */
export async function killDirectly(kit: BreakGlassKit, order: DirectKill): Promise<DirectResult> {
  if (kit.token === '' || kit.gateways.length === 0) throw new LastmileError('LM_GATEWAY_UNAVAILABLE', 'The last contact with the API left no gateway address that may be killed at; stop the gateways, or the model server, where they run.');
  const gateways = await Promise.all(kit.gateways.map(({ gatewayId, adminAddress }) => tell<DirectKillAnswer>({ at: gatewayId, address: adminAddress }, '/admin/v1/kills', { token: kit.token, body: order })));
  const ids = [...new Set(gateways.flatMap((each) => (each.ok ? each.answer.variants.map(({ variantId }) => variantId) : [])))];
  const body: DirectBackendKill = { variantIds: ids };
  const backends = ids.length === 0 ? [] : await Promise.all(kit.backends.map(({ name, url }) => tell<DirectBackendKillAnswer>({ at: name, address: url }, '/admin/kills', { token: kit.token, body })));
  return { killId: order.killId, gateways, backends, silent: gateways.every((each) => each.ok && each.answer.state === 'silent') };
}

async function tell<T>(where: { readonly at: string; readonly address: string }, path: string, { token, body }: { readonly token: string; readonly body: unknown }): Promise<Outcome<T>> {
  try {
    const response = await fetch(`${where.address.replace(/\/+$/, '')}${path}`, {
      method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify(body), signal: AbortSignal.timeout(LIMIT_MS),
    });
    const text = await response.text();
    if (response.ok) return { ...where, ok: true, answer: JSON.parse(text) as T };
    return { ...where, ok: false, why: `it answered ${response.status}: ${reasonIn(text)}` };
  } catch (error) {
    return { ...where, ok: false, why: describeError(error) };
  }
}

function reasonIn(text: string): string {
  try {
    const { error, detail } = JSON.parse(text) as { error?: unknown; detail?: unknown };
    return typeof error === 'string' ? error : typeof detail === 'string' ? detail : text.slice(0, 300);
  } catch { return text.slice(0, 300); }
}
