import { whyNotApproved, type Approvable } from '../../../domain/rollout/approval.ts';

/** Scenario 30: the approver is the submitter, or agrees to bytes that are not the ones that wait. */
const ada = { kind: 'person', name: 'ada' } as const;
const bob = { kind: 'person', name: 'bob' } as const;
const waiting: Approvable = {
  policy: { before: ['promote'], roles: ['risk'], count: 1, notAuthor: true, deadlineMs: 1_000, escalateAfterMs: null, escalateTo: ['head'] },
  state: { before: 'promote', sinceMs: 0, given: [], escalated: false, delegates: [] }, author: ada, digest: 'sha256:new', verdictN: 3,
};

test('another person with the role, to the bytes that wait, counts', () => { expect(whyNotApproved(waiting, { actor: bob, roles: ['risk'] }, 'sha256:new')).toBeNull(); });
test('whoever asked for it may not, whatever the role, unless the policy lets', () => {
  expect(whyNotApproved(waiting, { actor: ada, roles: ['risk'] }, 'sha256:new')).toMatch(/ada asked for this rollout/);
  expect(whyNotApproved({ ...waiting, policy: { ...waiting.policy, notAuthor: false } }, { actor: ada, roles: ['risk'] }, 'sha256:new')).toBeNull();
});
test('an approval of other bytes is refused and names both', () => { expect(whyNotApproved(waiting, { actor: bob, roles: ['risk'] }, 'sha256:old')).toMatch(/sha256:old.*sha256:new/); });
test('a service, and a person without the role, are refused; the roles of an escalation count once it has come', () => {
  expect(whyNotApproved(waiting, { actor: { kind: 'service', name: 'ci' }, roles: ['risk'] }, 'sha256:new')).toMatch(/Only a person/);
  const head = { actor: bob, roles: ['head'] };
  expect(whyNotApproved(waiting, head, 'sha256:new')).toMatch(/one of the roles risk; bob has head/);
  expect(whyNotApproved({ ...waiting, state: { ...waiting.state, escalated: true } }, head, 'sha256:new')).toBeNull();
});
