import { stores as databases } from '../../../adapters/store/index.ts';
import { sampleWindow } from '../../../conformance/stores/drift-store.ts';
import { sampleDeployment } from '../../../conformance/stores/samples.ts';
import { newScope } from '../../../conformance/stores/suite.ts';
import { createLog } from '../../../config/log.ts';
import { LastmileError } from '../../../domain/errors.ts';
import type { Notice } from '../../../ports/notifier.ts';
import { tellOfDrift } from '../../../workers/drift-notices.ts';

const silent = { ...createLog('test', 'error'), warn: () => undefined };

test('a change that begins is told once, with what changed; what cannot be sent is owed and holds up no other', async () => {
  const scope = newScope();
  const stores = databases.memory.create({});
  await stores.deployments.putDeployment(sampleDeployment(scope, { name: 'churn' }));
  await stores.drift.putWindow(sampleWindow(scope, 1_000, { begins: true }));
  await stores.drift.putWindow(sampleWindow(scope, 2_000));
  await stores.drift.putWindow(sampleWindow(scope, 3_000, { begins: true, variantId: 'var_2' }));
  await stores.drift.putWindow(sampleWindow({ ...scope, uid: 'dep_gone' }, 500, { begins: true }));
  const sent: Notice[] = [];
  let away = true;
  const look = (): Promise<void> => tellOfDrift({
    stores, log: silent, pageOf: (name) => `http://here/deployments/${name}`,
    notifier: { async send(notice) { if (away && notice.id.includes('var_1')) throw new LastmileError('LM_BACKEND_UNAVAILABLE', 'away'); sent.push(notice); } },
  });
  await look();
  expect(sent.map(({ id }) => id)).toEqual([`drift/${scope.uid}/var_2/3000`]);
  away = false;
  await look();
  await look();
  expect(sent.slice(1)).toEqual([{ id: `drift/${scope.uid}/var_1/1000`, tenantId: scope.tenant, deployment: 'churn', type: 'drift', atMs: 9, link: 'http://here/deployments/churn', text: expect.stringMatching(/^churn: a\.b\$c changed since it became champion\./) as string }]);
  expect(await stores.drift.untold(10)).toEqual([]);
});
