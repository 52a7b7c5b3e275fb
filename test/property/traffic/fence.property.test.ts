import fc from 'fast-check';
import type { InFlight, Tombstone } from '../../../domain/traffic/route.ts';
import type { TableRoute } from '../../../domain/traffic/table.ts';
import { isKilled } from '../../../domain/traffic/tombstones.ts';
import { createFence, type Leg } from '../../../gateway/fence.ts';
import { newRoute, UID, variant } from '../../support/traffic-arbitraries.ts';

const variants = Object.fromEntries([1, 2, 3, 4, 5, 6].map((n) => [`var_${n}`, variant(n)]));
const target = fc.constantFrom('var_1', 'var_2', 'var_4', 'sha256:1', 'sha256:2', '*');
const order = fc.record({ target, inFlight: fc.constantFrom('abort' as const, 'drain' as const) });
const n = fc.integer({ min: 1, max: 6 });
const which = fc.nat({ max: 40 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('begin' as const), n }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('send' as const), which }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('finish' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('kill' as const), order, own: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('revive' as const), target }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
interface Modelled { readonly leg: Leg; readonly n: number; sent: boolean; ended: boolean; finished: boolean }

/** Routes and own kills as sets of tombstones; what is under way as a list. Simple enough to be right by looking at it. */
class World {
  readonly route = new Map<Tombstone, InFlight>();
  readonly own = new Map<Tombstone, InFlight>();
  readonly legs: Modelled[] = [];
  rings = 0;
  now = 0;
  readonly fence = createFence({
    routes: (): readonly TableRoute[] => [{ ...newRoute(), variants, tombstones: [...this.route.keys()], draining: drains(this.route) }],
    ownKillings: () => [{ tombstones: [...this.own.keys()], draining: drains(this.own) }], utcMs: () => this.now += 1, changed: () => { this.rings += 1; },
  });

  killed(k: number): boolean { return isKilled([...this.route.keys(), ...this.own.keys()], variant(k)); }
  aborts(k: number): boolean { return [this.route, this.own].some((kills) => [...kills].some(([each, inFlight]) => inFlight === 'abort' && isKilled([each], variant(k)))); }
  underWay(k: number): number { return this.legs.filter((each) => each.n === k && !each.finished && !each.ended).length; }

  take(each: Step): void {
    switch (each.do) {
      case 'begin': this.begin(each.n); break;
      case 'send': case 'finish': this.goOn(each.do, this.legs[each.which % Math.max(1, this.legs.length)]); break;
      case 'kill': (each.own ? this.own : this.route).set(each.order.target, each.order.inFlight); this.obey(); break;
      case 'revive': this.route.delete(each.target); this.obey(); break;
      case 'forget': this.own.clear(); this.obey(); break;
    }
  }
  goOn(how: 'send' | 'finish', made: Modelled | undefined): void {
    if (made === undefined) return;
    if (how === 'send') { this.send(made); return; }
    made.finished = true;
    made.leg.finish();
  }
  begin(k: number): void {
    const made: Modelled = { leg: this.fence.begin({ tenantId: 'default', deploymentUid: UID }, variant(k)), n: k, sent: false, ended: false, finished: false };
    made.leg.end = () => { made.ended = true; };
    this.legs.push(made);
  }
  send(made: Modelled): void {
    const went = made.leg.send();
    expect(went).toBe(!this.killed(made.n) && !made.ended && !made.finished);
    if (went) made.sent = true;
  }
  obey(): void {
    const must = this.legs.filter((each) => !each.finished && !each.ended && this.killed(each.n) && (!each.sent || this.aborts(each.n)));
    const spared = this.legs.filter((each) => !each.finished && !each.ended && !must.includes(each));
    this.fence.obey();
    expect(must.every(({ ended }) => ended)).toBe(true);
    expect(spared.some(({ ended }) => ended)).toBe(false);
  }
}
function drains(kills: ReadonlyMap<Tombstone, InFlight>): readonly Tombstone[] { return [...kills].flatMap(([each, inFlight]) => (inFlight === 'drain' ? [each] : [])); }

test('whatever the order of events, nothing is sent to a variant after its tombstone, and silence is told exactly when nothing is under way', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
    const world = new World();
    for (const each of steps) {
      const rings = world.rings;
      const before = [1, 2, 3, 4, 5, 6].map((k) => world.killed(k) && world.underWay(k) > 0);
      world.take(each);
      const quiet = world.fence.quiet(null);
      for (let k = 1; k <= 6; k += 1) {
        expect(quiet[`var_${k}`]?.inFlight).toBe(world.killed(k) ? world.underWay(k) : undefined);
        if (before[k - 1] === true && world.killed(k) && world.underWay(k) === 0) expect(world.rings).toBeGreaterThan(rings);
      }
    }
  }), { numRuns: 2_000, seed: 4_711 });
});

test('counts are of what happened since the tombstone, and no lane outlives its use', async () => {
  let tombstones: readonly Tombstone[] = [];
  let held: TableRoute[] = [];
  const fence = createFence({ routes: () => held, ownKillings: () => [], utcMs: () => 5, changed: () => undefined });
  const publish = (next: readonly Tombstone[], draining: readonly Tombstone[]): void => { tombstones = next; held = [{ ...newRoute(), variants, tombstones, draining }]; fence.obey(); };
  publish([], []);
  const [a, b, c] = [1, 1, 1].map(() => fence.begin(newRoute(), variant(1)));
  a!.send(); b!.send(); c!.send();
  c!.finish();
  publish(['var_1'], ['var_1']);
  const silence = fence.silence(UID, ['var_1']);
  a!.finish();
  a!.finish();
  expect(fence.quiet(null).var_1).toEqual({ inFlight: 1, aborted: 0, drained: 1, refused: 0, lastSentAtMs: 5 });
  expect(fence.quiet('acme')).toEqual({});
  fence.refused(UID, 'var_1');
  fence.refused(UID, 'var_9');
  publish(['var_1'], []);
  await silence;
  expect(fence.quiet('default').var_1).toEqual({ inFlight: 0, aborted: 1, drained: 1, refused: 1, lastSentAtMs: 5 });
  publish([], []);
  expect(fence.quiet(null)).toEqual({});
  held = [];
  fence.obey();
  expect(fence.inFlight(UID, ['var_1'])).toBe(0);
});
