import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isServiceToken } from '../config/service-token.ts';
import { LastmileError } from '../domain/errors.ts';
import { DEFAULT_TENANT, type TenantId } from '../domain/ids.ts';
import type { CallerKey } from '../domain/traffic/table.ts';
import { bearerToken } from '../config/bearer.ts';

/** Who calls: a tenant, and whether versions that do not decide may be asked. A probe is our own question on a caller's path: never evidence. */
export interface Caller { readonly tenantId: TenantId; readonly mayDebug: boolean; readonly isProbe: boolean }

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
/** Decided by the address that the gateway listens on, not by the peer: a proxy on the same host is a loopback peer too. */
export function needsKeys(listenHost: string): boolean { return !LOOPBACK.has(listenHost); }

/**
 * Decision D9. On loopback no key is needed and the path gives the tenant. Elsewhere a Bearer key gives it; a path of another tenant
 * looks as if nothing were there. Throws LM_UNAUTHENTICATED, LM_FORBIDDEN, LM_DEPLOYMENT_NOT_FOUND.
 */
export function identify(of: { readonly keysNeeded: boolean; readonly authorization: string | undefined; readonly tenant: TenantId | null; readonly model: string }, byHash: (hash: string) => CallerKey | null): Caller {
  if (!of.keysNeeded) return { tenantId: of.tenant ?? DEFAULT_TENANT, mayDebug: true, isProbe: false };
  const key = bearerToken(of.authorization);
  const caller = key === null ? null : byHash(sha256(key).toString('hex'));
  if (caller === null) throw new LastmileError('LM_UNAUTHENTICATED', 'This gateway needs a caller key: send `authorization: Bearer KEY` with a key that has the scope infer.');
  if (of.tenant !== null && of.tenant !== caller.tenantId) throw unknownModel(of.model);
  const mayDebug = caller.scopes.includes('debug');
  if (!mayDebug && !caller.scopes.includes('infer')) throw new LastmileError('LM_FORBIDDEN', 'The key lacks the scope infer.');
  return { tenantId: caller.tenantId, mayDebug, isProbe: false };
}

export const PROBE_HEADER = 'x-lastmile-probe';

/** The service token in `x-lastmile-probe`: no caller key is needed and the path gives the tenant. Null for all others; throws LM_UNAUTHENTICATED for a wrong token. */
export function identifyProbe(headers: IncomingHttpHeaders, tenant: TenantId | null, tokens: readonly string[]): Caller | null {
  const given = headers[PROBE_HEADER];
  if (given === undefined) return null;
  if (typeof given !== 'string' || !isServiceToken(given, tokens)) throw new LastmileError('LM_UNAUTHENTICATED', `${PROBE_HEADER} takes the service token of this installation; leave it out to ask as a caller.`);
  return { tenantId: tenant ?? DEFAULT_TENANT, mayDebug: true, isProbe: true };
}

/** The same words for a name that does not exist and one of another tenant; other names are not listed. */
export function unknownModel(model: string): LastmileError {
  return new LastmileError('LM_DEPLOYMENT_NOT_FOUND', `There is no deployment "${model}" here; \`lastmile status\` lists yours.`);
}

export function hasServiceToken(authorization: string | undefined, tokens: readonly string[]): boolean { return isServiceToken(bearerToken(authorization), tokens); }

function sha256(text: string): Buffer { return createHash('sha256').update(text).digest(); }
