import fc from 'fast-check';
import { applyCommand } from '../../../domain/traffic/commands.ts';
import { chooseChampion, chooseVariant, type Situation } from '../../../domain/traffic/choose.ts';
import type { Route } from '../../../domain/traffic/route.ts';
import { pickShare, splitPoint } from '../../../domain/traffic/split.ts';
import { isKilledId } from '../../../domain/traffic/tombstones.ts';
import { anyRoute, canaryRoute, UID, variant } from '../../support/traffic-arbitraries.ts';

const RUNS = { numRuns: 1_000, seed: 20_262 };
const situation = fc.record({ ownTombstones: fc.subarray(['var_1', 'var_4', 'sha256:2', '*'], { maxLength: 2 }), leaseLost: fc.boolean() });
const calm: Situation = { ownTombstones: [], leaseLost: false };

test('promise 3: no killed variant ever serves or is mirrored, by the route\'s tombstones or the gateway\'s own', () => {
  fc.assert(fc.property(anyRoute, fc.string(), situation, fc.boolean(), (route, key, at, failClosed) => {
    const choice = chooseVariant({ ...route, onLostControl: failClosed ? 'failClosed' : 'serve' }, key, at);
    if (choice.kind === 'closed') return;
    for (const { variantId } of [choice.variant, ...choice.mirrors.map((mirror) => mirror.variant)]) {
      expect(isKilledId([...route.tombstones, ...at.ownTombstones], variantId, route.variants)).toBe(false);
    }
    expect(choice.mirrors.some((mirror) => mirror.variant.variantId === choice.variant.variantId)).toBe(false);
  }), RUNS);
});

test('without a lease no challenger is reached at all, and failClosed answers nobody', () => {
  fc.assert(fc.property(anyRoute, fc.string(), (route, key) => {
    const choice = chooseVariant(route, key, { ownTombstones: [], leaseLost: true });
    if (choice.kind === 'serve') expect(choice).toMatchObject({ role: 'champion', assignmentPer10k: 10_000, mirrors: [] });
    expect(chooseVariant({ ...route, onLostControl: 'failClosed' }, key, { ownTombstones: [], leaseLost: true })).toEqual({ kind: 'closed', reason: 'lost-control' });
  }), RUNS);
});

test('promise 2: the assignment probabilities of all that can serve sum to the whole', () => {
  fc.assert(fc.property(anyRoute, fc.array(fc.string(), { minLength: 200, maxLength: 200 }), (route, keys) => {
    const seen = new Map<string, number>();
    for (const key of keys) { const choice = chooseVariant(route, key, calm); if (choice.kind === 'serve') seen.set(`${choice.role}/${choice.variant.variantId}`, choice.assignmentPer10k); }
    expect([...seen.values()].reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(10_000);
  }), { numRuns: 100, seed: 7 });
});

test('promise 11: the same key gets the same variant whatever else changes in the rollout', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 10_000 }), fc.string(), (share, key) => {
    const route = canaryRoute(share);
    const other = applyCommand(route, { type: 'pin', commandId: 'p', atMs: 0, variantId: 'var_1', person: 'ann' }).route;
    expect(chooseVariant(other, key, calm)).toEqual(chooseVariant(route, key, calm));
  }), RUNS);
});

test('promise 11: growing a share keeps its keys and sends none from a challenger to the champion; shrinking takes none from it', () => {
  const shares = fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 3 });
  fc.assert(fc.property(shares, fc.nat(), fc.integer({ min: 0, max: 1_000 }), fc.string(), (before, at, by, key) => {
    const i = at % before.length;
    const after = before.map((share, n) => (n === i ? share + by : share));
    const named = (list: readonly number[]) => list.map((sharePer10k, n) => ({ variantId: `var_${n}`, sharePer10k }));
    const [old, now] = [before, after].map((list) => pickShare(splitPoint('dep_1/1', key), named(list)));
    if (old === `var_${i}`) expect(now).toBe(old);
    if (old !== null) expect(now).not.toBeNull();
  }), { numRuns: 5_000, seed: 3 });
});

test('zero means zero and the whole means all', () => {
  fc.assert(fc.property(fc.string(), (key) => {
    expect(pickShare(splitPoint('s', key), [{ variantId: 'a', sharePer10k: 0 }])).toBeNull();
    expect(pickShare(splitPoint('s', key), [{ variantId: 'a', sharePer10k: 10_000 }])).toBe('a');
  }), RUNS);
});

test('the split is even: 100 bins of 200,000 keys pass a chi-square test, also for keys that differ in one digit', () => {
  for (const salt of ['dep_1/1', 'dep_1/2', 'mirror']) {
    const bins = new Array<number>(100).fill(0);
    for (let i = 0; i < 200_000; i += 1) { const bin = Math.floor(splitPoint(salt, String(i)) / 100); bins[bin] = (bins[bin] ?? 0) + 1; }
    const chi2 = bins.reduce((sum, n) => sum + (n - 2_000) ** 2 / 2_000, 0);
    expect(chi2).toBeLessThan(148.2);   // 99 degrees of freedom, p = 0.001
  }
});

test('the keys of one rollout say nothing about the next one\'s', () => {
  const both = Array.from({ length: 20_000 }, (_, i) => String(i)).filter((key) => splitPoint('dep_1/1', key) < 1_000 && splitPoint('dep_1/2', key) < 1_000).length;
  expect(Math.abs(both - 200)).toBeLessThan(60);
});

describe('the fallback ladder', () => {
  const held = (settings: Partial<Route> = {}): Route => {
    const route = applyCommand(canaryRoute(0, settings), { type: 'setChampion', commandId: 'x', atMs: 0, variant: variant(3), expectedChampion: 'var_1', by: 'automation' }).route;
    return applyCommand(route, { type: 'kill', commandId: 'y', atMs: 0, targets: ['var_3'], inFlight: 'abort' }).route;
  };
  test('last-good answers for a killed champion, and nothing is mirrored', () => {
    expect(chooseVariant(held(), 'k', calm)).toMatchObject({ kind: 'serve', role: 'champion', fallback: 'last-good', variant: { variantId: 'var_1' }, mirrors: [] });
  });
  test('a gateway\'s own tombstone on the last good leaves nothing', () => {
    expect(chooseVariant(held(), 'k', { ownTombstones: ['var_1'], leaseLost: false })).toEqual({ kind: 'closed', reason: 'killed' });
  });
  test('closed stands before last-good when the deployment says so', () => {
    expect(chooseVariant(held({ fallback: ['closed', 'last-good'] }), 'k', calm)).toEqual({ kind: 'closed', reason: 'killed' });
  });
});

test('during canary the leg that does not serve is mirrored', () => {
  const route = canaryRoute(5_000);
  const keys = Array.from({ length: 200 }, (_, i) => `customer-${i}`);
  const choices = keys.map((key) => chooseVariant(route, key, calm));
  for (const choice of choices) {
    expect(choice).toMatchObject({ kind: 'serve', assignmentPer10k: 5_000, fallback: null });
    if (choice.kind !== 'serve') continue;
    expect(choice.mirrors.map((mirror) => mirror.variant.variantId)).toEqual([choice.role === 'champion' ? 'var_2' : 'var_1']);
    expect(choice.mirrors[0]).toMatchObject({ samplePer10k: 10_000, deadlineMs: 500 });
  }
  expect(new Set(choices.map((choice) => choice.kind === 'serve' && choice.role))).toEqual(new Set(['champion', 'challenger']));
  expect(chooseChampion(route, calm)).toMatchObject({ variant: { variantId: 'var_1' }, assignmentPer10k: 10_000 });
  expect(route.rolloutId).toBe(`${UID}/1`);
});
