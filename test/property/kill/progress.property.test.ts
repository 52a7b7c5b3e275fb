import fc from 'fast-check';
import type { BackendFence, KilledVariant, KillRecord, Probe } from '../../../domain/kill/kill.ts';
import { advanceKill, DRAIN_MS, PATIENCE_MS, type Observation, type SeenGateway } from '../../../domain/kill/progress.ts';

const REVISION = 5;
const START = 1_000_000;
const VARIANTS = ['var_a', 'var_b'];
const GATEWAYS = ['gw-1', 'gw-2', 'gw-3'];

const role = fc.constantFrom<KilledVariant['role']>('champion', 'challenger', 'shadow', 'last-good');
const killed = (variantId: string, of: KilledVariant['role']): KilledVariant => ({ variantId, version: variantId, artifactDigest: 'sha256:a', backend: 'modelhost', endpoint: null, role: of, fingerprint: null });

const anyRecord = fc.record({ roles: fc.array(role, { minLength: 1, maxLength: 2 }), onLostControl: fc.constantFrom('serve' as const, 'failClosed' as const), inFlight: fc.constantFrom('abort' as const, 'drain' as const), written: fc.boolean() })
  .map(({ roles, onLostControl, inFlight, written }): KillRecord => ({
    tenantId: 't', killId: 'kil_1', deploymentUid: 'dep_1', deployment: 'churn', state: 'fencing', scope: { kind: 'champion' }, targets: VARIANTS.slice(0, roles.length), variants: roles.map((each, i) => killed(VARIANTS[i]!, each)),
    inFlight, actor: { kind: 'person', name: 'ada' }, via: 'api', reason: null, drillId: null, requestedAtMs: START, revision: written ? REVISION : null, onLostControl, fencedAtMs: null, silentAtMs: null, provedAtMs: null,
    revivedAtMs: null, gateways: [], backends: [], probes: [], answering: null, missing: [], bound: null, revisionOfRecord: 1, updatedAtMs: START,
  }));

/** Leases and probes by their distance from the moment of the look. */
const anyGateway = fc.record({ incarnation: fc.integer({ min: 1, max: 2 }), revision: fc.option(fc.integer({ min: REVISION - 1, max: REVISION + 1 })), leaseForMs: fc.integer({ min: -20_000, max: 20_000 }), inFlight: fc.integer({ min: 0, max: 2 }) });
const anyBackend = fc.record({ state: fc.constantFrom<BackendFence['state']>('waiting', 'gone', 'not-managed', 'failed'), requestsAfter: fc.option(fc.integer({ min: 0, max: 1 })) });
const anyProbe = fc.record({ gatewayId: fc.constantFrom<string | null>(null, ...GATEWAYS), kind: fc.constantFrom<Probe['kind']>('decides', 'by-version'), agoMs: fc.integer({ min: 0, max: 5_000 }), result: fc.constantFrom<Probe['result']>('clear', 'clear', 'clear', 'killed-answered', 'no-answer') });
const anySight = fc.record({
  afterMs: fc.integer({ min: 0, max: 15_000 }), written: fc.boolean(), gateways: fc.array(fc.option(anyGateway, { freq: 4 }), { minLength: 3, maxLength: 3 }), backends: fc.array(anyBackend, { minLength: 2, maxLength: 2 }),
  probes: fc.array(anyProbe, { maxLength: 5 }),
});
/** The common good end, which chance alone would hardly find. */
const goodSight = fc.integer({ min: 0, max: 3_000 }).map((afterMs): Sight => ({
  afterMs, written: true, gateways: GATEWAYS.map(() => ({ incarnation: 1, revision: REVISION, leaseForMs: 9_000, inFlight: 0 })), backends: VARIANTS.map(() => ({ state: 'gone' as const, requestsAfter: 0 })),
  probes: GATEWAYS.map((gatewayId) => ({ gatewayId, kind: 'decides' as const, agoMs: 0, result: 'clear' as const })),
}));
type Sight = typeof anySight extends fc.Arbitrary<infer T> ? T : never;
const anySights = fc.array(fc.oneof({ weight: 3, arbitrary: anySight }, { weight: 2, arbitrary: goodSight }), { minLength: 1, maxLength: 8 });

function seen(record: KillRecord, sight: Sight, nowMs: number): Observation {
  return {
    nowMs, revision: sight.written ? REVISION : null, answering: '6',
    gateways: sight.gateways.flatMap((gateway, i): SeenGateway[] => gateway === null ? [] : [{
      gatewayId: GATEWAYS[i]!, incarnation: gateway.incarnation, revision: gateway.revision, leaseUntilMs: nowMs + gateway.leaseForMs, quiet: { var_a: { inFlight: gateway.inFlight, aborted: 0, drained: 0, refused: 0, lastSentAtMs: null } },
    }]),
    backends: record.variants.map(({ variantId, backend }, i) => ({ variantId, backend, state: sight.backends[i]!.state, atMs: nowMs, requests: 1, requestsAfter: sight.backends[i]!.requestsAfter, note: null })),
    probes: sight.probes.map(({ gatewayId, kind, agoMs, result }) => ({ gatewayId, kind, atMs: nowMs - agoMs, status: 200, variantId: null, fingerprint: null, result, note: null })),
  };
}

/** Every record on the way, with what was seen. */
function story(first: KillRecord, sights: readonly Sight[]): { readonly before: KillRecord; readonly saw: Observation; readonly after: KillRecord }[] {
  let record = first;
  let nowMs = START;
  return sights.map((sight) => {
    nowMs += sight.afterMs;
    const before = record;
    const saw = seen(before, sight, nowMs);
    record = advanceKill(before, saw);
    return { before, saw, after: record };
  });
}
const always = (check: (step: ReturnType<typeof story>[number]) => void): void => {
  fc.assert(fc.property(anyRecord, anySights, (record, sights) => { story(record, sights).forEach(check); }), { seed: 11, numRuns: 600 });
};
const holds = (lease: number, nowMs: number): boolean => lease > nowMs;

test('the times are in order, and one that was taken stays', () => {
  always(({ before, saw, after }) => {
    for (const time of ['fencedAtMs', 'silentAtMs', 'provedAtMs'] as const) {
      if (before[time] !== null) expect(after[time]).toBe(before[time]);
      else if (after[time] !== null) expect(after[time]).toBe(saw.nowMs);
    }
    if (after.silentAtMs !== null) expect(after.fencedAtMs).toBeLessThanOrEqual(after.silentAtMs);
    if (after.provedAtMs !== null) expect(after.silentAtMs).toBeLessThanOrEqual(after.provedAtMs);
    if (after.fencedAtMs !== null) expect(after.fencedAtMs).toBeGreaterThanOrEqual(after.requestedAtMs);
  });
});

test('never fenced, silent or proved while a live gateway does not obey; never silent with requests under way', () => {
  let met = 0;
  always(({ saw, after }) => {
    if (!['fenced', 'silent', 'proved'].includes(after.state)) return;
    met += 1;
    for (const { revision, leaseUntilMs, quiet } of saw.gateways) {
      if (holds(leaseUntilMs, saw.nowMs)) expect(revision ?? 0).toBeGreaterThanOrEqual(REVISION);
      if (after.state !== 'fenced' && (revision ?? 0) >= REVISION) expect(quiet.var_a?.inFlight).toBe(0);
    }
  });
  expect(met).toBeGreaterThan(300);
});

test('a gateway out of reach is never taken for silent: its lease bounds challengers and who fails closed, the end of the backend the rest', () => {
  let met = 0;
  always(({ saw, after }) => {
    const lost = saw.gateways.filter(({ revision, leaseUntilMs }) => (revision ?? 0) < REVISION && !holds(leaseUntilMs, saw.nowMs));
    if (lost.length === 0 || !['fenced', 'silent', 'proved'].includes(after.state)) return;
    met += 1;
    for (const { variantId, role: of } of after.variants) {
      const gone = saw.backends.some((each) => each.variantId === variantId && each.state === 'gone');
      expect(of === 'challenger' || of === 'shadow' || after.onLostControl === 'failClosed' || gone).toBe(true);
    }
  });
  expect(met).toBeGreaterThan(40);
});

test('proved takes a written route, ended backends without later requests, and a clear answer of every gateway that obeys, all after silence', () => {
  let met = 0;
  always(({ saw, after, before }) => {
    if (after.state !== 'proved' || before.state === 'proved') return;
    met += 1;
    expect(after.revision).toBe(REVISION);
    for (const { state, requestsAfter } of saw.backends) expect(state === 'not-managed' || (state === 'gone' && (requestsAfter ?? 0) === 0)).toBe(true);
    const fresh = saw.probes.filter(({ atMs }) => atMs >= (after.silentAtMs ?? 0));
    expect(fresh.length).toBeGreaterThan(0);
    expect(fresh.every(({ result }) => result === 'clear')).toBe(true);
    for (const { gatewayId, state } of after.gateways) if (state === 'silent') expect(fresh.some((probe) => probe.gatewayId === gatewayId && probe.kind === 'decides')).toBe(true);
    expect([after.missing, after.bound]).toEqual([[], null]);
  });
  expect(met).toBeGreaterThan(40);
});

test('what is missing is named with its bound; in time it makes the kill unconfirmed, and nothing else does', () => {
  always(({ saw, after }) => {
    expect(after.bound === null).toBe(after.missing.length === 0);
    const ageMs = saw.nowMs - after.requestedAtMs;
    if (after.state === 'unconfirmed') { expect(after.missing).not.toEqual([]); expect(ageMs).toBeGreaterThan(PATIENCE_MS); }
    if (after.missing.length > 0 && ageMs > PATIENCE_MS + DRAIN_MS) expect(after.state).toBe('unconfirmed');
    if (after.missing.length > 0 && ageMs > PATIENCE_MS && after.inFlight === 'abort') expect(after.state).toBe('unconfirmed');
  });
});

test('the same look twice is one, and the order of its lists says nothing', () => {
  fc.assert(fc.property(anyRecord, anySights, fc.infiniteStream(fc.nat()), (record, sights, picks) => {
    for (const { saw, after, before } of story(record, sights)) {
      expect(advanceKill(after, saw)).toEqual(after);
      const gateways = [...saw.gateways].sort(() => (picks.next().value % 2 === 0 ? 1 : -1));
      expect(advanceKill(before, { ...saw, gateways })).toEqual(after);
    }
  }), { seed: 12, numRuns: 200 });
});

test('where a kill is hangs on what is seen now, not on the order in which it was seen before', () => {
  fc.assert(fc.property(anyRecord, anySights, goodSight, (record, sights, last) => {
    const end = (order: readonly Sight[]): KillRecord => {
      const before = story(record, order).at(-1)!;
      return advanceKill(before.after, seen(record, last, before.saw.nowMs + last.afterMs));
    };
    const where = ({ state, missing, bound, gateways }: KillRecord): unknown => ({ state, missing, bound, gateways: gateways.map((each) => [each.gatewayId, each.state, each.inFlight]) });
    expect(where(end([...sights].reverse()))).toEqual(where(end(sights)));
  }), { seed: 13, numRuns: 500 });
});

test('a revived kill stays as it is', () => {
  fc.assert(fc.property(anyRecord, anySights, (record, sights) => {
    const revived: KillRecord = { ...record, state: 'revived' };
    expect(story(revived, sights).at(-1)!.after).toEqual(revived);
  }), { seed: 14, numRuns: 100 });
});
