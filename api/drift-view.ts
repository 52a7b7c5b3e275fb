import type { DeploymentRecord } from '../domain/deployment-record.ts';
import type { DeploymentSpec } from '../domain/deployment.ts';
import { driftSentence, isChanged, type DriftReference, type DriftWindow } from '../domain/drift/watch.ts';
import type { ApiPorts } from './call.ts';
import type { DriftSummary } from './contract.ts';

/** What is known of the drift of the present champion. */
export interface KnownDrift { readonly reference: DriftReference | null; readonly windows: readonly DriftWindow[]; readonly sentence: string }

export async function knownDrift({ stores: { drift } }: Pick<ApiPorts, 'stores'>, { tenantId, uid, status: { champion } }: DeploymentRecord, spec: DeploymentSpec, limit: number): Promise<KnownDrift> {
  const [reference, windows] = champion === null ? [null, []] : await Promise.all([drift.reference(tenantId, uid, champion.variantId), drift.windows(tenantId, uid, champion.variantId, limit)]);
  return { reference, windows, sentence: sentenceOf(spec, champion !== null, reference, windows[0]) };
}

/** For the deployment's own page; null where drift is not watched. */
export async function driftSummary(ports: Pick<ApiPorts, 'stores'>, deployment: DeploymentRecord, spec: DeploymentSpec): Promise<DriftSummary | null> {
  if (spec.spec.drift === undefined) return null;
  const { sentence, windows: [newest] } = await knownDrift(ports, deployment, spec, 1);
  return { sentence, isChanged: newest !== undefined && isChanged(newest), toMs: newest?.toMs ?? null };
}

function sentenceOf({ spec }: DeploymentSpec, decides: boolean, reference: DriftReference | null, newest: DriftWindow | undefined): string {
  if (spec.drift === undefined) return 'Drift is not watched; add drift: {} to the deployment file.';
  if (!decides) return 'No version decides yet.';
  if (reference === null) return 'There is no reference yet: it takes 500 rows of the rollout that promoted the champion, or of its first traffic.';
  return newest === undefined ? 'No window is whole yet.' : driftSentence(newest);
}
