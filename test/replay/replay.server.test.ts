import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { bundlePath, quietRuntime } from '../support/temporal.ts';

/** Histories recorded by this and every earlier release, against the workflow code at hand. `npm run history:record` adds this release's. */
const FOLDER = join(import.meta.dirname, 'histories');
const WORKFLOWS = ['deployment', 'retrain', 'rollout'];
const NEEDED = ['first', 'promoted', 'promoted-now', 'rolled-back', 'inconclusive', 'aborted', 'superseded', 'continued-first-run', 'continued-last-run', 'went-back', 'restored', 'adopted', 'trained', 'approved', 'first-approved', 'not-approved', 'open-shadow', 'open-canary', 'open-paused', 'open-active-rollout', 'open-training'];

interface Recorded { readonly file: string; readonly workflowId: string; readonly history: unknown }
const recorded = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json')).sort().map((file): Recorded =>
  ({ file, ...JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as { workflowId: string; history: unknown } }));

beforeAll(quietRuntime);

test('every workflow and every way a rollout ends is recorded', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(WORKFLOWS);
  for (const name of NEEDED) expect(recorded.map(({ file }) => basename(file))).toContainEqual(expect.stringMatching(new RegExp(`^\\d+\\.\\d+\\.\\d+-${name}\\.json$`)));
  for (const name of ['continued-first-run', 'continued-last-run']) expect(recorded.map(({ file }) => file)).toContainEqual(expect.stringMatching(new RegExp(`^deployment/\\d+\\.\\d+\\.\\d+-${name}\\.json$`)));
});

test.each(recorded.map(({ file, ...rest }) => [file, rest] as const))('%s replays', async (_file, { workflowId, history }) => {
  await Worker.runReplayHistory({ workflowBundle: { codePath: bundlePath() } }, history, workflowId);
}, 60_000);

/** The gate must be able to fail: each change to what a workflow asks for is found by a history. */
test.each([
  ['a step asks for another activity', 'quick.setShadows.executeWithOptions(', 'quick.setShare.executeWithOptions('],
  ['an entity from before a patch takes the patched path', 'patched)(\'entity-restores\')', 'patched)(\'entity-restores\') || true'],
  ['the entity names its child otherwise', 'rollout/${tenant}/', 'rollouts/${tenant}/'],
  ['an entity that starts from nothing asks for something else', 'quick.restoreDeployment(', 'quick.settleRollout('],
  ['an undo is forgotten', 'run.undo.push(name)', 'void name'],
  ['undo steps run in the order in which they were done', 'run.undo.at(-1)', 'run.undo.at(0)'],
])('%s: replay fails', async (_title, before, after) => {
  const code = readFileSync(bundlePath(), 'utf8');
  expect(code).toContain(before);
  const codePath = join(mkdtempSync(join(tmpdir(), 'lastmile-mutated-')), 'workflows.js');
  writeFileSync(codePath, code.replaceAll(before, after));
  const results = await Promise.all(recorded.map(({ workflowId, history }) => Worker.runReplayHistory({ workflowBundle: { codePath } }, history, workflowId).then(() => 'replays', (error: unknown) => String(error))));
  expect(results.filter((result) => result !== 'replays')).toContainEqual(expect.stringMatching(/[Dd]eterminism/));
}, 120_000);
