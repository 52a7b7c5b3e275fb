import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { evidence, harness, PERSON, until, withChampion, type Harness } from '../../scripts/histories/harness.ts';
import { withWorkers } from '../../scripts/histories/workers.ts';
import { COLLECTING, createWorld, PROMOTE, ROLLBACK, type Judge } from '../../scripts/histories/world.ts';
import { evidenceSignal, pauseUpdate, resumeUpdate } from '../../workflows/messages.ts';
import { ROOT } from '../support/source-tree.ts';
import { bundlePath, devServer, quietRuntime } from '../support/temporal.ts';

/** Workflows that an earlier release's bundle began and today's goes on with, on a real server: what an upgrade does to what is under way. */
const RECORDED = join(ROOT, 'test', 'fixtures', 'state');
const say = { actor: PERSON, reason: 'because' };
const shadowed: Judge = ({ model, sharePer10k }) => (model.endsWith('@2') && sharePer10k === 0 ? PROMOTE : COLLECTING);
const always = (verdict: ReturnType<Judge>): Judge => () => verdict;
const stage = (h: Harness): string => h.world.rollouts.get(`${h.uid}/2`)?.state.stage ?? '';

/** How it stands when the old one stops, what the judge says from then on, what is done, and how the second rollout ends. */
const LIVES: readonly { readonly what: string; readonly before: Judge; readonly reach: (h: Harness) => Promise<void>; readonly after: Judge; readonly act?: (h: Harness) => Promise<void>; readonly outcome: string }[] = [
  { what: 'in shadow', before: always(COLLECTING), reach: async (h) => { await until('in shadow', () => stage(h) === 'shadowing'); }, after: always(PROMOTE), outcome: 'promoted' },
  { what: 'in canary', before: shadowed, reach: async (h) => { await evidence(h, 2); await until('in canary', () => h.world.route.shares.length === 1 && stage(h) === 'canary'); }, after: always(ROLLBACK), outcome: 'rolled-back' },
  {
    what: 'paused', before: always(COLLECTING), after: always(PROMOTE), outcome: 'promoted',
    reach: async (h) => { await until('in shadow', () => stage(h) === 'shadowing'); await h.rollout(2).executeUpdate(pauseUpdate, { args: [say] }); },
    act: async (h) => { await h.rollout(2).executeUpdate(resumeUpdate, { args: [say] }); },
  },
];

/** Sealed blocks come in, a few a second, until the second rollout has ended. */
async function pinged(h: Harness): Promise<void> {
  for (let n = 0; stage(h) !== 'done'; n += 1) {
    await h.rollout(2).signal(evidenceSignal, { id: `ping-${String(n)}`, type: 'block-sealed' }).catch(() => undefined);
    await until('it has ended', () => stage(h) === 'done', 500).catch(() => undefined);
  }
}

let env: TestWorkflowEnvironment;
beforeAll(async () => { quietRuntime(); env = await devServer(); });
afterAll(() => env.teardown());

describe.each(readdirSync(RECORDED))('begun by %s', (release) => {
  const old = join(mkdtempSync(join(tmpdir(), 'lastmile-old-bundle-')), 'workflows.js');
  writeFileSync(old, gunzipSync(readFileSync(join(RECORDED, release, 'workflows.js.gz'))));

  test.each(LIVES)('a rollout $what goes on and ends, and its deployment takes the next one', async ({ what, before, reach, after, act, outcome }) => {
    const world = createWorld({ uid: `dep_${what.replaceAll(' ', '')}`, name: 'churn', policy: { canary: [{ sharePer10k: 500, forMs: 0 }, { sharePer10k: 5_000, forMs: 0 }] }, judge: before });
    const h = harness(env.client, world);
    // The old one keeps no cache: no task waits for a worker that is gone.
    const shared = { connection: env.nativeConnection, namespace: env.namespace ?? 'default', activities: world.activities };
    await withWorkers({ ...shared, bundle: old, options: { maxCachedWorkflows: 0 } }, async () => {
      await withChampion(h);
      await h.start('filesystem:churn@2');
      await reach(h);
    });
    world.judge = after;
    await withWorkers({ ...shared, bundle: bundlePath() }, async () => {
      await act?.(h);
      await pinged(h);
      expect(h.record(2).state.outcome).toBe(outcome);
      await until('the deployment is free', () => world.status?.activeRollout === null && world.status.rolloutCount === 2);
      expect(world.status?.champion?.model).toBe(outcome === 'promoted' ? 'filesystem:churn@2' : 'filesystem:churn@1');
      expect(await h.start('filesystem:churn@3')).toMatchObject({ n: 3, state: 'started' });
      await until('the next one runs', () => world.rollouts.has(`${h.uid}/3`));
    });
  }, 240_000);
});
