import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { orchestrators } from '../../../adapters/orchestrator/index.ts';
import { orchestratorPromises, type OrchestratorSystem } from '../../../conformance/orchestrator.ts';
import { deploymentWorkflowId, rolloutWorkflowId } from '../../../workflows/ids.ts';

function system(): OrchestratorSystem {
  const orchestrator = orchestrators.memory.create({});
  const [tenant, deploymentUid] = ['acme', `dep_${randomUUID()}`];
  return {
    orchestrator, tenant, deploymentUid, promote: async (id) => { orchestrator.finish(tenant, id); },
    workflowIds: { deployment: deploymentWorkflowId(tenant, deploymentUid), rollout: (id) => rolloutWorkflowId(tenant, id) },
  };
}

test('the catalogue lists every adapter file', () => {
  const files = readdirSync(join(import.meta.dirname, '../../../adapters/orchestrator'), { withFileTypes: true }).filter((entry) => entry.isFile() && entry.name !== 'index.ts');
  expect(Object.keys(orchestrators).sort()).toEqual(files.map(({ name }) => name.replace('.ts', '')).sort());
  expect(Object.entries(orchestrators).map(([name, adapter]) => [name, adapter.name])).toEqual(Object.keys(orchestrators).map((name) => [name, name]));
});

test.each(Object.entries(orchestratorPromises))('memory orchestrator: %s', async (_title, check) => { await check(system()); });

test('every call is kept, for tests of what speaks to it', async () => {
  const { orchestrator, tenant, deploymentUid } = system();
  await orchestrator.deliver({ id: 'out_1', tenantId: tenant, deploymentUid, rolloutId: `${deploymentUid}/1`, type: 'idle', atMs: 0 });
  expect((orchestrator as ReturnType<typeof orchestrators.memory.create>).log).toEqual([{ call: 'deliver', with: expect.objectContaining({ id: 'out_1' }) as object }]);
});
