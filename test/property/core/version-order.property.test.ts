import fc from 'fast-check';
import { compareVersions, formatModelRef, parseModelRef } from '../../../domain/model.ts';

const version = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,8}$/);

test('versions have a total order: antisymmetric, transitive, equal only to themselves', () => {
  fc.assert(fc.property(version, version, version, (a, b, c) => {
    expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
    expect(compareVersions(a, b) === 0).toBe(a === b);
    if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
  }), { numRuns: 2_000 });
});

test('numbers sort by value, whatever stands around them', () => {
  expect(['10', '1a', '2', 'v10', 'v9', '1.10', '1.9'].sort(compareVersions)).toEqual(['1.9', '1.10', '1a', '2', '10', 'v9', 'v10']);
});

test('a reference survives format and parse; others are refused with the form', () => {
  expect(formatModelRef(parseModelRef('filesystem:team/churn@7'))).toBe('filesystem:team/churn@7');
  for (const bad of ['churn@7', 'filesystem:churn', 'filesystem:../x@1', 'filesystem:a//b@1', 'FS:churn@7', 'filesystem:churn@', '']) {
    expect(() => parseModelRef(bad)).toThrow(expect.objectContaining({ code: 'LM_INVALID_MODEL_REF' }));
  }
});
