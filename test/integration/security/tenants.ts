import { emptyRoute } from '../../../domain/traffic/commands.ts';
import { sampleKill, sampleLabel, sampleLeg } from '../../../conformance/stores/samples.ts';
import { rolloutRecord, verdictOf } from '../../support/api-documents.ts';
import type { PathValues } from '../../support/every-route.ts';
import { smallFile, type World } from '../../support/api-world.ts';

/** A tenant with one of everything. `marks`: texts that stand in its documents and nowhere else. */
export interface Tenant extends PathValues { readonly tenant: string; readonly key: string; readonly uid: string; readonly variantId: string; readonly digest: string; readonly marks: readonly string[] }

const hex = (n: number, length: number): string => (n + 1).toString(16).repeat(length).slice(0, length);

export async function furnish(world: World, index: number): Promise<Tenant> {
  const tenant = `tenant${String(index)}`;
  const name = `model-of-${tenant}`;
  const [key, digest, variantId] = [await world.key({ tenant }), `sha256:${hex(index, 64)}`, `var_${hex(index, 32)}`];
  const made = await world.call('PUT', `/api/v1/deployments/${name}`, { key, body: { spec: smallFile(name), reason: `the reason of ${tenant}` } });
  expect(made.status).toBe(202);
  const { stores } = world;
  const deployment = (await stores.deployments.getDeployment(tenant, name))!;
  const { uid } = deployment;
  const model = { variantId, model: `filesystem:of-${tenant}@7`, artifactDigest: digest };
  await stores.deployments.putStatus(tenant, uid, { ...deployment.status, revision: 5, phase: 'rolling-out', champion: model, activeRollout: `${uid}/1`, rolloutCount: 1 });
  await stores.deployments.putRollout(rolloutRecord(deployment, { champion: model, challenger: { ...model, variantId: `${variantId.slice(0, -1)}f` }, reason: `why of ${tenant}` }));
  await stores.evidence.putVerdict(verdictOf(deployment));
  await stores.routes.create(emptyRoute({ tenantId: tenant, deploymentUid: uid, name, fallback: ['last-good', 'closed'], onLostControl: 'serve', stickyHeader: null, stickyJsonPath: null, recordInputs: false }));
  await stores.routes.apply(tenant, uid, { commandId: 'c1', atMs: 1, type: 'setChampion', variant: { variantId, version: '7', artifactDigest: digest, endpoint: { url: 'http://127.0.0.1:1', modelName: 'm', modelVersion: null } }, expectedChampion: null, by: 'automation' });
  const scope = { tenant, other: 'nobody', uid, id: tenant };
  const inferenceId = `inf_of_${tenant}`;
  await stores.records.putBatch({ gatewayId: `gw-${tenant}`, incarnation: 1, seq: 1, completeToMs: 0, receivedAtMs: 0, legs: [sampleLeg(scope, { inferenceId })], drops: [] });
  await stores.labels.put([sampleLabel(scope, { inferenceId })]);
  await stores.kills.put(sampleKill(scope, { deployment: name, state: 'proved', targets: [variantId] }));
  const freezeId = `frz_${hex(index, 32)}`;
  await stores.freezes.put({ tenantId: tenant, freezeId, selector: { kind: 'names', names: [name] }, window: { kind: 'span', fromMs: 1, untilMs: null }, reason: `frozen by ${tenant}`, actor: { kind: 'person', name: 'ada' }, createdAtMs: 1, liftedAtMs: null, liftedBy: null });
  const [first] = await stores.keys.list(tenant);
  const ids = { kills: `kil_${tenant}`, keys: first!.id, gateways: 'gw-gone', cases: inferenceId, freezes: freezeId };
  return { tenant, key, uid, variantId, digest, name, n: '1', inferenceId, ids, marks: [tenant, uid, variantId, digest, ids.kills, ids.keys] };
}

/** All that the stores hold of a tenant, as text. */
export async function snapshotOf({ stores }: World, { tenant, uid, name, inferenceId, ids }: Tenant): Promise<string> {
  const page = { limit: 200, after: null };
  return JSON.stringify(await Promise.all([
    stores.deployments.listDeployments(tenant, page), stores.deployments.getDeployment(tenant, name), stores.deployments.listRollouts(tenant, uid, page), stores.routes.get(tenant, uid),
    stores.keys.list(tenant), stores.freezes.list(tenant, 100), stores.kills.list(tenant, uid, 100), stores.kills.get(tenant, ids.kills ?? ''), stores.audit.read(tenant, { afterSeq: 0, limit: 1_000, subject: null }),
    stores.labels.history(tenant, uid, inferenceId), stores.records.byInference(tenant, uid, inferenceId), stores.evidence.verdicts(tenant, `${uid}/1`, 100), stores.evidence.summary(tenant, `${uid}/1`),
  ]));
}
