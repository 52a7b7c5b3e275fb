import { applyCommand, KEPT_COMMANDS } from '../../../domain/traffic/commands.ts';
import type { Route, RouteCommand } from '../../../domain/traffic/route.ts';
import { newRoute, UID, variant } from '../../support/traffic-arbitraries.ts';

type Body = RouteCommand extends infer C ? (C extends RouteCommand ? Omit<C, 'commandId' | 'atMs'> : never) : never;
let n = 0;
const act = (route: Route, body: Body) => applyCommand(route, { ...body, commandId: `cmd_${n += 1}`, atMs: 7 });
const after = (...bodies: Body[]): Route => bodies.reduce((route, body) => {
  const { route: next, result } = act(route, body);
  expect(result).toMatchObject({ outcome: 'applied' });
  return next;
}, newRoute());
const champion = (id: number, expected: number | null, by: 'automation' | 'person' | 'safety' = 'automation'): Body => ({ type: 'setChampion', variant: variant(id), expectedChampion: expected === null ? null : `var_${expected}`, by });
const share = (id: number, sharePer10k: number, rollout = 1): Body => ({ type: 'setShare', variant: variant(id), sharePer10k, ifRollout: `${UID}/${rollout}` });
const shadows = (ids: number[], rollout = 1): Body => ({ type: 'setShadows', shadows: ids.map((id) => ({ variantId: `var_${id}`, variant: variant(id), samplePer10k: 10_000, deadlineMs: 100 })), ifRollout: `${UID}/${rollout}` });

describe('setChampion', () => {
  test('the old champion becomes last good, newest first, at most five, each once', () => {
    const route = after(champion(1, null), champion(2, 1), champion(3, 2), champion(4, 3), champion(5, 4), champion(6, 5), champion(1, 6), champion(2, 1));
    expect(route.champion).toBe('var_2');
    expect(route.lastGood).toEqual(['var_1', 'var_6', 'var_5', 'var_4', 'var_3']);
    expect(Object.keys(route.variants).sort()).toEqual(['var_1', 'var_2', 'var_3', 'var_4', 'var_5', 'var_6']);
  });
  test('the new champion leaves shares and shadows; the others keep theirs', () => {
    const route = after(champion(1, null), shadows([2, 3]), share(2, 500), share(3, 700), champion(2, 1));
    expect(route.shares).toEqual([{ variantId: 'var_3', sharePer10k: 700 }]);
    expect(route.shadows.map(({ variantId }) => variantId)).toEqual(['var_3']);
  });
  test('another champion than expected: already the one asked for is applied, else superseded', () => {
    const route = after(champion(1, null), champion(2, 1));
    expect(act(route, champion(2, 1)).result).toMatchObject({ outcome: 'applied' });
    expect(act(route, champion(3, 1)).result).toMatchObject({ outcome: 'superseded', reason: 'the champion is var_2, not var_1' });
  });
  test('a pin stops automation, not a person and not a safety gate, whose move ends it', () => {
    const pinned = after(champion(1, null), { type: 'pin', variantId: 'var_1', person: 'ann' });
    expect(pinned.pin).toEqual({ variantId: 'var_1', person: 'ann', atMs: 7 });
    expect(act(pinned, champion(2, 1)).result).toEqual({ outcome: 'refused', rule: 'pinned', reason: 'ann pinned var_1', revision: 3 });
    for (const by of ['person', 'safety'] as const) expect(act(pinned, champion(2, 1, by)).route).toMatchObject({ champion: 'var_2', pin: null });
    expect(act(pinned, share(2, 100)).result.outcome).toBe('refused');
  });
});

describe('kills and champions', () => {
  const kill = (target: string): Body => ({ type: 'kill', targets: [target], inFlight: 'abort' });
  test('nobody makes a killed version champion; safety alone goes from a killed one back to another killed one, where nothing answers either way', () => {
    const down = after(champion(1, null), champion(2, 1), kill('*'));
    for (const by of ['automation', 'person'] as const) expect(act(down, champion(1, 2, by)).result).toMatchObject({ outcome: 'refused', rule: 'killed' });
    expect(act(down, champion(1, 2, 'safety')).route).toMatchObject({ champion: 'var_1', tombstones: ['*'] });
    expect(act(after(champion(1, null), champion(2, 1), kill('var_1')), champion(1, 2, 'safety')).result).toMatchObject({ outcome: 'refused', rule: 'killed' });
  });
  test('a killed first version can be removed, so that a revive does not bring it back; one that can be gone back from, or is pinned, cannot', () => {
    expect(act(after(champion(1, null), kill('var_1')), { type: 'remove', variantId: 'var_1' }).route).toMatchObject({ champion: null });
    expect(act(after(champion(1, null), champion(2, 1), kill('var_2')), { type: 'remove', variantId: 'var_2' }).result.outcome).toBe('refused');
    expect(act(after(champion(1, null), { type: 'pin', variantId: 'var_1', person: 'ann' }, kill('var_1')), { type: 'remove', variantId: 'var_1' }).result.outcome).toBe('refused');
  });
  test('a refusal that a person may end says by which rule, and a repeat says the same', () => {
    const route = after(champion(1, null), kill('var_2'));
    const first = applyCommand(route, { ...share(2, 100), commandId: 'again', atMs: 7 });
    expect(first.result).toMatchObject({ outcome: 'refused', rule: 'killed' });
    expect(applyCommand(first.route, { ...share(2, 100), commandId: 'again', atMs: 9 }).result).toEqual(first.result);
    expect(act(route, shadows([2])).result).toMatchObject({ outcome: 'refused', rule: 'killed' });
  });
});

describe('shares and shadows', () => {
  test('the sum stays within the whole', () => {
    const route = after(champion(1, null), share(2, 6_000));
    expect(act(route, share(3, 4_001)).result).toMatchObject({ outcome: 'refused', reason: 'the shares would sum to 10001 of 10000' });
    expect(act(route, share(3, 4_000)).result.outcome).toBe('applied');
  });
  test.each([-1, 10_001, 0.5, Number.NaN])('%p is no share', (n10k) => { expect(act(after(champion(1, null)), share(2, n10k)).result.outcome).toBe('refused'); });
  test('a share grows in its place and zero takes it out', () => {
    const route = after(champion(1, null), share(2, 100), share(3, 100), share(2, 900));
    expect(route.shares).toEqual([{ variantId: 'var_2', sharePer10k: 900 }, { variantId: 'var_3', sharePer10k: 100 }]);
    expect(act(route, share(2, 0)).route.shares).toEqual([{ variantId: 'var_3', sharePer10k: 100 }]);
  });
  test('a newer rollout takes over and clears what the older one left; the older one is superseded', () => {
    const route = after(champion(1, null), shadows([2]), share(2, 500), shadows([3], 2));
    expect(route).toMatchObject({ rolloutId: `${UID}/2`, shares: [] });
    expect(act(route, share(2, 600)).result).toMatchObject({ outcome: 'superseded', reason: 'rollout 2 has the route' });
  });
  test('another deployment\'s rollout, the champion, and a deadline of zero are refused', () => {
    const route = after(champion(1, null));
    expect(act(route, { ...share(2, 5), ifRollout: 'dep_2/1' } as Body).result.outcome).toBe('refused');
    expect(act(route, share(1, 5)).result.outcome).toBe('refused');
    expect(act(route, shadows([1])).result.outcome).toBe('refused');
    expect(act(route, shadows([2, 2])).result.outcome).toBe('refused');
    expect(act(route, { type: 'setShadows', shadows: [{ variantId: 'var_2', variant: variant(2), samplePer10k: 1, deadlineMs: 0 }], ifRollout: `${UID}/1` }).result.outcome).toBe('refused');
  });
});

describe('remove, kill, revive', () => {
  test('remove takes a variant out of everything and forgets it; never the champion', () => {
    const route = after(champion(1, null), champion(2, 1), shadows([3]), share(3, 500), { type: 'remove', variantId: 'var_3' }, { type: 'remove', variantId: 'var_1' });
    expect(route).toMatchObject({ shares: [], shadows: [], lastGood: [] });
    expect(Object.keys(route.variants)).toEqual(['var_2']);
    expect(act(route, { type: 'remove', variantId: 'var_2' }).result.outcome).toBe('refused');
    expect(act(route, { type: 'remove', variantId: 'var_9' }).result.outcome).toBe('applied');
  });
  test('a kill by digest takes all its variants, which stay known for the 410; they come back by a person alone', () => {
    const route = after(champion(1, null), shadows([2, 5]), share(2, 500), share(5, 500), { type: 'kill', targets: ['sha256:2'], inFlight: 'abort' });
    expect(route).toMatchObject({ shares: [], shadows: [], tombstones: ['sha256:2'] });
    expect(Object.keys(route.variants).sort()).toEqual(['var_1', 'var_2', 'var_5']);
    expect(act(route, share(5, 5)).result).toMatchObject({ outcome: 'refused', reason: 'var_5 is killed; only a person revives it' });
    expect(act(route, { type: 'revive', targets: ['sha256:2'], person: '', reason: 'x' }).result.outcome).toBe('refused');
    const revived = act(route, { type: 'revive', targets: ['sha256:2'], person: 'ann', reason: 'false alarm' }).route;
    expect(revived.tombstones).toEqual([]);
    expect(act(revived, share(5, 5)).result.outcome).toBe('applied');
  });
  test('a killed champion keeps its place but never becomes last good', () => {
    const killed = after(champion(1, null), champion(2, 1), { type: 'kill', targets: ['var_2'], inFlight: 'abort' });
    expect(killed).toMatchObject({ champion: 'var_2', lastGood: ['var_1'] });
    expect(act(killed, champion(3, 2)).route).toMatchObject({ champion: 'var_3', lastGood: ['var_1'] });
  });
});

test('configure brings the settings it names into a route and nothing else', () => {
  const settings = { fallback: ['closed'], onLostControl: 'failClosed', stickyHeader: 'x-user', stickyJsonPath: null, recordInputs: true } as const;
  const smuggled = { ...settings, champion: 'var_9', tombstones: ['*'] };
  expect(after(champion(1, null), { type: 'configure', settings: smuggled })).toMatchObject({ ...settings, champion: 'var_1', tombstones: [] });
});

test('the memory of answers is bounded', () => {
  let route = newRoute();
  for (let i = 0; i < KEPT_COMMANDS + 5; i += 1) route = act(route, { type: 'unpin', person: 'ann' }).route;
  expect(route.applied).toHaveLength(KEPT_COMMANDS);
  expect(route.applied.at(-1)).toMatchObject({ revision: KEPT_COMMANDS + 5, outcome: 'applied', reason: null });
});
