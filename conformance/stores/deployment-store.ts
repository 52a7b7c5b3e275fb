import assert from 'node:assert/strict';
import type { Json } from '../../domain/canonical-json.ts';
import { digestOfJson } from '../../domain/digest.ts';
import type { DeploymentStore, Page } from '../../ports/deployment-store.ts';
import { sampleContract, sampleDeployment, sampleRollout, sampleSpec, sampleStatus, sampleVariant } from './samples.ts';
import { newScope, type Suite } from './suite.ts';

export const deploymentStorePromises: Suite<DeploymentStore> = {
  'a spec is stored under the digest of its canonical form, once': async (deployments) => {
    const { tenant } = newScope();
    const hash = await deployments.putSpec(tenant, sampleSpec());
    assert.equal(hash, digestOfJson(sampleSpec() as unknown as Json));
    assert.equal(await deployments.putSpec(tenant, sampleSpec()), hash);
    assert.equal(digestOfJson((await deployments.getSpec(tenant, hash)) as unknown as Json), hash);
  },
  'a contract comes back to the last digit, names with dots and dollars too': async (deployments) => {
    const { tenant } = newScope();
    const hash = await deployments.putContract(tenant, sampleContract());
    assert.deepEqual(await deployments.getContract(tenant, hash), sampleContract());
  },
  'an unknown hash and another tenant get null': async (deployments) => {
    const { tenant, other } = newScope();
    const [spec, contract] = [await deployments.putSpec(tenant, sampleSpec()), await deployments.putContract(tenant, sampleContract())];
    assert.deepEqual([await deployments.getSpec(other, spec), await deployments.getContract(other, contract), await deployments.getSpec(tenant, 'sha256:none')], [null, null, null]);
  },
  'a living name keeps its uid and status and gets the new spec': async (deployments) => {
    const scope = newScope();
    const first = await deployments.putDeployment(sampleDeployment(scope));
    assert.equal(first.created, true);
    const second = await deployments.putDeployment(sampleDeployment(scope, { uid: `${scope.uid}b`, specHash: 'sha256:new', createdAtMs: 9, updatedAtMs: 2_000, status: sampleStatus(9) }));
    assert.deepEqual(second, { created: false, record: sampleDeployment(scope, { specHash: 'sha256:new', updatedAtMs: 2_000 }) });
    assert.deepEqual(await deployments.getDeployment(scope.tenant, 'churn'), second.record);
    assert.deepEqual(await deployments.getDeploymentByUid(scope.tenant, scope.uid), second.record);
    assert.equal(await deployments.getDeploymentByUid(scope.tenant, `${scope.uid}b`), null);
  },
  'creations at once agree on one uid, and one of them is new': async (deployments) => {
    const scope = newScope();
    const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => deployments.putDeployment(sampleDeployment(scope, { uid: `${scope.uid}${i}` }))));
    assert.equal(new Set(answers.map(({ record }) => record.uid)).size, 1);
    assert.equal(answers.filter(({ created }) => created).length, 1);
  },
  'an ended generation frees its name and leaves the lists; its documents stay, and the next one is another': async (deployments) => {
    const scope = newScope();
    await deployments.putDeployment(sampleDeployment(scope));
    await deployments.endDeployment(scope.other, scope.uid);
    assert.notEqual(await deployments.getDeployment(scope.tenant, 'churn'), null);
    await deployments.endDeployment(scope.tenant, scope.uid);
    await deployments.endDeployment(scope.tenant, scope.uid);
    assert.equal(await deployments.getDeployment(scope.tenant, 'churn'), null);
    assert.deepEqual((await deployments.listDeployments(scope.tenant, { limit: 5, after: null })).items, []);
    assert.equal((await deployments.allDeployments()).some(({ uid }) => uid === scope.uid), false);
    assert.equal((await deployments.getDeploymentByUid(scope.tenant, scope.uid))?.name, 'churn');
    const next = await deployments.putDeployment(sampleDeployment(scope, { uid: `${scope.uid}b` }));
    assert.deepEqual([next.created, next.record.uid], [true, `${scope.uid}b`]);
  },
  'deployments are listed by name in pages, of one tenant': async (deployments) => {
    const scope = newScope();
    for (const name of ['d', 'b', 'a', 'e', 'c']) await deployments.putDeployment(sampleDeployment(scope, { uid: `${scope.uid}${name}`, name }));
    await deployments.putDeployment(sampleDeployment({ ...scope, tenant: scope.other }, { name: 'bb' }));
    assert.deepEqual(await names((after) => deployments.listDeployments(scope.tenant, { limit: 2, after })), [['a', 'b'], ['c', 'd'], ['e']]);
    assert.deepEqual((await deployments.listDeployments(scope.tenant, { limit: 5, after: null })).next, null);
    const seen = (await deployments.allDeployments()).filter(({ tenantId }) => tenantId === scope.tenant || tenantId === scope.other);
    assert.equal(seen.length, 6);
  },
  'a cursor that no list gave out is LM_INVALID_REQUEST': async (deployments) => {
    const { tenant, uid } = newScope();
    await assert.rejects(deployments.listDeployments(tenant, { limit: 2, after: '{"$gt":""}' }), { code: 'LM_INVALID_REQUEST' });
    await assert.rejects(deployments.listRollouts(tenant, uid, { limit: 2, after: 'eyIkZ3QiOiIifQ' }), { code: 'LM_INVALID_REQUEST' });
  },
  'a status is written only by a higher revision, of the own tenant': async (deployments) => {
    const scope = newScope();
    await deployments.putDeployment(sampleDeployment(scope));
    await Promise.all([5, 3, 4, 2].map((revision) => deployments.putStatus(scope.tenant, scope.uid, sampleStatus(revision, `r${revision}`))));
    await deployments.putStatus(scope.tenant, scope.uid, sampleStatus(5, 'again'));
    await deployments.putStatus(scope.other, scope.uid, sampleStatus(99, 'not theirs'));
    assert.deepEqual((await deployments.getDeployment(scope.tenant, 'churn'))?.status, sampleStatus(5, 'r5'));
  },
  'a variant is replaced under its id, within its tenant': async (deployments) => {
    const scope = newScope();
    const variant = sampleVariant(scope);
    await deployments.putVariant(variant);
    await deployments.putVariant({ ...variant, endpoint: { url: 'http://h', modelName: 'm', modelVersion: '1' } });
    assert.deepEqual((await deployments.getVariant(scope.tenant, variant.variantId))?.endpoint, { url: 'http://h', modelName: 'm', modelVersion: '1' });
    assert.equal(await deployments.getVariant(scope.other, variant.variantId), null);
  },
  'of rollout records written at once the highest revision stays': async (deployments) => {
    const scope = newScope();
    await Promise.all([4, 2, 7, 1, 6].map((revision) => deployments.putRollout(sampleRollout(scope, { revision, model: `m${revision}` }))));
    await deployments.putRollout(sampleRollout(scope, { revision: 7, model: 'late' }));
    assert.deepEqual(await deployments.getRollout(scope.tenant, `${scope.uid}/1`), sampleRollout(scope, { revision: 7, model: 'm7' }));
    assert.equal(await deployments.getRollout(scope.other, `${scope.uid}/1`), null);
  },
  'rollouts are listed newest first in pages; active ones have no end': async (deployments) => {
    const scope = newScope();
    for (const n of [1, 2, 10, 9, 3]) await deployments.putRollout(sampleRollout(scope, { n, endedAtMs: n < 10 ? 5 : null }));
    const pages: number[][] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<DeploymentStore['listRollouts']>> = await deployments.listRollouts(scope.tenant, scope.uid, { limit: 2, after });
      pages.push(page.items.map(({ n }) => n));
      after = page.next;
    } while (after !== null);
    assert.deepEqual(pages, [[10, 9], [3, 2], [1]]);
    assert.deepEqual((await deployments.activeRollouts()).filter(({ tenantId }) => tenantId === scope.tenant).map(({ n }) => n), [10]);
    assert.deepEqual((await deployments.listRollouts(scope.other, scope.uid, { limit: 2, after: null })).items, []);
  },
};

async function names(read: (after: string | null) => Promise<Page<{ readonly name: string }>>): Promise<string[][]> {
  const pages: string[][] = [];
  let after: string | null = null;
  do {
    const page = await read(after);
    pages.push(page.items.map(({ name }) => name));
    after = page.next;
  } while (after !== null);
  return pages;
}
