import type { Json } from '../../../domain/canonical-json.ts';
import type { Contract } from '../../../domain/contract.ts';
import type { DeploymentSpec } from '../../../domain/deployment.ts';
import type { DeploymentRecord } from '../../../domain/deployment-record.ts';
import { digestOfJson } from '../../../domain/digest.ts';
import type { RolloutRecord } from '../../../domain/rollout/record.ts';
import type { Variant } from '../../../domain/variant.ts';
import type { DeploymentStore } from '../../../ports/deployment-store.ts';
import { pageOf, readCursor } from '../cursor.ts';
import { compareText } from '../label-history.ts';
import { createTable, keyOf } from './table.ts';

export function createDeploymentStore(): DeploymentStore { return { ...immutables(), ...deployments(), ...rollouts() }; }

function immutables(): Pick<DeploymentStore, 'putSpec' | 'getSpec' | 'putContract' | 'getContract' | 'putVariant' | 'getVariant'> {
  const specs = createTable<DeploymentSpec>();
  const contracts = createTable<Contract>();
  const variants = createTable<Variant>();
  return {
    async putSpec(tenant, spec) {
      const hash = digestOfJson(spec as unknown as Json);
      specs.insert(keyOf(tenant, hash), spec);
      return hash;
    },
    async getSpec(tenant, hash) { return specs.get(keyOf(tenant, hash)); },
    async putContract(tenant, contract) {
      const hash = digestOfJson(contract as unknown as Json);
      contracts.insert(keyOf(tenant, hash), contract);
      return hash;
    },
    async getContract(tenant, hash) { return contracts.get(keyOf(tenant, hash)); },
    async putVariant(variant) { variants.set(keyOf(variant.tenantId, variant.variantId), variant); },
    async getVariant(tenant, id) { return variants.get(keyOf(tenant, id)); },
  };
}

function deployments(): Pick<DeploymentStore, 'putDeployment' | 'getDeployment' | 'getDeploymentByUid' | 'listDeployments' | 'allDeployments' | 'endDeployment' | 'putStatus'> {
  const all = createTable<DeploymentRecord>();
  const ended = new Set<string>();
  const lives = ({ tenantId, uid }: DeploymentRecord): boolean => !ended.has(keyOf(tenantId, uid));
  const named = (tenant: string, name: string): DeploymentRecord | null => all.filter((each) => lives(each) && each.tenantId === tenant && each.name === name)[0] ?? null;
  return {
    async putDeployment(record) {
      const known = named(record.tenantId, record.name);
      const written = known === null ? record : { ...known, specHash: record.specHash, updatedAtMs: record.updatedAtMs };
      all.set(keyOf(written.tenantId, written.uid), written);
      return { record: written, created: known === null };
    },
    async getDeployment(tenant, name) { return named(tenant, name); },
    async getDeploymentByUid(tenant, uid) { return all.get(keyOf(tenant, uid)); },
    async listDeployments(tenant, { limit, after }) {
      const from = after === null ? '' : readCursor(after, 'string');
      const rows = all.filter((each) => lives(each) && each.tenantId === tenant && each.name > from).sort((a, b) => compareText(a.name, b.name));
      return pageOf(rows, limit, ({ name }) => name);
    },
    async allDeployments() { return all.filter(lives); },
    async endDeployment(tenant, uid) { ended.add(keyOf(tenant, uid)); },
    async putStatus(tenant, uid, status) {
      const known = all.get(keyOf(tenant, uid));
      if (known !== null && known.status.revision < status.revision) all.set(keyOf(tenant, uid), { ...known, status });
    },
  };
}

function rollouts(): Pick<DeploymentStore, 'putRollout' | 'getRollout' | 'listRollouts' | 'activeRollouts'> {
  const all = createTable<RolloutRecord>();
  return {
    async putRollout(record) {
      const known = all.get(keyOf(record.tenantId, record.rolloutId));
      if (known === null || known.revision < record.revision) all.set(keyOf(record.tenantId, record.rolloutId), record);
    },
    async getRollout(tenant, id) { return all.get(keyOf(tenant, id)); },
    async listRollouts(tenant, uid, { limit, after }) {
      const from = after === null ? Number.POSITIVE_INFINITY : readCursor(after, 'number');
      const rows = all.filter((each) => each.tenantId === tenant && each.deploymentUid === uid && each.n < from).sort((a, b) => b.n - a.n);
      return pageOf(rows, limit, ({ n }) => n);
    },
    async activeRollouts() { return all.filter((each) => each.endedAtMs === null); },
  };
}
