import { parseBatch } from '../../../collector/batch.ts';
import { batch, legRecord } from './world.ts';

const text = (value: unknown): string => JSON.stringify(value);

test('a batch comes back as it was sent; members that are not known are left out', () => {
  const sent = batch([legRecord()], { drops: [{ tenantId: 'acme', deploymentUid: 'dep_1', variantId: 'var_a', reason: 'cap', count: 3 }] });
  expect(parseBatch(text({ ...sent, later: 1 }))).toEqual(sent);
  expect(parseBatch(text({ ...sent, v: 0 }))).toMatchObject({ v: 0, seq: 1 });
});

test.each([
  ['no JSON', '{"v":1'], ['no object', '7'], ['no version', '{}'], ['a version long gone', text(batch([], { v: -1 }))],
  ['a leg without id', text(batch([legRecord({ inferenceId: '' })]))], ['a time that is no integer', text(batch([legRecord({ atMs: 1.5 })]))],
  ['an operator where a text belongs', text(batch([legRecord({ variantId: { $ne: '' } as unknown as string })]))], ['a negative number', text(batch([], { seq: -1 }))],
])('%s is LM_INVALID_REQUEST', (_, body) => {
  expect(thrownBy(() => parseBatch(body))).toMatchObject({ code: 'LM_INVALID_REQUEST' });
});

test('a newer version is refused in a way that makes the gateway keep it', () => {
  expect(thrownBy(() => parseBatch(text(batch([], { v: 2 }))))).toMatchObject({ status: 501, message: expect.stringContaining('upgrade the collectors') as string });
});

function thrownBy(run: () => unknown): unknown {
  try { run(); } catch (error) { return error; }
  return null;
}
