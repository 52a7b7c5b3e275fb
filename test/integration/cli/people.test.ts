import type { RolloutView } from '../../../api/contract.ts';
import { verdict as summary } from '../../support/rollout-arbitraries.ts';
import { againstFake } from './against-fake.ts';
import { problem } from './fake-lastmile.ts';
import { deploymentView, rolloutView } from './recorded.ts';

const { fake, cli, sent } = againstFake();

const D = '/api/v1/deployments/churn';
/** Asked of the role risk until 1970-01-02. */
function waiting(): RolloutView {
  const view = rolloutView({ stage: 'approving', verdict: { ...summary('promote', 'proved-better', 6), text: 'It earns more, by proof.', evidenceHash: 'sha256:evidence' }, approval: { before: 'promote', sinceMs: 0, verdictN: 5, given: [], escalated: false, delegates: [] } });
  return { ...view, rollout: { ...view.rollout, plan: { ...view.rollout.plan, approval: { before: ['promote'], roles: ['risk'], count: 1, notAuthor: true, deadlineMs: 86_400_000, escalateAfterMs: null, escalateTo: [] } } } };
}
const ASK = 'Before it decides a person in the role risk must agree, until 1970-01-02T00:00:00.000Z.';

describe('approve', () => {
  beforeEach(() => {
    fake().handlers[`GET ${D}`] = () => ({ body: deploymentView(waiting()) });
    fake().handlers[`GET ${D}/rollouts/2`] = () => ({ body: waiting() });
    fake().handlers[`POST ${D}/rollouts/2/approve`] = () => ({ body: { message: 'Approved. It goes on.' } });
  });

  test('shows bytes, verdict and evidence, approves the digest that it read, and says so', async () => {
    const { code, out, err } = await cli('approve', 'churn', '--reason', 'looked at it');
    expect([code, out]).toEqual([0, 'Approved. It goes on.\n']);
    for (const text of ['digest: sha256:2', 'verdict 6: It earns more, by proof.', 'evidence: sha256:evidence', ASK, 'No --digest was given: this approves the digest above']) expect(err).toContain(text);
    expect(sent(`${D}/rollouts/2/approve`).body).toEqual({ digest: 'sha256:2', verdict: 6, reason: 'looked at it', delegateTo: null });
  });

  test('with a digest that one; by number; to somebody else', async () => {
    const { err } = await cli('approve', 'churn', '--rollout', '2', '--digest', 'sha256:mine', '--reason', 'looked at it');
    expect(err).not.toContain('No --digest');
    expect(sent(`${D}/rollouts/2/approve`).body).toMatchObject({ digest: 'sha256:mine', delegateTo: null });
    await cli('approve', 'churn', '--delegate', 'cy', '--reason', 'away');
    expect(sent(`${D}/rollouts/2/approve`).body).toMatchObject({ delegateTo: 'cy', reason: 'away' });
  });

  test.each([[403, 'LM_FORBIDDEN', 4], [409, 'LM_CONFLICT', 6], [422, 'LM_COMMAND_REFUSED', 3]])('refused with %i %s ends with %i', async (status, code, exit) => {
    fake().handlers[`POST ${D}/rollouts/2/approve`] = () => problem(status, code, 'ada asked for this rollout and may not approve it.');
    expect(await cli('approve', 'churn', '--reason', 'mine')).toMatchObject({ code: exit, out: '', err: expect.stringContaining('may not approve') as string });
  });

  test('a reason is needed, and where nothing waits nothing is sent', async () => {
    expect((await cli('approve', 'churn')).code).toBe(2);
    fake().handlers[`GET ${D}`] = () => ({ body: deploymentView(rolloutView({ stage: 'canary' })) });
    expect(await cli('approve', 'churn', '--reason', 'early')).toMatchObject({ code: 3, err: expect.stringContaining('Nothing of churn waits for approval') as string });
    expect(sent(`${D}/rollouts/2/approve`)).toBeUndefined();
  });

  test('status and watch say who is asked, and end with 7', async () => {
    fake().handlers[`GET ${D}/rollouts`] = () => ({ body: { items: [waiting().rollout], next: null } });
    const status = await cli('status', 'churn');
    expect([status.code, status.out.includes(ASK)]).toEqual([7, true]);
    const watch = await cli('watch', 'churn');
    expect(watch).toMatchObject({ code: 7, err: expect.stringContaining('lastmile approve churn --reason') as string });
    expect(watch.err).toContain(ASK);
  });
});

test('what is held says by what', async () => {
  fake().handlers[`GET ${D}`] = () => ({ body: deploymentView(rolloutView({ stage: 'canary', heldBy: 'frozen by ada (year end), until it is lifted' })) });
  fake().handlers[`GET ${D}/rollouts`] = () => ({ body: { items: [rolloutView({ stage: 'canary' }).rollout], next: null } });
  const { out } = await cli('status', 'churn');
  expect(out).toMatch(/canary, step 1 of \d .*, held\nheld: frozen by ada \(year end\), until it is lifted/);
});

const FROZEN = { freeze: { freezeId: 'frz_1', liftedAtMs: null, createdAtMs: 0 }, holds: true, endsAtMs: null, sentence: 'all deployments: frozen by ada (year end), until it is lifted (frz_1)' };

test.each([
  [['--all'], { selector: { kind: 'all' }, window: { kind: 'span', untilMs: null } }],
  [['--name', 'churn,fraud', '--until', '2026-12-31T23:59:00+01:00'], { selector: { kind: 'names', names: ['churn', 'fraud'] }, window: { kind: 'span', untilMs: Date.UTC(2026, 11, 31, 22, 59) } }],
  [['--label', 'team=risk', '--label', 'tier=1', '--weekly', 'mon-fri 16:00-09:00 Europe/Berlin'], { selector: { kind: 'labels', labels: { team: 'risk', tier: '1' } }, window: { kind: 'weekly', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '16:00', to: '09:00', zone: 'Europe/Berlin' } }],
])('freeze %j', async (flags, body) => {
  fake().handlers['POST /api/v1/freezes'] = () => ({ status: 201, body: FROZEN });
  const { code, out } = await cli('freeze', ...flags, '--reason', 'year end');
  expect(code).toBe(0);
  expect(out).toContain('lastmile unfreeze frz_1');
  expect(sent('/api/v1/freezes').body).toEqual({ ...body, reason: 'year end' });
});

test('freeze --for ends so much later than now', async () => {
  fake().handlers['POST /api/v1/freezes'] = () => ({ status: 201, body: FROZEN });
  const before = Date.now();
  await cli('freeze', '--all', '--for', '2d', '--reason', 'year end');
  const { window: { untilMs } } = sent('/api/v1/freezes').body as { window: { untilMs: number } };
  expect([untilMs - before >= 2 * 86_400_000, untilMs - Date.now() <= 2 * 86_400_000]).toEqual([true, true]);
});

test.each([[['--all']], [['--reason', 'x y z']], [['--all', '--name', 'churn', '--reason', 'why']], [['--all', '--for', '2d', '--weekly', 'mon 10:00-11:00 UTC', '--reason', 'why']], [['--all', '--weekly', 'mon 10:00-11:00 Mars/Olympus', '--reason', 'why']]])('freeze %j is refused before anything is sent', async (flags) => {
  expect((await cli('freeze', ...flags)).code).toBe(1);
  expect(fake().seen).toEqual([]);
});

test.each(['tomorrow', '2026-12-31T23:59'])('a freeze until %s is a usage error: what is no time, or could be another moment elsewhere', async (until) => {
  expect((await cli('freeze', '--all', '--until', until, '--reason', 'why')).code).toBe(2);
  expect(fake().seen).toEqual([]);
});

test('freeze list and unfreeze', async () => {
  fake().handlers['GET /api/v1/freezes'] = () => ({ body: { items: [FROZEN, { ...FROZEN, holds: false, freeze: { ...FROZEN.freeze, liftedAtMs: 5 } }] } });
  expect((await cli('freeze', 'list')).out).toMatch(/frz_1 +frozen .*\n.*frz_1 +lifted/);
  fake().handlers['POST /api/v1/freezes/frz_1/lift'] = () => ({ body: FROZEN });
  expect((await cli('unfreeze', 'frz_1', '--reason', 'it is over')).out).toMatch(/^Lifted: all deployments/);
  expect(sent('/api/v1/freezes/frz_1/lift').body).toEqual({ reason: 'it is over' });
});

test('a frozen deployment ends a start with 6; --override-freeze is sent on', async () => {
  fake().handlers[`POST ${D}/rollouts/2/promote`] = ({ body }) => ((body as { overrideFreeze?: boolean }).overrideFreeze === true ? { body: { message: 'It is being made the champion.' } } : problem(409, 'LM_FROZEN', 'churn is frozen by ada (year end).'));
  expect((await cli('promote', 'churn', '--rollout', '2', '--reason', 'hot fix')).code).toBe(6);
  expect((await cli('promote', 'churn', '--rollout', '2', '--reason', 'hot fix', '--override-freeze')).code).toBe(0);
});

test('keys new --role', async () => {
  fake().handlers['POST /api/v1/keys'] = () => ({ status: 201, body: { id: 'key_1', name: 'bea', key: 'lm_secret' } });
  await cli('keys', 'new', 'bea', '--kind', 'person', '--scopes', 'read,approve', '--role', 'risk,owner');
  expect(sent('/api/v1/keys').body).toMatchObject({ name: 'bea', kind: 'person', scopes: ['read', 'approve'], roles: ['risk', 'owner'] });
});
