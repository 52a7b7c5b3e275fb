import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { COLLECTING, createWorld, DAY, PROMOTE, variantOf } from '../../scripts/histories/world.ts';
import { inWorld, quietRuntime, timeSkipping } from '../support/temporal.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await timeSkipping(); });
afterAll(async () => { await env.teardown(); });

test('a first version goes live after its checks; a better one is promoted after its canary days', async () => {
  const world = createWorld({ uid: 'dep_happy', name: 'churn', judge: ({ nowMs, sinceMs }) => (nowMs - sinceMs > 2 * DAY ? PROMOTE : COLLECTING) });
  await inWorld(env, world, async (h) => {
    const begun = await env.currentTimeMs();
    expect(await h.start('filesystem:churn@1')).toEqual({ rolloutId: 'dep_happy/1', n: 1, state: 'started' });
    expect(await h.rollout(1).result()).toMatchObject({ outcome: 'first', verdict: { kind: 'first' } });
    expect(world.route.champion).toBe(variantOf('filesystem:churn@1').variantId);
    await h.start('filesystem:churn@2');
    expect(await h.rollout(2).result()).toMatchObject({ outcome: 'promoted', verdict: { kind: 'promote' } });
    const days = (await env.currentTimeMs() - begun) / DAY;
    expect(days).toBeGreaterThanOrEqual(5);
    expect(days).toBeLessThan(6);
    console.log(h.record(2).story.map((l) => `${new Date(l.atMs).toISOString()} ${l.text}`).join('\n'));
    console.log(world.calls.join(' '), world.status);
  });
});
