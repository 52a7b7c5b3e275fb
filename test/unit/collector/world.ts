import { stores as databases } from '../../../adapters/store/index.ts';
import { createLog, type Log } from '../../../config/log.ts';
import { sampleContract, sampleDeployment, sampleSpec, sampleVariant } from '../../../conformance/stores/samples.ts';
import type { DeploymentSpec } from '../../../domain/deployment.ts';
import { RECORD_VERSION, type LegRecord, type RecordBatch } from '../../../domain/record.ts';
import type { Stores } from '../../../ports/stores.ts';

export const SCOPE = { tenant: 'acme', other: 'other', uid: 'dep_1', id: 'unit' };
export const SILENT: Log = { ...createLog('test', 'error'), error: () => undefined };

/** Memory stores with one deployment and one variant, `var_a`. */
export async function world(spec: Partial<DeploymentSpec['spec']> = {}): Promise<Stores> {
  const stores = databases.memory.create({});
  const specHash = await stores.deployments.putSpec(SCOPE.tenant, sampleSpec(spec));
  const contractHash = await stores.deployments.putContract(SCOPE.tenant, sampleContract());
  await stores.deployments.putDeployment(sampleDeployment(SCOPE, { specHash }));
  await stores.deployments.putVariant(sampleVariant(SCOPE, { variantId: 'var_a', contractHash }));
  return stores;
}

export function legRecord(change: Partial<LegRecord> = {}): LegRecord {
  return {
    v: RECORD_VERSION, tenantId: SCOPE.tenant, deploymentUid: SCOPE.uid, inferenceId: 'inf_1', alias: null, variantId: 'var_a', role: 'champion', revision: 1, rolloutId: null, atMs: 5_000, eventMs: 700,
    status: 200, error: null, latencyMs: 3, assignmentPer10k: 10_000, leaseLost: false, response: scoring(0.75), unscored: null, request: '{"inputs":[]}', ...change,
  };
}

export function scoring(score: number | null): string { return JSON.stringify({ model_name: 'm', outputs: [{ name: 'p', datatype: 'FP32', shape: [1], data: [score] }] }); }

export function batch(records: readonly LegRecord[], change: Partial<RecordBatch> = {}): RecordBatch {
  return { v: RECORD_VERSION, gatewayId: 'gw-1', incarnation: 1, seq: 1, completeToMs: 9_000, records, drops: [], ...change };
}
