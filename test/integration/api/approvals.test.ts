import { LastmileError } from '../../../domain/errors.ts';
import { whyNotApproved, whyNotDelegated, type ApprovalPolicy } from '../../../domain/rollout/approval.ts';
import { verdict } from '../../support/rollout-arbitraries.ts';
import { inCanary, rolloutRecord } from '../../support/api-documents.ts';
import { createWorld, smallFile, type Answer, type World } from '../../support/api-world.ts';

const DIGEST = `sha256:${'7'.repeat(64)}`;
const POLICY: ApprovalPolicy = { before: ['promote'], roles: ['risk'], count: 1, notAuthor: true, deadlineMs: 1_000, escalateAfterMs: null, escalateTo: [] };
let world: World;
beforeEach(async () => {
  world = await createWorld();
  await world.call('PUT', '/api/v1/deployments/churn', { key: await world.key(), body: { spec: smallFile() } });
  const deployment = await inCanary(world.stores);
  const record = rolloutRecord(deployment, { revision: 9, startedBy: { kind: 'person', name: 'ada' } });
  const state = { ...record.state, stage: 'approving' as const, verdict: verdict('promote', 'proved-better', 6), approval: { before: 'promote' as const, sinceMs: 0, verdictN: 5, given: [], escalated: false, delegates: [] } };
  await world.stores.deployments.putRollout({ ...record, plan: { ...record.plan, approval: POLICY }, state });
  // As the workflow judges it.
  world.orchestrator.refuses = (command) => {
    if (command.type !== 'approve' && command.type !== 'delegate') return null;
    const of = { policy: POLICY, state: state.approval, author: record.startedBy, digest: DIGEST, verdictN: 6 };
    const not = command.type === 'approve' ? whyNotApproved(of, command, command) : whyNotDelegated(of, command, command.to);
    return not === null ? null : new LastmileError(not.code, not.message);
  };
});
afterEach(() => world.close());

const approve = (key: string, body: Record<string, unknown> = {}): Promise<Answer> => world.call('POST', '/api/v1/deployments/churn/rollouts/1/approve', { key, body: { digest: DIGEST, reason: 'looked at it', ...body } });
const refusals = async (): Promise<unknown[]> => (await world.stores.audit.read('default', { afterSeq: 0, limit: 100, subject: null })).filter(({ action }) => action.endsWith('-refused'));

test('a person of the role: actor and roles come from the key, the verdict is the newest unless another was looked at', async () => {
  const bea = await world.key({ name: 'bea', scopes: ['approve'], roles: ['risk', 'owner'] });
  expect((await approve(bea)).status).toBe(200);
  expect((await approve(bea, { verdict: 5 })).status).toBe(200);
  expect(world.orchestrator.commands.map(({ command }) => command)).toMatchObject([
    { type: 'approve', actor: { kind: 'person', name: 'bea' }, roles: ['risk', 'owner'], digest: DIGEST, verdictN: 6, reason: 'looked at it' }, { type: 'approve', verdictN: 5 },
  ]);
  expect((await world.stores.audit.read('default', { afterSeq: 0, limit: 100, subject: null })).at(-1)).toMatchObject({ action: 'rollout.approve', subject: 'churn/1', digest: DIGEST, reason: 'looked at it', actor: { name: 'bea' } });
});

test.each([
  ['whoever asked for the rollout', { name: 'ada', roles: ['risk'] }, {}, 403, 'ada asked for this rollout'],
  ['a service', { name: 'ci', kind: 'service' as const, roles: ['risk'] }, {}, 403, 'Only a person approves'],
  ['a person without the role', { name: 'cy', roles: ['owner'] }, {}, 403, 'one of the roles risk'],
  ['an approval of old bytes', { name: 'bea', roles: ['risk'] }, { digest: `sha256:${'6'.repeat(64)}` }, 409, 'look at it again'],
  ['an approval of an old verdict', { name: 'bea', roles: ['risk'] }, { verdict: 4 }, 409, 'look at the evidence again'],
  ['handing on what one has not', { name: 'cy', roles: [] }, { delegateTo: 'dan' }, 403, 'one of the roles risk'],
] as const)('%s is refused, and that is in the audit chain', async (...[, of, body, status, text]) => {
  const answer = await approve(await world.key({ ...of, scopes: ['approve'] }), body);
  expect(answer.status).toBe(status);
  expect(answer.json.detail).toContain(text);
  expect(await refusals()).toEqual([expect.objectContaining({ actor: { kind: of.name === 'ci' ? 'service' : 'person', name: of.name }, subject: 'churn/1', reason: answer.json.detail })]);
});

test('an expired key approves nothing, nor does one with every scope but approve', async () => {
  const admin = await world.key();
  const made = await world.call('POST', '/api/v1/keys', { key: admin, body: { name: 'bea', kind: 'person', scopes: ['approve'], roles: ['risk'], expiresAtMs: world.now() + 60_000 } });
  expect(made.status).toBe(201);
  expect((await approve(made.json.key)).status).toBe(200);
  world.pass(60_001);
  expect((await approve(made.json.key)).status).toBe(401);
  expect((await approve(await world.key({ name: 'bea', scopes: ['admin', 'deploy', 'operate'], roles: ['risk'] }))).status).toBe(403);
  expect(world.orchestrator.commands).toHaveLength(1);
});

test('a right that is handed on names to whom', async () => {
  const bea = await world.key({ name: 'bea', scopes: ['approve'], roles: ['risk'] });
  expect((await approve(bea, { delegateTo: 'cy', reason: 'away' })).status).toBe(200);
  expect(world.orchestrator.commands).toMatchObject([{ command: { type: 'delegate', actor: { name: 'bea' }, to: 'cy', reason: 'away' } }]);
});

test('roles are words, and no reason is no approval', async () => {
  const admin = await world.key();
  expect((await world.call('POST', '/api/v1/keys', { key: admin, body: { name: 'bea', kind: 'person', scopes: ['approve'], roles: ['Risk Owner'] } })).status).toBe(400);
  expect((await approve(await world.key({ name: 'bea', roles: ['risk'] }), { reason: '' })).status).toBe(400);
});
