import { restoreFindings, type DeploymentFacts, type RestoreFacts, type RolloutFacts } from '../../../domain/restore-check.ts';

const DAY = 86_400_000;
const NOW = 100 * DAY;
const rollout = (n: number, of: { stored?: Partial<NonNullable<RolloutFacts['stored']>> | null; status?: string | null } = {}): RolloutFacts => ({
  n, rolloutId: `dep_1/${String(n)}`, workflow: { workflowId: `rollout/t/dep_1/${String(n)}`, status: of.status === undefined ? 'COMPLETED' : of.status },
  stored: of.stored === null ? null : { model: `filesystem:churn@${String(n)}`, endedAtMs: NOW - 1_000, ...of.stored },
});
const deployment = (of: Partial<DeploymentFacts> = {}): DeploymentFacts => ({
  name: 'churn', uid: 'dep_1', rolloutCount: 2, champion: 'var_2', fileStored: true, route: { revision: 9, champion: 'var_2', tombstones: [] },
  entity: { workflowId: 'deployment/t/dep_1', status: 'RUNNING' }, rollouts: [rollout(2), rollout(1)], ...of,
});
const facts = (of: Partial<DeploymentFacts>, also: Partial<RestoreFacts> = {}): RestoreFacts => ({ tenant: 't', nowMs: NOW, deployments: [deployment(of)], gateways: [{ gatewayId: 'gw-1', applied: { dep_1: 9 } }], auditBrokenAt: null, ...also });
const kinds = (of: Partial<DeploymentFacts>, also: Partial<RestoreFacts> = {}): readonly string[] => restoreFindings(facts(of, also)).map(({ kind, subject }) => `${kind} ${subject}`);

test('what belongs together gives no finding: idle, in a rollout, never rolled out, ended long ago, killed', () => {
  expect(kinds({})).toEqual([]);
  expect(kinds({ rolloutCount: 3, rollouts: [rollout(3, { stored: { endedAtMs: null }, status: 'RUNNING' }), rollout(2)] })).toEqual([]);
  expect(kinds({ rolloutCount: 0, champion: null, route: { revision: 0, champion: null, tombstones: [] }, rollouts: [], entity: { workflowId: 'w', status: null } }, { gateways: [] })).toEqual([]);
  expect(kinds({ rollouts: [rollout(2, { stored: { endedAtMs: NOW - 2 * DAY }, status: null })] })).toEqual([]);
  expect(kinds({ route: { revision: 9, champion: null, tombstones: ['var_2'] } })).toEqual([]);
  expect(kinds({ route: { revision: 9, champion: 'var_3', tombstones: [] }, rollouts: [rollout(3, { stored: { endedAtMs: null }, status: 'RUNNING' })] })).toEqual([]);
});

test.each<[string, Partial<DeploymentFacts>, Partial<RestoreFacts>]>([
  ['rollout-unknown churn/3', { rollouts: [rollout(3, { stored: null, status: 'RUNNING' })] }, {}],
  ['rollout-ended churn/2', { rollouts: [rollout(2, { status: 'RUNNING' })] }, {}],
  ['rollout-lost churn/3', { rollouts: [rollout(3, { stored: null }), rollout(2)] }, {}],
  ['rollout-without-workflow churn/2', { rollouts: [rollout(2, { stored: { endedAtMs: null } })] }, {}],
  ['rollout-without-workflow churn/2', { rollouts: [rollout(2, { stored: { endedAtMs: null }, status: null })] }, {}],
  ['temporal-behind churn/2', { rollouts: [rollout(2, { status: null })] }, {}],
  ['entity-missing churn', { entity: { workflowId: 'w', status: null } }, {}],
  ['entity-missing churn', { entity: { workflowId: 'w', status: 'TERMINATED' } }, {}],
  ['route-missing churn', { route: null, champion: null }, { gateways: [] }],
  ['route-behind-gateway churn at gw-2', {}, { gateways: [{ gatewayId: 'gw-1', applied: { dep_1: 8 } }, { gatewayId: 'gw-2', applied: { dep_1: 10 } }, { gatewayId: 'gw-3', applied: {} }] }],
  ['champion-differs churn', { champion: 'var_1' }, {}],
  ['file-missing churn', { fileStored: false }, {}],
  ['audit-broken t', {}, { auditBrokenAt: 7 }],
])('%s, and it alone', (expected, of, also) => {
  expect(kinds(of, also)).toEqual([expected]);
});

test('each finding says what to do; workflows are named so that they can be ended', () => {
  const [found] = restoreFindings(facts({ rollouts: [rollout(3, { stored: null, status: 'RUNNING' })] }));
  expect(found?.act).toContain('temporal workflow cancel --workflow-id rollout/t/dep_1/3');
});

test('what a later rollout has put right is history: a lost record within the count, an open one behind a newer', () => {
  expect(kinds({ rolloutCount: 3, rollouts: [rollout(3, { stored: null }), rollout(2)] })).toEqual([]);
  expect(kinds({ rolloutCount: 3, rollouts: [rollout(3), rollout(2, { stored: { endedAtMs: null } })] })).toEqual([]);
});
