import { sampleContract } from '../../../conformance/stores/samples.ts';
import { extractLeg } from '../../../collector/extract.ts';
import { codeOf } from '../../../domain/drift/feature-code.ts';
import { featureColumns } from '../../../domain/drift/request-features.ts';
import { NO_RULING_MS } from '../../../domain/record.ts';
import { legRecord, scoring } from './world.ts';

const reader = { contract: sampleContract(), clock: 'event', keepInputs: false, segments: null, columns: [] } as const;

test('an answer is read by the contract, and the wire version is left behind', () => {
  const leg = extractLeg(legRecord(), reader, 6_000);
  expect(leg).toMatchObject({ predictions: [{ row: 0, score: 0.75, klass: 1 }], offContract: null, receivedAtMs: 6_000, response: scoring(0.75) });
  expect(leg).not.toHaveProperty('v');
});

test.each([
  ['event', 700, 700],
  ['event', null, NO_RULING_MS],
  ['gateway', 700, 5_000],
] as const)('under the %s clock an event time of %p rules as %p', (clock, eventMs, rulingMs) => {
  expect(extractLeg(legRecord({ eventMs }), { ...reader, clock }, 1).rulingMs).toBe(rulingMs);
});

test.each([
  ['a time-out', { error: 'timeout', status: 0, response: null }, null],
  ['a refused request', { status: 400, response: '{"error":"no"}' }, null],
  ['an answer over the cap', { unscored: 'too-large', response: null }, null],
  ['a non-finite score', { response: scoring(null) }, 'non-finite'],
  ['a body that is no JSON', { response: '<html>' }, 'unparsable'],
  ['no body and no reason', { response: null }, 'unparsable'],
] as const)('%s has no predictions', (_, change, offContract) => {
  expect(extractLeg(legRecord(change), reader, 1)).toMatchObject({ predictions: [], offContract });
});

test('kept texts are capped, and a request is kept only where the deployment says so', () => {
  const long = `{"outputs":[],"note":"${'x'.repeat(10_000)}"}`;
  expect(extractLeg(legRecord({ response: long }), reader, 1).response).toHaveLength(4_096);
  expect(extractLeg(legRecord(), reader, 1).request).toBeNull();
  expect(extractLeg(legRecord(), { ...reader, keepInputs: true }, 1).request).toBe('{"inputs":[]}');
});

test('the declared segment is read of the request, which is then dropped; other values and requests that are no JSON have none', () => {
  const segments = { path: ['parameters', 'region'], values: new Set(['eu', '7']) };
  const of = (request: string | null) => extractLeg(legRecord({ request }), { ...reader, segments }, 1);
  expect(of('{"parameters":{"region":"eu"},"inputs":[]}')).toMatchObject({ segment: 'eu', request: null });
  expect(of('{"parameters":{"region":7}}')).toMatchObject({ segment: '7' });
  for (const none of ['{"parameters":{"region":"mars"}}', '{"parameters":{"region":{"eu":1}}}', '{"inputs":[]}', '{"parameters":', null]) expect(of(none)).not.toHaveProperty('segment');
  expect(extractLeg(legRecord({ request: '{"parameters":{"region":"eu"}}' }), reader, 1)).not.toHaveProperty('segment');
});

test('where drift is watched the values of the request are kept as codes, and the request is dropped', () => {
  const columns = featureColumns([{ name: 'x', datatype: 'FP32', shape: [-1, 2] }]);
  const leg = extractLeg(legRecord({ request: '{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,"a"]}]}' }), { ...reader, columns }, 1);
  expect(leg).toMatchObject({ request: null, features: [[codeOf(1), 'a']] });
  expect(extractLeg(legRecord({ request: '{"inputs":3}' }), { ...reader, columns }, 1)).not.toHaveProperty('features');
});
