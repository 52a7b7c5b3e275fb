import { driftSentence, type DriftReference, type DriftWindow } from '../../domain/drift/watch.ts';
import type { DeploymentSpec } from '../../domain/deployment.ts';
import { ok, type ApiPorts, type Handlers } from '../call.ts';
import type { DriftAnswer } from '../contract.ts';
import { deploymentNamed, specOf } from '../views.ts';

export function driftRoutes(ports: ApiPorts): Pick<Handlers, 'listDrift'> {
  return {
    async listDrift({ principal: { tenant }, params, query: { limit } }) {
      const deployment = await deploymentNamed(ports, tenant, params.name);
      const spec = await specOf(ports, deployment);
      const { champion } = deployment.status;
      const [reference, items] = champion === null ? [null, []] : await Promise.all([
        ports.stores.drift.reference(tenant, deployment.uid, champion.variantId), ports.stores.drift.windows(tenant, deployment.uid, champion.variantId, limit),
      ]);
      return ok({ watched: spec.spec.drift !== undefined, champion: champion?.model ?? null, sentence: sentenceOf(spec, champion !== null, reference, items[0]), reference: reference === null ? null : viewOf(reference), items: [...items] } satisfies DriftAnswer);
    },
  };
}

function sentenceOf({ spec }: DeploymentSpec, decides: boolean, reference: DriftReference | null, newest: DriftWindow | undefined): string {
  if (spec.drift === undefined) return 'Drift is not watched; add drift: {} to the deployment file.';
  if (!decides) return 'No version decides yet.';
  if (reference === null) return 'There is no reference yet: it takes 500 rows of the rollout that promoted the champion, or of its first traffic.';
  return newest === undefined ? 'No window is whole yet.' : driftSentence(newest);
}

function viewOf({ source, rolloutId, fromMs, toMs, profile, calibration, madeAtMs }: DriftReference): NonNullable<DriftAnswer['reference']> {
  return { source, rolloutId, fromMs, toMs, rows: profile.rows, columns: profile.columns.map(({ name }) => name), calibrated: calibration !== null, madeAtMs };
}
