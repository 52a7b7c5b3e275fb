import { storeError } from '../../../adapters/store/mongodb/errors.ts';

test.each([['write', 'ECONNRESET'], ['write', 'EPIPE'], ['connect', 'ECONNREFUSED']])('%s %s without the driver\'s class around it is an outage that passes', (syscall, code) => {
  expect(storeError(Object.assign(new Error(`${syscall} ${code}`), { syscall, code }))).toMatchObject({ code: 'LM_STORE_UNAVAILABLE', retryable: true });
});

test('an error that is no socket\'s is still a defect', () => {
  expect(storeError(Object.assign(new Error('no such file'), { syscall: 'open', code: 'ENOENT' }))).toMatchObject({ code: 'LM_INVARIANT', retryable: false });
});
