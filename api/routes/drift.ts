import type { DriftReference } from '../../domain/drift/watch.ts';
import { ok, type ApiPorts, type Handlers } from '../call.ts';
import type { DriftAnswer } from '../contract.ts';
import { knownDrift } from '../drift-view.ts';
import { deploymentNamed, specOf } from '../views.ts';

export function driftRoutes(ports: ApiPorts): Pick<Handlers, 'listDrift'> {
  return {
    async listDrift({ principal: { tenant }, params, query: { limit } }) {
      const deployment = await deploymentNamed(ports, tenant, params.name);
      const spec = await specOf(ports, deployment);
      const { reference, windows, sentence } = await knownDrift(ports, deployment, spec, limit);
      return ok({ watched: spec.spec.drift !== undefined, champion: deployment.status.champion?.model ?? null, sentence, reference: reference === null ? null : viewOf(reference), items: [...windows] } satisfies DriftAnswer);
    },
  };
}

function viewOf({ source, rolloutId, fromMs, toMs, profile, calibration, madeAtMs }: DriftReference): NonNullable<DriftAnswer['reference']> {
  return { source, rolloutId, fromMs, toMs, rows: profile.rows, columns: profile.columns.map(({ name }) => name), calibrated: calibration !== null, madeAtMs };
}
