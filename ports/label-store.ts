import type { DeploymentUid, InferenceId, TenantId } from '../domain/ids.ts';
import type { Label } from '../domain/record.ts';

/** What became of labels that were handed in. */
export interface LabelReceipt { readonly accepted: number; readonly repeated: number; readonly revised: number }

/** True outcomes. Key (deployment, inferenceId, row): the newest labelMs holds, ties by receivedAtMs; history is kept. Labels may come before their record. */
export interface LabelStore {
  put(labels: readonly Label[]): Promise<LabelReceipt>;
  /** For each (inferenceId, row) the label that held at ruling time `asOfMs` (labelMs <= asOfMs); later revisions are not seen. */
  asOf(tenant: TenantId, uid: DeploymentUid, ids: readonly InferenceId[], asOfMs: number): Promise<readonly Label[]>;
  history(tenant: TenantId, uid: DeploymentUid, id: InferenceId): Promise<readonly Label[]>;
  count(tenant: TenantId, uid: DeploymentUid): Promise<number>;
}
