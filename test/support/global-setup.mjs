// Once per Jest run that has server tests: the real servers, and the workflow bundle, so that no test file pays for them again.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadEnvironment } from '../../config/environment.ts';
import { createProgress } from '../../scripts/progress.ts';
import { startTestServers } from '../../scripts/supervisor/test-servers.ts';
import { ensureTools } from '../../scripts/tools.ts';

const root = join(import.meta.dirname, '..', '..');

export default async function globalSetup() {
  const progress = createProgress(process.stderr);
  try {
    const tools = await ensureTools(['temporal', 'temporal-test-server', 'mongod'], { config: loadEnvironment(), progress });
    const servers = await startTestServers(tools);
    globalThis.lastmileTestServers = servers;
    Object.assign(process.env, {
      TEST_MONGODB_URI: servers.mongodbUri,
      TEST_TEMPORAL_ADDRESS: servers.temporalAddress,
      TEST_TEMPORAL_CLI: tools.temporal,
      TEST_TEMPORAL_TEST_SERVER: tools['temporal-test-server'],
      TEST_MONGOD: tools.mongod,
    });
    await bundleWorkflows();
  } catch (error) {
    await globalThis.lastmileTestServers?.stop();
    // Jest prints the stack of what a set-up throws; the message alone is what a person needs.
    throw Object.assign(new Error(`The servers of the tests cannot be had; without them: npm run test:quick\n${error.message}`), { stack: undefined, cause: error });
  } finally { progress.close(); }
}

async function bundleWorkflows() {
  const { bundleWorkflows: bundle } = await import('../../workers/bundle.ts');
  const { code } = await bundle();
  const file = join(root, '.build', 'workflow-bundle.js');
  await mkdir(join(root, '.build'), { recursive: true });
  await writeFile(file, code);
  process.env.WORKFLOW_BUNDLE = file;
}
