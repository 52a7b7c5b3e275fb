import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { until, withChampion, type Harness } from '../../scripts/histories/harness.ts';
import { COLLECTING, createWorld, DAY, INCONCLUSIVE, MINUTE, PROMOTE, ROLLBACK, SHORT, type World } from '../../scripts/histories/world.ts';
import { inWorld, quietRuntime, timeSkipping } from '../support/temporal.ts';

/** External metrics are measured beside the judge: they give it occasions, and hold nothing. */

let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await timeSkipping(); });
afterAll(() => env.teardown());

let tests = 0;
async function rollingOut(prepare: (world: World) => void, check: (h: Harness, outcome: string) => Promise<void> | void): Promise<void> {
  tests += 1;
  const world = createWorld({ uid: `dep_m${tests}`, name: 'churn', policy: { canary: SHORT } });
  await inWorld(env, world, async (h) => {
    await withChampion(h);
    prepare(world);
    world.calls.length = 0;
    await h.start('filesystem:churn@2');
    const { outcome } = await h.rollout(2).result() as { outcome: string };
    await until('the deployment is free', () => world.status?.activeRollout === null && world.status.rolloutCount === 2);
    await check(h, outcome);
  });
}
const EVERY_MS = 50 * MINUTE;
/**
 * Never at one moment with the judge's own timer: the time-skipping server does not go on when a timer is cancelled that fires right then. That timer is a twentieth of the time that the stage has
 * lasted, so that equal intervals meet it at the twentieth measurement; every other one is shorter.
 */
const unevenly = (everyMs: number, measured: number): number => everyMs + (measured % 2 === 0 ? 1 : -1) * everyMs / 30;
const count = ({ calls }: World, name: string): number => calls.filter((call) => call === name).length;

test('each new measurement is a reason to judge, and it is measured until the end, over a run that is continued as new', async () => {
  let measured = 0;
  await rollingOut((world) => {
    world.measure = () => { measured += 1; return { taken: 1, nextMs: unevenly(EVERY_MS, measured) }; };
    world.judge = ({ nowMs, sinceMs }) => (nowMs - sinceMs >= 4 * DAY ? INCONCLUSIVE : COLLECTING);
  }, async (h, outcome) => {
    expect(outcome).toBe('inconclusive');
    expect([measured >= 4 * DAY / EVERY_MS - 2, measured <= 4 * DAY / EVERY_MS + 4]).toEqual([true, true]);
    expect(count(h.world, 'judge')).toBeGreaterThanOrEqual(measured);
    expect((await h.rollout(2).fetchHistory()).events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy();
  });
}, 240_000);

test('what a measurement shows is judged at once: a rollback does not wait for the fallback timer', async () => {
  let bad = false;
  const begun = await env.currentTimeMs();
  await rollingOut((world) => {
    world.measure = () => { bad = count(world, 'measure') > 20; return { taken: 1, nextMs: unevenly(MINUTE, count(world, 'measure')) }; };
    world.judge = () => (bad ? ROLLBACK : COLLECTING);
  }, async (h, outcome) => {
    expect(outcome).toBe('rolled-back');
    expect(await env.currentTimeMs() - begun).toBeLessThan(30 * MINUTE);
    expect(count(h.world, 'measure')).toBeLessThanOrEqual(22);
  });
});

test('without external metrics nothing is measured', async () => {
  await rollingOut((world) => { world.judge = () => PROMOTE; }, (h, outcome) => {
    expect([outcome, count(h.world, 'measure')]).toEqual(['promoted', 0]);
  });
});

/** The last one: the time-skipping server does not go on with others while the activity of an ended workflow is under way. */
test('a source that does not answer holds neither a verdict nor the end', async () => {
  await rollingOut((world) => {
    world.measure = () => ({ taken: 0, nextMs: MINUTE });
    world.before = { measure: () => delay(15_000, undefined, { ref: false }) };
    world.judge = ({ sharePer10k }) => (sharePer10k === 0 ? PROMOTE : ROLLBACK);
  }, (h, outcome) => {
    expect(outcome).toBe('rolled-back');
    expect(count(h.world, 'measure')).toBeGreaterThanOrEqual(1);
  });
});
