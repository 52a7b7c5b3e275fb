import { fieldOf } from '../domain/analysis/field.ts';
import type { AnalysisPlan } from '../domain/analysis/plan.ts';
import type { Contract } from '../domain/contract.ts';
import type { DeploymentSpec } from '../domain/deployment.ts';
import { featureColumns } from '../domain/drift/request-features.ts';
import { parseJsonPath } from '../domain/json-path.ts';
import type { LegRecord } from '../domain/record.ts';
import type { Stores } from '../ports/stores.ts';
import type { Reader, Segments } from './extract.ts';
import { remembered } from './remembered.ts';

/** Immutable under their hash, or as good as: kept for long. */
const LASTING = { foundMs: 600_000, missingMs: 1_000 };
/** What a person may change: looked at again soon. */
const CURRENT = { foundMs: 2_000, missingMs: 1_000 };

export type Unreadable = 'unknown-deployment' | 'unknown-variant';
export type FindReader = (record: LegRecord) => Promise<Reader | Unreadable>;

/**
 * How a leg is to be read: within a comparison by the champion's frozen contract and by the clock of the spec that the comparison was opened with,
 * otherwise by the variant's own contract and the deployment's present spec.
 */
export function createReaders({ deployments, evidence }: Pick<Stores, 'deployments' | 'evidence'>, now: () => number): FindReader {
  const deploymentOf = remembered((tenant, uid) => deployments.getDeploymentByUid(tenant, uid), { ...CURRENT, now });
  const variantOf = remembered((tenant, id) => deployments.getVariant(tenant, id), { ...LASTING, now });
  const planOf = remembered((tenant, id) => evidence.getPlan(tenant, id), { ...LASTING, now });
  const specOf = remembered((tenant, hash) => deployments.getSpec(tenant, hash), { ...LASTING, now });
  const contractOf = remembered((tenant, hash) => deployments.getContract(tenant, hash), { ...LASTING, now });

  return async ({ tenantId, deploymentUid, rolloutId, variantId }) => {
    const deployment = await deploymentOf(tenantId, deploymentUid);
    if (deployment === null) return 'unknown-deployment';
    const plan = rolloutId === null ? null : await planOf(tenantId, rolloutId);
    const compared = plan !== null && isCompared(plan, { deploymentUid, variantId });
    const hashes = compared ? plan : { specHash: deployment.specHash, contractHash: (await variantOf(tenantId, variantId))?.contractHash ?? null };
    const contract = hashes.contractHash === null ? null : await contractOf(tenantId, hashes.contractHash);
    if (contract === null) return 'unknown-variant';
    const spec = await specOf(tenantId, hashes.specHash);
    if (spec === null) return 'unknown-deployment';
    return readerOf(spec, contract);
  };
}

function readerOf(spec: DeploymentSpec, contract: Contract): Reader {
  const { labels, records, drift } = spec.spec;
  return { contract, clock: labels?.clock ?? 'gateway', keepInputs: records.inputs, segments: segmentsOf(spec), columns: drift === undefined ? [] : featureColumns(contract.inputs) };
}

function segmentsOf({ spec: { segments } }: DeploymentSpec): Segments | null {
  const path = segments === undefined ? null : parseJsonPath(segments.jsonPath);
  return segments === undefined || path === null ? null : { path, values: new Set(segments.values) };
}

function isCompared(plan: AnalysisPlan, { deploymentUid, variantId }: Pick<LegRecord, 'deploymentUid' | 'variantId'>): boolean {
  return plan.deploymentUid === deploymentUid && (plan.champion === variantId || fieldOf(plan).includes(variantId));
}
