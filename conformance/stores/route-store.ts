import assert from 'node:assert/strict';
import type { RouteCommand } from '../../domain/traffic/route.ts';
import type { RouteStore } from '../../ports/route-store.ts';
import { sampleRoute, sampleRouteVariant } from './samples.ts';
import { eventually, newScope, type Scope, type Suite } from './suite.ts';

const WRITERS = 24;

export const routeStorePromises: Suite<RouteStore> = {
  'a route is created once and read as it was written': async (routes) => {
    const scope = newScope();
    await routes.create(sampleRoute(scope));
    await routes.create({ ...sampleRoute(scope), name: 'later' });
    assert.deepEqual(await routes.get(scope.tenant, scope.uid), sampleRoute(scope));
  },
  'creations at once leave one route': async (routes) => {
    const scope = newScope();
    await Promise.all(Array.from({ length: 8 }, () => routes.create(sampleRoute(scope))));
    assert.equal((await routes.all()).filter(({ tenantId }) => tenantId === scope.tenant).length, 1);
  },
  'a command to no route is refused as LM_DEPLOYMENT_NOT_FOUND': async (routes) => {
    const scope = newScope();
    await assert.rejects(routes.apply(scope.tenant, scope.uid, champion('c1', null)), { code: 'LM_DEPLOYMENT_NOT_FOUND' });
  },
  'a repeated command answers the same and changes nothing': async (routes) => {
    const scope = await opened(routes);
    const first = await routes.apply(scope.tenant, scope.uid, champion('c1', null));
    await routes.apply(scope.tenant, scope.uid, { commandId: 'c2', atMs: 2, type: 'pin', variantId: 'var_a', person: 'ada' });
    const before = await routes.get(scope.tenant, scope.uid);
    assert.deepEqual(await routes.apply(scope.tenant, scope.uid, champion('c1', null)), first);
    assert.deepEqual(await routes.get(scope.tenant, scope.uid), before);
  },
  'commands at once all take effect, each with a revision of its own': async (routes) => {
    const scope = await opened(routes);
    const results = await Promise.all(Array.from({ length: WRITERS }, (_, i) => routes.apply(scope.tenant, scope.uid, { commandId: `kill-${i}`, atMs: i, type: 'kill', targets: [`var_${i}`], inFlight: 'abort' })));
    const route = await routes.get(scope.tenant, scope.uid);
    assert.equal(route?.tombstones.length, WRITERS);
    assert.equal(new Set(results.map(({ revision }) => revision)).size, WRITERS);
    assert.equal(route.revision, Math.max(...results.map(({ revision }) => revision)));
  },
  'the same command at once from many writers is applied once': async (routes) => {
    const scope = await opened(routes);
    const results = await Promise.all(Array.from({ length: WRITERS }, () => routes.apply(scope.tenant, scope.uid, champion('c1', null))));
    assert.equal(new Set(results.map((result) => JSON.stringify(result))).size, 1);
    assert.equal((await routes.get(scope.tenant, scope.uid))?.applied.length, 1);
  },
  'a precondition is about its own field, not about the revision': async (routes) => {
    const scope = await opened(routes);
    await routes.apply(scope.tenant, scope.uid, champion('c1', null));
    await routes.apply(scope.tenant, scope.uid, { commandId: 'k', atMs: 2, type: 'kill', targets: ['var_z'], inFlight: 'abort' });
    assert.equal((await routes.apply(scope.tenant, scope.uid, champion('c2', 'var_a', 'var_b'))).outcome, 'applied');
    assert.equal((await routes.apply(scope.tenant, scope.uid, champion('c3', 'var_a', 'var_c'))).outcome, 'superseded');
  },
  'another tenant neither sees nor changes a route': async (routes) => {
    const scope = await opened(routes);
    assert.equal(await routes.get(scope.other, scope.uid), null);
    await assert.rejects(routes.apply(scope.other, scope.uid, champion('c1', null)), { code: 'LM_DEPLOYMENT_NOT_FOUND' });
  },
  'a removed route is in no table any more, for its tenant alone; a repeat does nothing': async (routes) => {
    const scope = await opened(routes);
    await routes.remove(scope.other, scope.uid);
    assert.notEqual(await routes.get(scope.tenant, scope.uid), null);
    await routes.remove(scope.tenant, scope.uid);
    await routes.remove(scope.tenant, scope.uid);
    assert.equal(await routes.get(scope.tenant, scope.uid), null);
    assert.equal((await routes.all()).some(({ deploymentUid }) => deploymentUid === scope.uid), false);
  },
  'a watcher hears of a change soon, and of none after it stopped': async (routes) => {
    const scope = await opened(routes);
    let heard = 0;
    const stop = await routes.watch(() => { heard += 1; });
    const also = await routes.watch(() => { throw new Error('a listener that fails'); });
    await routes.apply(scope.tenant, scope.uid, champion('c1', null));
    assert.ok(await eventually(() => heard > 0), 'the watcher heard nothing in 8 s');
    await Promise.all([stop(), also()]);
    const before = heard;
    await routes.apply(scope.tenant, scope.uid, { commandId: 'k', atMs: 2, type: 'kill', targets: ['var_z'], inFlight: 'abort' });
    await new Promise((resolve) => { setTimeout(resolve, 300); });
    assert.equal(heard, before);
  },
};

async function opened(routes: RouteStore): Promise<Scope> {
  const scope = newScope();
  await routes.create(sampleRoute(scope));
  return scope;
}

function champion(commandId: string, expectedChampion: string | null, variantId = 'var_a'): RouteCommand {
  return { commandId, atMs: 1, type: 'setChampion', variant: sampleRouteVariant(variantId), expectedChampion, by: 'automation' };
}
