import { LastmileError } from '../../../domain/errors.ts';
import { toldError } from '../../../modelhost/told-error.ts';

test('a full disk is no defect: the same call works once there is room', () => {
  const told = toldError(Object.assign(new Error('EFBIG: file too large, write'), { code: 'EFBIG' }));
  expect(told).toMatchObject({ code: 'LM_BACKEND_UNAVAILABLE', retryable: true, message: expect.stringMatching(/no room to write a file \(EFBIG\)/) });
});
test('what nobody foresaw is a defect; what has a code of ours keeps it', () => {
  expect(toldError(new TypeError('x'))).toMatchObject({ code: 'LM_INVARIANT', retryable: false });
  expect(toldError('thrown text').code).toBe('LM_INVARIANT');
  const own = new LastmileError('LM_VARIANT_NOT_FOUND', 'no such variant');
  expect(toldError(own)).toBe(own);
});
