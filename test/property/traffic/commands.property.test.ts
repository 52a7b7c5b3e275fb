import fc from 'fast-check';
import { chooseVariant } from '../../../domain/traffic/choose.ts';
import { applyCommand, KEPT_COMMANDS, KEPT_LAST_GOOD } from '../../../domain/traffic/commands.ts';
import type { Route, RouteSettings } from '../../../domain/traffic/route.ts';
import { inEarnest, isKilledId, isNamed } from '../../../domain/traffic/tombstones.ts';
import { anyCommand, anyHistory, anyRoute, anySettings, anyStep, newRoute, numbered } from '../../support/traffic-arbitraries.ts';

const RUNS = { numRuns: 1_000, seed: 20_261 };

function expectSound(route: Route): void {
  const ids = [...route.shares, ...route.shadows].map(({ variantId }) => variantId);
  expect(route.shares.every(({ sharePer10k }) => Number.isInteger(sharePer10k) && sharePer10k > 0)).toBe(true);
  expect(route.shares.reduce((sum, { sharePer10k }) => sum + sharePer10k, 0)).toBeLessThanOrEqual(10_000);
  for (const list of [route.shares.map((s) => s.variantId), route.shadows.map((s) => s.variantId), route.lastGood]) expect(new Set(list).size).toBe(list.length);
  for (const id of [...ids, ...route.lastGood]) {
    expect(route.variants).toHaveProperty([id]);
    expect(id).not.toBe(route.champion);
  }
  if (route.champion !== null) expect(route.variants).toHaveProperty([route.champion]);
  for (const id of ids) expect(isKilledId(inEarnest(route), id, route.variants)).toBe(false);
  for (const id of route.lastGood) expect(isNamed(inEarnest(route), route.variants[id]!)).toBe(false);
  for (const each of route.drilled ?? []) expect(route.tombstones).toContain(each);
  expect(route.lastGood.length).toBeLessThanOrEqual(KEPT_LAST_GOOD);
  expect(route.applied.length).toBeLessThanOrEqual(KEPT_COMMANDS);
  if (route.pin !== null) expect(route.pin.variantId).toBe(route.champion);
}

test('promise 2: whatever is asked, shares are integers within the whole and name known, living variants only', () => {
  fc.assert(fc.property(anyHistory, (history) => {
    let route = newRoute();
    history.forEach((step, n) => {
      const { route: next, result } = applyCommand(route, numbered(step, route, n));
      expect(next.revision).toBe(route.revision + 1);
      expect(result.revision).toBe(next.revision);
      expect(result.reason === null).toBe(result.outcome === 'applied');
      expectSound(next);
      route = next;
    });
  }), RUNS);
});

test('a command that is not applied changes revision and memory alone', () => {
  fc.assert(fc.property(anyRoute, anyStep, (route, step) => {
    const { route: next, result } = applyCommand(route, numbered(step, route, 999));
    if (result.outcome !== 'applied') expect({ ...next, revision: route.revision, applied: route.applied }).toEqual(route);
  }), RUNS);
});

test('a repeat changes nothing and answers the same, whatever came between', () => {
  fc.assert(fc.property(anyRoute, anyStep, anyHistory, (route, step, between) => {
    const command = numbered(step, route, 999);
    const first = applyCommand(route, command);
    const later = between.reduce((held, each, n) => applyCommand(held, numbered(each, held, 1_000 + n)).route, first.route);
    const again = applyCommand(later, command);
    expect(again.result).toEqual(first.result);
    expect(again.route).toBe(later);
  }), RUNS);
});

test('promise 3: a killed variant stays out until its tombstone is taken away by a person', () => {
  fc.assert(fc.property(anyRoute, fc.integer({ min: 1, max: 6 }), anyHistory, (route, n, history) => {
    const id = `var_${n}`;
    let held = applyCommand(route, { type: 'kill', commandId: 'kill', atMs: 0, targets: [id], inFlight: 'abort' }).route;
    const championBefore = held.champion;
    history.forEach((step, i) => {
      if (step.command.type === 'revive') return;
      held = applyCommand(held, numbered(step, held, 1_000 + i)).route;
      expect([...held.shares, ...held.shadows].some(({ variantId }) => variantId === id)).toBe(false);
      if (held.champion === id) expect(championBefore).toBe(id);
      expect(held.tombstones).toContain(id);
    });
  }), RUNS);
});

test('a drill gives back what it took: shares and shadows as they are then, and no tombstone but its own', () => {
  fc.assert(fc.property(anyRoute, fc.uniqueArray(fc.integer({ min: 1, max: 6 }).map((n) => `var_${n}`), { minLength: 1 }), (route, targets) => {
    fc.pre((route.drilled ?? []).length === 0);
    const during = applyCommand(route, { type: 'kill', commandId: 'begin', atMs: 0, targets, inFlight: 'abort', drill: true }).route;
    for (const id of targets) expect(chooseVariant(during, 'any key', { ownTombstones: [], leaseLost: false })).not.toMatchObject({ kind: 'serve', variant: { variantId: id } });
    const after = applyCommand(during, { type: 'endDrill', commandId: 'end', atMs: 0, targets }).route;
    const traffic = ({ champion, shares, shadows, lastGood, tombstones }: Route): unknown => ({ champion, shares, shadows, lastGood, tombstones });
    expect(traffic(after)).toEqual(traffic(route));
  }), RUNS);
});

test('promise 13: automation never moves a pinned champion and never gives a challenger more past the pin', () => {
  fc.assert(fc.property(anyRoute, anyHistory, (route, history) => {
    fc.pre(route.champion !== null && (route.retired ?? null) === null);
    let held = applyCommand(route, { type: 'pin', commandId: 'pin', atMs: 0, variantId: route.champion, person: 'ann' }).route;
    history.forEach((step, i) => {
      const command = numbered(step, held, 1_000 + i);
      const automated = command.type === 'setChampion' ? { ...command, by: 'automation' as const } : command;
      if (automated.type === 'unpin') return;
      const total = held.shares.reduce((sum, { sharePer10k }) => sum + sharePer10k, 0);
      held = applyCommand(held, automated).route;
      expect(held.champion).toBe(route.champion);
      expect(held.pin?.person).toBeDefined();
      expect(held.shares.reduce((sum, { sharePer10k }) => sum + sharePer10k, 0)).toBeLessThanOrEqual(total);
    });
  }), RUNS);
});

test('configure always sets what it names and moves no traffic; no other command touches a setting', () => {
  const settingsOf = ({ fallback, onLostControl, stickyHeader, stickyJsonPath, recordInputs }: Route): RouteSettings => ({ fallback, onLostControl, stickyHeader, stickyJsonPath, recordInputs });
  fc.assert(fc.property(anyRoute, anySettings, anyStep, (route, settings, step) => {
    const { route: set, result } = applyCommand(route, { type: 'configure', commandId: 'set', atMs: 0, settings });
    expect(result).toEqual({ outcome: 'applied', reason: null, revision: route.revision + 1 });
    expect(settingsOf(set)).toEqual(settings);
    expect({ ...set, ...settingsOf(route), revision: route.revision, applied: route.applied }).toEqual(route);
    const other = numbered(step, set, 999);
    if (other.type !== 'configure') expect(settingsOf(applyCommand(set, other).route)).toEqual(settings);
  }), RUNS);
});

test('an older rollout never changes the route of a newer one', () => {
  fc.assert(fc.property(anyRoute, anyCommand, (route, command) => {
    const held = applyCommand(route, { type: 'setShadows', commandId: 'take', atMs: 0, shadows: [], ifRollout: `${route.deploymentUid}/9` }).route;
    expect(held.shares.length).toBe(route.rolloutId?.endsWith('/9') === true ? route.shares.length : 0);
    if (command.type !== 'setShare' && command.type !== 'setShadows') return;
    expect(applyCommand(held, { ...command, commandId: 'old' }).result).toMatchObject({ outcome: 'superseded' });
  }), RUNS);
});

test('a retired route gives nobody anything new, whatever automation asks, until a person restores it', () => {
  fc.assert(fc.property(anyRoute, anyHistory, fc.string(), (route, history, key) => {
    let held = applyCommand(route, { type: 'retire', commandId: 'retire', atMs: 7, person: 'ann', reason: 'enough' }).route;
    expect(held).toMatchObject({ shares: [], shadows: [], champion: route.champion });
    history.forEach((step, i) => {
      const command = numbered(step, held, 1_000 + i);
      if (command.type === 'restore' || command.type === 'retire' || command.type === 'remove') return;
      held = applyCommand(held, command).route;
      expect(held).toMatchObject({ shares: [], shadows: [], champion: route.champion, retired: { person: 'ann', reason: 'enough', atMs: 7 } });
      expect(chooseVariant(held, key, { ownTombstones: [], leaseLost: false })).toEqual({ kind: 'closed', reason: 'retired' });
    });
    expect(applyCommand(held, { type: 'restore', commandId: 'restore', atMs: 8, person: 'bob' }).route).toMatchObject({ retired: null, champion: route.champion });
  }), RUNS);
});
