import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { loadEnvironment } from '../config/environment.ts';
import { bundleWorkflows } from '../workers/bundle.ts';
import { SEARCH } from '../workflows/messages.ts';
import { describe } from './histories/harness.ts';
import { OPEN_SCENARIOS } from './histories/open-scenarios.ts';
import { withWorkers } from './histories/workers.ts';
import { CONTINUED, CONTINUED_ENTITY, SCENARIOS, type Kept, type Scenario } from './histories/scenarios.ts';
import { createWorld } from './histories/world.ts';
import { createProgress } from './progress.ts';
import { ensureTools } from './tools.ts';

/**
 * npm run history:record: plays each scenario against a real server and keeps the histories under test/replay/histories/WORKFLOW/RELEASE-NAME.json.
 * Run it at each release, or with the names of new scenarios. A file that exists is never written again: it must replay for ever, and
 * the code that made it is gone.
 */
const FOLDER = join(import.meta.dirname, '..', 'test', 'replay', 'histories');
const RELEASE = (JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string }).version;
/** So that a short rollout is continued as new. */
const EARLY_SUGGESTION = ['--dynamic-config-value', 'limit.historyCount.suggestContinueAsNew=60'];

Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }), forward: {} } } });
const progress = createProgress(process.stderr);
const { temporal } = await ensureTools(['temporal'], { config: loadEnvironment(), progress });
const bundle = join(mkdtempSync(join(tmpdir(), 'lastmile-record-')), 'workflows.js');
writeFileSync(bundle, (await bundleWorkflows()).code);
const names = process.argv.slice(2);
const wanted = ({ name }: Scenario): boolean => names.length === 0 || names.includes(name);
await record([...SCENARIOS, ...OPEN_SCENARIOS].filter(wanted), []);
await record([CONTINUED, CONTINUED_ENTITY].filter(wanted), EARLY_SUGGESTION);
progress.close();

async function record(scenarios: readonly Scenario[], extraArgs: string[]): Promise<void> {
  if (scenarios.length === 0) return;
  const env = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: temporal }, log: { format: 'json', level: 'error' }, searchAttributes: Object.values(SEARCH), extraArgs },
  });
  try {
    for (const scenario of scenarios) await recordOne(env, scenario);
  } finally {
    await env.teardown();
  }
}

async function recordOne(env: TestWorkflowEnvironment, scenario: Scenario): Promise<void> {
  const step = progress.step(scenario.name);
  const uid = `dep_${scenario.name.replaceAll('-', '')}`;
  const world = createWorld({ uid, name: 'churn', policy: { canary: scenario.canary, approval: scenario.approval ?? null, ...scenario.policy }, judge: scenario.judge });
  world.contenders = scenario.contenders ?? null;
  world.describe = (workflowId) => describe(env.client, workflowId);
  await withWorkers({ connection: env.nativeConnection, namespace: env.namespace ?? 'default', bundle, activities: world.activities }, async () => {
    const kept = await scenario.play({ client: env.client, world, uid });
    for (const each of kept) await keep(env, each);
    step.done(kept.map(({ workflow, name }) => `${workflow}/${name}`).join(', '));
  });
}

async function keep(env: TestWorkflowEnvironment, { workflow, workflowId, runId, name }: Kept): Promise<void> {
  const file = join(FOLDER, workflow, `${RELEASE}-${name}.json`);
  if (existsSync(file)) return;
  const history = await env.client.workflow.getHandle(workflowId, runId).fetchHistory();
  mkdirSync(dirname(file), { recursive: true });
  const text = JSON.stringify({ workflowId, history: JSON.parse(historyToJSON(history)) as unknown });
  writeFileSync(file, `${text}\n`);
}
