import { LastmileError } from '../domain/errors.ts';
import { endsAtMs, explainFreeze, freezeOf, type Freeze, type Frozen } from '../domain/freeze.ts';
import type { TenantId } from '../domain/ids.ts';
import type { ApiPorts } from './call.ts';
import { recordChange, type Cause } from './changes.ts';
import { invalidRequest } from './problem.ts';

/** The freeze that holds the deployment now, or null. */
export async function freezeNow({ stores }: Pick<ApiPorts, 'stores'>, tenant: TenantId, of: Frozen, nowMs: number): Promise<Freeze | null> {
  return freezeOf(await stores.freezes.active(tenant, nowMs), of, nowMs);
}

/** `what` would be done, by whom, and whether past a freeze. */
export interface Wish { readonly of: Frozen; readonly what: string; readonly override: boolean; readonly reason: string | null }

/** Lets through what no freeze holds, and a person who overrides it with a reason, which is audited. LM_FROZEN, LM_FORBIDDEN, LM_INVALID_REQUEST. */
export async function passFreeze(ports: ApiPorts, cause: Cause, wish: Wish): Promise<void> {
  const freeze = await overridden(ports, cause, wish);
  if (freeze !== null) await recordChange(ports, cause, { action: 'freeze.override', subject: wish.of.name, reason: `${wish.what}: ${wish.reason ?? ''} (${freeze.freezeId})` });
}

/** The freeze that would be overridden, or null where there is none; throws where it may not be. Records nothing. */
export async function overridden(ports: ApiPorts, { principal: { tenant, actor }, nowMs }: Cause, { of, what, override, reason }: Wish): Promise<Freeze | null> {
  const freeze = await freezeNow(ports, tenant, of, nowMs);
  if (freeze === null) return null;
  if (!override) {
    throw new LastmileError('LM_FROZEN', `${of.name} is ${explainFreeze(freeze, nowMs)}: ${what} is refused. Wait, or have it lifted (lastmile unfreeze ${freeze.freezeId}); a person may override it with a reason (--override-freeze).`, { details: { freezeId: freeze.freezeId, reason: freeze.reason, endsAtMs: endsAtMs(freeze, nowMs) } });
  }
  if (actor.kind !== 'person') throw new LastmileError('LM_FORBIDDEN', 'Only a person overrides a freeze: use a key of kind person.');
  if (reason === null || reason.trim() === '') throw invalidRequest('To override a freeze give a reason.');
  return freeze;
}
