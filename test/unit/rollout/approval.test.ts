import { escalatesAtMs, expiresAtMs, explainApproval, isGranted, voiceOf, whyNotApproved, whyNotDelegated, withApproval, withDelegation, type Approvable, type Approval, type ApprovalPolicy, type ApprovalState, type Approver } from '../../../domain/rollout/approval.ts';

const POLICY: ApprovalPolicy = { before: ['promote'], roles: ['risk'], count: 2, notAuthor: true, deadlineMs: 1_000, escalateAfterMs: 400, escalateTo: ['chief'] };
const STATE: ApprovalState = { before: 'promote', sinceMs: 0, verdictN: 5, given: [], escalated: false, delegates: [] };
const person = (name: string, ...roles: string[]): Approver => ({ actor: { kind: 'person', name }, roles });
const OF: Approvable = { policy: POLICY, state: STATE, author: person('ada').actor, digest: 'sha256:a', verdictN: 7 };
const LOOKED = { digest: 'sha256:a', verdictN: 6 };
const by = (name: string, voice = name): Approval => ({ actor: person(name).actor, atMs: 1, before: 'promote', digest: 'sha256:a', verdictN: 6, voice, reason: 'looked' });

test('a person of the role approves the bytes that wait', () => { expect(whyNotApproved(OF, person('bea', 'risk'), LOOKED)).toBeNull(); });

test.each([
  ['a service', { actor: { kind: 'service', name: 'ci' }, roles: ['risk'] }, LOOKED, 'LM_FORBIDDEN'],
  ['the author', person('ada', 'risk'), LOOKED, 'LM_FORBIDDEN'],
  ['somebody without the role', person('bea', 'owner'), LOOKED, 'LM_FORBIDDEN'],
  ['the role that is asked only later', person('bea', 'chief'), LOOKED, 'LM_FORBIDDEN'],
  ['other bytes', person('bea', 'risk'), { ...LOOKED, digest: 'sha256:b' }, 'LM_CONFLICT'],
  ['a verdict of before it was asked for', person('bea', 'risk'), { ...LOOKED, verdictN: 4 }, 'LM_CONFLICT'],
  ['a verdict that is not there', person('bea', 'risk'), { ...LOOKED, verdictN: 8 }, 'LM_CONFLICT'],
] as const)('%s: refused', (_, approver, looked, code) => { expect(whyNotApproved(OF, approver, looked)?.code).toBe(code); });

test('an author who is a service of that name is not the person; where the policy says so the author may', () => {
  expect(whyNotApproved({ ...OF, author: { kind: 'service', name: 'ada' } }, person('ada', 'risk'), LOOKED)).toBeNull();
  expect(whyNotApproved({ ...OF, policy: { ...POLICY, notAuthor: false } }, person('ada', 'risk'), LOOKED)).toBeNull();
});

test('without roles anybody with the scope may; escalated, the roles behind may too', () => {
  expect(whyNotApproved({ ...OF, policy: { ...POLICY, roles: [] } }, person('bea'), LOOKED)).toBeNull();
  const escalated = { ...OF, state: { ...STATE, escalated: true } };
  expect([whyNotApproved(escalated, person('cy', 'chief'), LOOKED), whyNotApproved(escalated, person('bea', 'risk'), LOOKED)]).toEqual([null, null]);
});

test('the same person twice is once', () => {
  const twice = withApproval(withApproval(STATE, by('bea')), by('bea'));
  expect([twice.given.length, isGranted(POLICY, twice)]).toEqual([1, false]);
  expect(isGranted(POLICY, withApproval(twice, by('cy')))).toBe(true);
});

test('a right that is handed on is one voice, however many use it', () => {
  const handed = withDelegation(withDelegation(STATE, { from: 'bea', to: 'cy' }), { from: 'bea', to: 'dan' });
  const of = { ...OF, state: handed };
  expect([voiceOf(of, person('cy')), voiceOf(of, person('bea', 'risk')), voiceOf(of, person('eve'))]).toEqual(['bea', 'bea', null]);
  const all = [by('cy', 'bea'), by('dan', 'bea'), by('bea')].reduce(withApproval, handed);
  expect([all.given.length, isGranted(POLICY, all)]).toEqual([1, false]);
});

test('a delegate of two people is one person', () => {
  const handed = withDelegation(withDelegation(STATE, { from: 'bea', to: 'cy' }), { from: 'dan', to: 'cy' });
  const once = withApproval(handed, by('cy', 'bea'));
  expect(voiceOf({ policy: POLICY, state: once }, person('cy'))).toBe('dan');
  expect(withApproval(once, by('cy', 'dan')).given.map(({ voice }) => voice)).toEqual(['dan']);
});

test('only a right of one\'s own is handed on, and not to the author', () => {
  const handed = { ...OF, state: withDelegation(STATE, { from: 'bea', to: 'cy' }) };
  expect(whyNotDelegated(OF, person('bea', 'risk'), 'cy')).toBeNull();
  expect(whyNotDelegated(handed, person('cy'), 'dan')?.code).toBe('LM_FORBIDDEN');
  expect(whyNotDelegated(OF, person('bea', 'risk'), 'ada')?.code).toBe('LM_FORBIDDEN');
  expect(whyNotDelegated(OF, person('ada', 'risk'), 'bea')?.code).toBe('LM_FORBIDDEN');
  expect(whyNotDelegated({ ...OF, policy: { ...POLICY, roles: [] } }, person('bea'), 'cy')?.code).toBe('LM_CONFLICT');
});

test('what is granted neither escalates nor expires', () => {
  expect([escalatesAtMs(POLICY, STATE), expiresAtMs(POLICY, STATE), escalatesAtMs(POLICY, { ...STATE, escalated: true }), escalatesAtMs({ ...POLICY, escalateAfterMs: null }, STATE)]).toEqual([400, 1_000, null, null]);
  const granted = [by('bea'), by('cy')].reduce(withApproval, STATE);
  expect([escalatesAtMs(POLICY, granted), expiresAtMs(POLICY, granted)]).toEqual([null, null]);
});

test('it says who is asked, by when, and who has agreed', () => {
  const state = withApproval(withDelegation(STATE, { from: 'bea', to: 'cy' }), by('cy', 'bea'));
  expect(explainApproval(POLICY, state)).toBe('Before it decides 2 people in the role risk must agree, until 1970-01-01T00:00:01.000Z. cy (for bea) agreed: 1 of 2. bea handed it to cy.');
});
