import { createEgress } from '../../../config/egress.ts';
import type { Config } from '../../../config/load.ts';
import type { Secret } from '../../../config/schema.ts';
import type { ServingBackend } from '../../../ports/serving-backend.ts';
import { modelhost } from '../modelhost.ts';
import { oip } from '../oip.ts';

/** The backends of an installation by name: the worker loads on them, the API ends killed variants there. */
export function configuredBackends(config: Config, token: Secret): Readonly<Record<string, ServingBackend>> {
  return {
    modelhost: modelhost.create({ url: config.modelhost.url, token, artifactUrl: config.api.url, storeRoot: config.artifactDir }),
    // What the operator's own addresses may do, a file may not: none is exempt here.
    oip: oip.create({ egress: createEgress('target', { ...config.egress, own: [] }) }),
  };
}
