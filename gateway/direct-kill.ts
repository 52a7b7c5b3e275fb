import { z } from 'zod';
import { verifyBreakGlass, type SigningKey } from '../config/signing.ts';
import type { Actor } from '../domain/audit.ts';
import { isDigest } from '../domain/digest.ts';
import { LastmileError } from '../domain/errors.ts';
import { NAME, type TenantId } from '../domain/ids.ts';
import type { DirectKill, DirectKillAnswer } from '../domain/kill/break-glass.ts';
import { resolveScope } from '../domain/kill/scope.ts';
import { chooseChampion } from '../domain/traffic/choose.ts';
import { IN_FLIGHT } from '../domain/traffic/route.ts';
import type { TableRoute } from '../domain/traffic/table.ts';
import { isKilled } from '../domain/traffic/tombstones.ts';
import { hasServiceToken, unknownModel } from './caller.ts';
import { situationOf, type Context } from './context.ts';
import { firstOf } from './first-of.ts';
import type { KeptKill } from './own-kills.ts';
import { bearerToken } from '../config/bearer.ts';

/** The bounds of what the API takes at a sync: a kill that it refused there would cut this gateway off. */
const text = z.string().min(1).max(100);
const ScopeBody = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['champion', 'challengers', 'all']) }),
  z.strictObject({ kind: z.literal('variant'), variantId: text }), z.strictObject({ kind: z.literal('version'), version: z.string().min(1).max(300) }),
  z.strictObject({ kind: z.literal('digest'), digest: z.string().refine(isDigest, 'a digest is sha256: and 64 hexadecimal digits') }),
]);
const DirectKillBody = z.strictObject({
  killId: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/), deployment: z.string().regex(NAME), scope: ScopeBody, inFlight: z.enum(IN_FLIGHT),
  tenantId: z.string().regex(NAME).optional(), actor: z.strictObject({ kind: z.enum(['person', 'service', 'workflow']), name: text }).optional(),
});

/** Who may kill here: in one tenant by a break-glass token, in any by the service token, which then names tenant and actor in the body. */
export type Killer = { readonly tenantId: TenantId; readonly actor: Actor } | { readonly tenantId: null; readonly actor: null };

/** Throws LM_UNAUTHENTICATED for a token that is forged, expired or of another installation. */
export function identifyKiller({ serviceTokens, clock }: Context, keys: readonly SigningKey[], authorization: string | undefined): Killer {
  if (hasServiceToken(authorization, serviceTokens)) return { tenantId: null, actor: null };
  const token = bearerToken(authorization);
  const claims = token === null ? null : verifyBreakGlass(token, keys, clock.utcMs());
  if (claims === null) throw new LastmileError('LM_UNAUTHENTICATED', 'This path needs a break-glass token of this installation that has not expired, or the service token.');
  return { tenantId: claims.tenantId, actor: claims.actor };
}

/** How long a kill waits for silence before it answers `fenced`. */
const SILENCE_MS = 2_000;

/**
 * POST /admin/v1/kills: obeyed at once, then kept on disk, then answered. The same kill id again answers how far that kill is. Throws
 * LM_INVALID_REQUEST, LM_FORBIDDEN, LM_GATEWAY_UNAVAILABLE, LM_DEPLOYMENT_NOT_FOUND, LM_VARIANT_NOT_FOUND, LM_COMMAND_REFUSED, LM_IDEMPOTENCY_MISMATCH.
 */
export async function killDirectly(context: Context, killer: Killer, body: Buffer): Promise<DirectKillAnswer> {
  const order = read(body);
  const { tenantId, actor } = whoKills(killer, order);
  const route = routeOf(context, tenantId, order.deployment);
  const known = context.ownKills.find(order.killId);
  if (known !== null) assertRepeat(known, route);
  const kill = known ?? { ...targetsOf(route, order), killId: order.killId, inFlight: order.inFlight, actor, tenantId, deploymentUid: route.deploymentUid, atMs: context.clock.utcMs() };
  try { await context.ownKills.add(kill); } catch (error) {
    context.log.error('a break-glass kill could not be kept on disk', { killId: kill.killId, error });
    throw new LastmileError('LM_GATEWAY_UNAVAILABLE', `Kill ${kill.killId} is obeyed by this gateway now, but could not be kept on its disk: a restart would forget it. Mend the disk and send it again.`);
  }
  if (known === null) context.log.warn('a break-glass kill came straight to this gateway', { killId: kill.killId, deployment: route.name, tenant: tenantId, targets: kill.targets, actor: actor.name });
  const ids = killedOf(route, kill).map(({ variantId }) => variantId);
  await firstOf(context.fence.silence(route.deploymentUid, ids), SILENCE_MS);
  return answerOf(context, kill, route);
}

function read(body: Buffer): DirectKill {
  let value: unknown;
  try { value = JSON.parse(body.toString()); } catch { throw new LastmileError('LM_INVALID_REQUEST', 'The body must be JSON: {killId, deployment, scope, inFlight}.'); }
  const parsed = DirectKillBody.safeParse(value);
  if (parsed.success) return parsed.data as DirectKill;
  throw new LastmileError('LM_INVALID_REQUEST', `The body is no kill: ${parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ')}.`);
}

function whoKills(killer: Killer, order: DirectKill): { tenantId: TenantId; actor: Actor } {
  if (killer.tenantId === null) {
    if (order.tenantId !== undefined && order.actor !== undefined) return { tenantId: order.tenantId, actor: order.actor };
    throw new LastmileError('LM_INVALID_REQUEST', 'With the service token the body must say tenantId and actor.');
  }
  if (order.tenantId === undefined || order.tenantId === killer.tenantId) return killer;
  throw new LastmileError('LM_FORBIDDEN', 'The break-glass token is for another tenant than the body names.');
}

function routeOf({ table }: Context, tenantId: TenantId, deployment: string): TableRoute {
  if (!table.isHeld()) throw new LastmileError('LM_GATEWAY_UNAVAILABLE', 'This gateway has no route table, so it serves nothing and has nothing to kill; it gets a table from the API.', { retryAfterMs: 1_000 });
  const route = table.route(tenantId, deployment);
  if (route === null) throw unknownModel(deployment);
  return route;
}

/** A repeat is never a new kill, not even after a person took it back. */
function assertRepeat({ killId, deploymentUid, merged, targets }: KeptKill, route: TableRoute): void {
  if (deploymentUid !== route.deploymentUid) throw new LastmileError('LM_IDEMPOTENCY_MISMATCH', `Kill ${killId} was for another deployment; a new kill needs a new id.`);
  if (merged && !targets.every((each) => route.tombstones.includes(each))) throw new LastmileError('LM_COMMAND_REFUSED', `Kill ${killId} was obeyed, and a person took it back since; a new kill needs a new id.`);
}

function targetsOf(route: TableRoute, { scope }: DirectKill): Pick<KeptKill, 'targets'> {
  const found = resolveScope(route, scope);
  if (found.ok) return { targets: found.targets };
  throw new LastmileError(scope.kind === 'variant' || scope.kind === 'version' ? 'LM_VARIANT_NOT_FOUND' : 'LM_COMMAND_REFUSED', found.why);
}

function killedOf(route: TableRoute, { targets }: Pick<KeptKill, 'targets'>): readonly TableRoute['variants'][string][] {
  return Object.values(route.variants).filter((variant) => isKilled(targets, variant));
}

/** By the route of this moment: it may have changed while silence was awaited. */
function answerOf(context: Context, kill: Pick<KeptKill, 'killId' | 'targets' | 'tenantId' | 'deploymentUid'>, before: TableRoute): DirectKillAnswer {
  const route = context.table.route(before.tenantId, before.name) ?? before;
  const killed = killedOf(route, kill);
  const quiet = context.fence.quiet(kill.tenantId);
  const inFlight = context.fence.inFlight(kill.deploymentUid, killed.map(({ variantId }) => variantId));
  const choice = chooseChampion(route, situationOf(context, route));
  return {
    gatewayId: context.identity.gatewayId, killId: kill.killId, deploymentUid: kill.deploymentUid, targets: kill.targets,
    variants: killed.map(({ variantId, version, endpoint }) => ({ variantId, version, backendUrl: endpoint.url })),
    state: inFlight === 0 ? 'silent' : 'fenced', inFlight, aborted: killed.reduce((sum, { variantId }) => sum + (quiet[variantId]?.aborted ?? 0), 0),
    answering: choice.kind === 'serve' ? choice.variant.version : null,
  };
}
