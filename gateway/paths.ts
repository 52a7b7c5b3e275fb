import { NAME, type TenantId } from '../domain/ids.ts';

/** What a path asks for. `tenant` is null for a bare /v2/…: the caller's own, or `default` on loopback. */
export type Target =
  | { readonly kind: 'server' } | { readonly kind: 'live' } | { readonly kind: 'ready' } | { readonly kind: 'status' }
  | ModelTarget;
export interface ModelTarget { readonly kind: 'model'; readonly tenant: TenantId | null; readonly model: string; readonly version: string | null; readonly ask: Ask }
export type Ask = 'metadata' | 'ready' | 'infer';

const FIXED: ReadonlyMap<string, Target> = new Map([['/v2', { kind: 'server' }], ['/v2/health/live', { kind: 'live' }], ['/v2/health/ready', { kind: 'ready' }]]);
const TENANT = /^\/t\/([^/]+)(\/.*)$/;
const MODEL = /^\/v2\/models\/([^/]+)(?:\/versions\/([^/]+))?(?:\/(ready|infer))?$/;

/** OIP v2 REST paths (inference_rest.md), bare or under /t/{tenant}; null for any other. A trailing slash is accepted. */
export function parseTarget(url: string): Target | null {
  const path = (url.split('?', 1)[0] ?? '').replace(/\/$/, '');
  if (path === '/status') return { kind: 'status' };
  const [, tenant = null, rest = path] = TENANT.exec(path) ?? [];
  if (tenant !== null && !NAME.test(tenant)) return null;
  return FIXED.get(rest) ?? parseModel(rest, tenant);
}

function parseModel(path: string, tenant: TenantId | null): Target | null {
  const [, model = '', segment, ask] = MODEL.exec(path) ?? [];
  const version = segment === undefined ? null : decoded(segment);
  if (!NAME.test(model) || version === '') return null;
  return { kind: 'model', tenant, model, version, ask: ask === 'ready' || ask === 'infer' ? ask : 'metadata' };
}

/** Empty when it is no percent-encoded UTF-8. */
function decoded(segment: string): string {
  try { return decodeURIComponent(segment); } catch { return ''; }
}
