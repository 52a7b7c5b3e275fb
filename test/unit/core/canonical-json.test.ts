import { canonicalJson } from '../../../domain/canonical-json.ts';
import { artifactDigest, digestOf, digestOfJson, isDigest } from '../../../domain/digest.ts';

test('RFC 8785 section 3.2.3: keys are sorted by UTF-16 code units', () => {
  const value = { '\u20ac': 'Euro Sign', '\r': 'Carriage Return', '\ufb33': 'Hebrew Letter Dalet With Dagesh', '1': 'One', '\ud83d\ude00': 'Emoji: Grinning Face', '\u0080': 'Control', '\u00f6': 'Latin Small Letter O With Diaeresis' };
  expect(Object.values(JSON.parse(canonicalJson(value)) as object)).toEqual(expect.arrayContaining(Object.values(value)));
  expect(canonicalJson(value).indexOf('Carriage')).toBeLessThan(canonicalJson(value).indexOf('One'));
  expect(canonicalJson(value).indexOf('Emoji')).toBeLessThan(canonicalJson(value).indexOf('Dalet'));
});

test('RFC 8785 section 3.2.2.3: numbers have the ECMAScript form', () => {
  expect(canonicalJson([333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0])).toBe('[333333333.3333333,1e+30,4.5,0.002,1e-27,0]');
});

test('what JSON cannot say is refused, undefined members are left out', () => {
  expect(() => canonicalJson({ a: [NaN] })).toThrow(RangeError);
  expect(() => canonicalJson(Infinity)).toThrow(RangeError);
  expect(canonicalJson({ b: undefined, a: null })).toBe('{"a":null}');
});

test('digests are SHA-256 of the canonical form', () => {
  expect(digestOf('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(digestOfJson({ b: 1, a: 2 })).toBe(digestOfJson({ a: 2, b: 1 }));
  expect(isDigest(digestOf(''))).toBe(true);
  expect(isDigest('sha256:XYZ')).toBe(false);
});

test('an artifact digest depends on paths, sizes and hashes, not on their order', () => {
  const a = { path: 'model.onnx', size: 3, sha256: 'aa' };
  const b = { path: 'vocab.txt', size: 5, sha256: 'bb' };
  expect(artifactDigest([a, b])).toBe(artifactDigest([b, a]));
  expect(artifactDigest([a, { ...b, size: 6 }])).not.toBe(artifactDigest([a, b]));
  expect(artifactDigest([a, { ...b, path: 'vocab2.txt' }])).not.toBe(artifactDigest([a, b]));
});
