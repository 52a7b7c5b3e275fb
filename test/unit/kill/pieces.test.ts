import { sampleKill, sampleRoute } from '../../../conformance/stores/samples.ts';
import { newScope } from '../../../conformance/stores/suite.ts';
import { commonFingerprint, fingerprintOf } from '../../../domain/kill/fingerprint.ts';
import { variantsUnder, killIdOf, liftedBy, newKill, scopeOf } from '../../../domain/kill/order.ts';
import { readProbe, type ProbeAnswer } from '../../../domain/kill/probe-reading.ts';
import { resolveScope } from '../../../domain/kill/scope.ts';
import { killedChampion, killSentence } from '../../../domain/kill/sentence.ts';
import { probeRequest } from '../../../domain/probe-request.ts';
import { applyCommand } from '../../../domain/traffic/commands.ts';
import { canaryRoute, variant } from '../../support/traffic-arbitraries.ts';

const output = (name: string, data: readonly unknown[], shape = [data.length]) => ({ name, datatype: 'FP32', shape, data });

test('a fingerprint is of the outputs alone, in whatever order and nesting they come', () => {
  const one = fingerprintOf({ model_name: 'a', outputs: [output('p', [0.1, 0.9], [1, 2]), output('c', [1])] });
  expect(one).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(fingerprintOf({ id: 'x', outputs: [output('c', [1]), { ...output('p', [[0.1, 0.9]]), shape: [1, 2], datatype: 'FP64' }] })).toBe(one);
  expect(fingerprintOf({ outputs: [output('p', [0.1, 0.8], [1, 2]), output('c', [1])] })).not.toBe(one);
  expect(fingerprintOf({ outputs: [output('q', [0.1, 0.9], [1, 2]), output('c', [1])] })).not.toBe(one);
  for (const none of [null, 'text', {}, { outputs: [] }, { outputs: [{ name: 'p' }] }, { outputs: [output('p', [NaN])] }]) expect(fingerprintOf(none)).toBeNull();
});

test('a version that answers differently each time has no fingerprint', () => {
  const same = { outputs: [output('p', [1])] };
  expect(commonFingerprint([same, { outputs: [output('p', [1])] }])).toBe(fingerprintOf(same));
  expect(commonFingerprint([same, { outputs: [output('p', [2])] }])).toBeNull();
  expect(commonFingerprint([])).toBeNull();
});

test('the probe request is the first golden one, else one row of blanks', () => {
  const golden = { request: { inputs: [] }, expect: null, tolerance: 0 };
  expect(probeRequest({ golden: [golden], inputs: [] })).toBe(golden.request);
  expect(probeRequest({ golden: [], inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }, { name: 't', datatype: 'BYTES', shape: [1] }, { name: 'b', datatype: 'BOOL', shape: [] }] })).toEqual({
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [0, 0] }, { name: 't', datatype: 'BYTES', shape: [1], data: [''] }, { name: 'b', datatype: 'BOOL', shape: [], data: [false] }],
  });
});

const suspects = { isKilled: (id: string) => id === 'var_k', fingerprints: new Map([['var_k', 'f1'], ['var_o', 'f2'], ['var_twin', 'f1']]) };
const said = (part: Partial<ProbeAnswer>): ProbeAnswer => ({ status: 200, variantId: null, code: null, fingerprint: null, note: null, ...part });
test.each<[string, 'decides' | 'by-version', Partial<ProbeAnswer>, string]>([
  ['another version', 'decides', { variantId: 'var_o', fingerprint: 'f2' }, 'clear'],
  ['another version, a new answer', 'decides', { variantId: 'var_o', fingerprint: 'f9' }, 'clear'],
  ['the killed one by name, whatever its status', 'decides', { variantId: 'var_k', status: 500 }, 'killed-answered'],
  ['the killed one under another name', 'decides', { variantId: 'var_o', fingerprint: 'f1' }, 'killed-answered'],
  ['the killed one without a name', 'decides', { fingerprint: 'f1' }, 'killed-answered'],
  ['a version that answers as the killed one does', 'decides', { variantId: 'var_twin', fingerprint: 'f1' }, 'clear'],
  ['a version whose answer is not known', 'decides', { variantId: 'var_new', fingerprint: 'f1' }, 'clear'],
  ['taken off', 'by-version', { status: 410 }, 'clear'],
  ['closed', 'decides', { status: 503, code: 'LM_GATEWAY_UNAVAILABLE' }, 'clear'],
  ['503 of somebody else', 'decides', { status: 503 }, 'no-answer'],
  ['not for callers', 'by-version', { status: 403 }, 'clear'],
  ['unknown by now', 'by-version', { status: 404, code: 'LM_VARIANT_NOT_FOUND' }, 'clear'],
  ['a gateway that has no such deployment', 'by-version', { status: 404, code: 'LM_DEPLOYMENT_NOT_FOUND' }, 'no-answer'],
  ['not found on the plain path', 'decides', { status: 404 }, 'no-answer'],
  ['no key', 'decides', { status: 401 }, 'no-answer'],
  ['a nameless answer', 'decides', { fingerprint: 'f9' }, 'no-answer'],
  ['silence', 'decides', { status: 0, note: 'ECONNREFUSED' }, 'no-answer'],
])('a probe that meets %s (%s)', (_what, kind, answer, result) => {
  expect(readProbe(kind, said(answer), suspects).result).toBe(result);
});

test('an order without words is named by its tombstones', () => {
  expect([['*'], ['var_1'], ['sha256:a'], ['var_1', 'var_2'], ['var_1', '*']].map((targets) => scopeOf(targets).kind)).toEqual(['all', 'variant', 'digest', 'all', 'all']);
});

test('one order in one deployment has one id', () => {
  expect(killIdOf('t:k1', 'dep_1')).toMatch(/^kil_[0-9a-f]{32}$/);
  expect(new Set([killIdOf('t:k1', 'dep_1'), killIdOf('t:k1', 'dep_1'), killIdOf('t:k1', 'dep_2'), killIdOf('t:k2', 'dep_1')]).size).toBe(3);
});

test('what tombstones hold is found with its role, killed before or not', () => {
  const route = canaryRoute(1_000);
  expect(variantsUnder(route, ['var_2']).map(({ variantId, role }) => [variantId, role])).toEqual([['var_2', 'challenger']]);
  expect(variantsUnder(route, ['*']).map(({ role }) => role)).toEqual(['champion', 'challenger']);
  expect(variantsUnder(route, [variant(1).artifactDigest, 'var_none']).map(({ variantId }) => variantId)).toEqual(['var_1']);
});

test('a revive lifts nothing that another kill in force names', () => {
  const kill = (killId: string, targets: readonly string[], state: 'proved' | 'revived' = 'proved') => ({ killId, targets, state, drillId: null });
  const one = kill('kil_1', ['var_1', 'var_2']);
  expect(liftedBy(one, [one])).toEqual(['var_1', 'var_2']);
  expect(liftedBy(one, [one, kill('kil_2', ['var_2'])])).toEqual(['var_1']);
  expect(liftedBy(one, [one, kill('kil_2', ['var_2'], 'revived')])).toEqual(['var_1', 'var_2']);
});

test('each state has its sentence, and an unconfirmed one says NOT', () => {
  const scope = newScope();
  const at = { fencedAtMs: 1_080, silentAtMs: 1_090, provedAtMs: 3_500 };
  const of = (state: Parameters<typeof sampleKill>[1]) => killSentence(sampleKill(scope, { ...at, missing: [], bound: null, ...state }));
  expect(of({ state: 'proved' })).toBe('Version 7 of churn is off: silent after 90 ms, proved after 2.5 s. Version 6 answers now.');
  expect(of({ state: 'fencing', missing: ['gateway gw-1 does not obey it yet'], bound: 'none' })).toBe('Version 7 of churn is being taken off; not every gateway obeys yet. Version 6 answers now. Not confirmed: gateway gw-1 does not obey it yet. Bound: none.');
  expect(of({ state: 'unconfirmed', answering: null })).toBe('Version 7 of churn is taken off, but that is NOT confirmed; it is tried on. Nothing answers callers now: the deployment is closed.');
  expect(of({ state: 'fenced', scope: { kind: 'all' } })).toContain('All of churn gets no new request after 80 ms');
  expect(of({ state: 'silent', variants: [], targets: ['sha256:x'] })).toContain('sha256:x in churn is off: silent after 90 ms, not proved yet.');
  expect(of({ state: 'revived' })).toContain('was taken off and revived');
});

test('the line of a deployment says when its champion is killed, and who stands in', () => {
  const route = canaryRoute(1_000);
  const kill = (targets: readonly string[]) => applyCommand(route, { type: 'kill', commandId: 'k', atMs: 1, targets, inFlight: 'abort' }).route;
  expect(killedChampion(route)).toBeNull();
  expect(killedChampion(kill(['var_2']))).toBeNull();
  expect(killedChampion(kill(['var_1']))).toBe('Version 1 is killed; nothing answers callers. Only a person revives it.');
  const promoted = applyCommand(route, { type: 'setChampion', commandId: 'p', atMs: 1, variant: variant(2), expectedChampion: 'var_1', by: 'automation' }).route;
  expect(killedChampion(applyCommand(promoted, { type: 'kill', commandId: 'k', atMs: 1, targets: ['var_2'], inFlight: 'abort' }).route)).toBe('Version 2 is killed; version 1 answers instead. Only a person revives it.');
});

test('a new record says who answers once the tombstones are on', () => {
  const scope = newScope();
  const meant = resolveScope(canaryRoute(1_000), { kind: 'version', version: '2' });
  expect(meant).toMatchObject({ ok: true, targets: ['var_2'], variants: [{ role: 'challenger' }] });
  expect(resolveScope(canaryRoute(1_000), { kind: 'version', version: '9' })).toEqual({ ok: false, why: 'churn has no version 9 in its route; it has the versions 1, 2.' });
  const { killId, targets, inFlight, actor, via, reason, requestedAtMs } = sampleKill(scope);
  const record = newKill(sampleRoute(scope), { killId, scope: { kind: 'all' }, targets, inFlight, actor, via, reason, requestedAtMs }, { variants: [], revision: 3 });
  expect(record).toMatchObject({ state: 'fencing', answering: null, revision: 3, revisionOfRecord: 1, gateways: [], fencedAtMs: null });
});
