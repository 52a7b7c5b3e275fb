import type { IncomingMessage } from 'node:http';
import { LastmileError } from '../domain/errors.ts';
import type { VariantId } from '../domain/ids.ts';
import { chooseChampion, chooseVariant, type Choice, type ClosedReason, type Situation } from '../domain/traffic/choose.ts';
import { findVersion } from '../domain/traffic/find-version.ts';
import type { TableRoute } from '../domain/traffic/table.ts';
import { identify, identifyProbe, unknownModel, type Caller } from './caller.ts';
import { situationOf, type Context } from './context.ts';
import type { ModelTarget } from './paths.ts';

/** Who answers. `debug`: a version that does not decide, asked for by name; never recorded, never mirrored. */
export type Serving = Extract<Choice, { kind: 'serve' }> & { readonly debug: boolean };

/** The route that the caller may ask for. Throws LM_UNAUTHENTICATED, LM_FORBIDDEN, LM_DEPLOYMENT_NOT_FOUND, LM_GATEWAY_UNAVAILABLE. */
export function routeFor(context: Context, request: IncomingMessage, target: ModelTarget): { readonly route: TableRoute; readonly caller: Caller } {
  const probe = identifyProbe(request.headers, target.tenant, context.serviceTokens);
  if (!context.table.isHeld()) throw new LastmileError('LM_GATEWAY_UNAVAILABLE', 'This gateway has no route table yet; it gets one from the API.', { retryAfterMs: 1_000 });
  const caller = probe ?? identify({ keysNeeded: context.keysNeeded, authorization: request.headers.authorization, tenant: target.tenant, model: target.model }, (hash) => context.table.caller(hash));
  const route = context.table.route(caller.tenantId, target.model);
  if (route === null) throw unknownModel(target.model);
  return { route, caller };
}

/** The variant for a key, or for the version that the path names; none of `off`. Throws LM_DEPLOYMENT_RETIRED, LM_VARIANT_KILLED, LM_VARIANT_NOT_FOUND, LM_FORBIDDEN, LM_GATEWAY_UNAVAILABLE. */
export function servingFor(context: Context, of: { readonly route: TableRoute; readonly caller: Caller; readonly target: ModelTarget; readonly key: string | null; readonly off: readonly VariantId[] }): Serving {
  const { route, caller, target, key, off } = of;
  if ((route.retired ?? null) !== null) throw closed(route, 'retired');
  const known = situationOf(context, route);
  const situation = off.length === 0 ? known : { ...known, ownTombstones: [...known.ownTombstones, ...off] };
  if (target.version !== null) return versionFor(context, { route, version: target.version, situation, caller });
  return open(route, key === null ? chooseChampion(route, situation) : chooseVariant(route, key, situation));
}

function versionFor({ fence }: Context, { route, version, situation, caller }: { route: TableRoute; version: string; situation: Situation; caller: Caller }): Serving {
  const found = findVersion(route, version, situation);
  switch (found.kind) {
    case 'champion': return open(route, chooseChampion(route, situation));
    case 'killed':
      if (!caller.isProbe) for (const variant of Object.values(route.variants)) if (variant.version === version) fence.refused(route.deploymentUid, variant.variantId);
      throw new LastmileError('LM_VARIANT_KILLED', `Version ${version} of ${route.name} was taken off and may not serve.`);
    case 'unknown': throw new LastmileError('LM_VARIANT_NOT_FOUND', `${route.name} has no version ${version} in its route.`);
    case 'lost-control': throw closed(route, 'lost-control');
    case 'other':
      if (!caller.mayDebug) throw new LastmileError('LM_FORBIDDEN', `Version ${version} of ${route.name} does not decide; asking it needs the scope debug.`);
      return { kind: 'serve', variant: found.variant, role: 'challenger', assignmentPer10k: 0, fallback: null, mirrors: [], debug: true };
  }
}

function open(route: TableRoute, choice: Choice): Serving {
  if (choice.kind === 'closed') throw closed(route, choice.reason);
  return { ...choice, debug: false };
}

const CLOSED: Readonly<Record<Exclude<ClosedReason, 'retired'>, string>> = {
  'no-champion': 'has no version that decides yet',
  killed: 'was taken off, and its fallback ladder has nothing left that can answer',
  'lost-control': 'may not serve while this gateway has no contact to the API',
};
function closed(route: TableRoute, reason: ClosedReason): LastmileError {
  if (reason === 'retired') return new LastmileError('LM_DEPLOYMENT_RETIRED', `${route.name} was retired (${route.retired?.reason ?? 'no reason kept'}): it answers no more.`);
  return new LastmileError('LM_GATEWAY_UNAVAILABLE', `${route.name} ${CLOSED[reason]}.`, { retryAfterMs: 5_000 });
}
