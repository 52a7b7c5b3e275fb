import { admit, QUEUE_LIMIT } from '../../../domain/rollout/admission.ts';

const free = { active: null, queued: 0, tried: [] };
const candidate = { model: 'filesystem:churn@7', retry: false, reason: null, whenBusy: 'refuse' } as const;

test('a free deployment starts at once, whatever whenBusy says', () => {
  for (const whenBusy of ['refuse', 'queue', 'supersede'] as const) expect(admit({ ...candidate, whenBusy }, free)).toEqual({ decision: 'start' });
});

test('a busy one refuses, queues or supersedes as told', () => {
  const busy = { ...free, active: 3 };
  expect(admit(candidate, busy)).toMatchObject({ decision: 'refuse', code: 'LM_ROLLOUT_IN_PROGRESS', message: expect.stringContaining('Rollout 3') as string });
  expect(admit({ ...candidate, whenBusy: 'queue' }, busy)).toEqual({ decision: 'queue' });
  expect(admit({ ...candidate, whenBusy: 'supersede' }, busy)).toEqual({ decision: 'supersede' });
});

test('a queue that waits to move up counts as busy, and has a limit', () => {
  expect(admit(candidate, { ...free, queued: 1 })).toMatchObject({ code: 'LM_ROLLOUT_IN_PROGRESS' });
  expect(admit({ ...candidate, whenBusy: 'queue' }, { ...free, active: 1, queued: QUEUE_LIMIT })).toMatchObject({ code: 'LM_BUSY' });
});

test('what was rolled back needs retry and a reason, both', () => {
  const tried = { ...free, tried: ['filesystem:churn@7'] };
  expect(admit(candidate, tried)).toMatchObject({ code: 'LM_ALREADY_TRIED' });
  expect(admit({ ...candidate, retry: true }, tried)).toMatchObject({ code: 'LM_ALREADY_TRIED' });
  expect(admit({ ...candidate, retry: true, reason: 'the feed was wrong' }, tried)).toEqual({ decision: 'start' });
});
