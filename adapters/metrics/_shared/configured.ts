import { createEgress } from '../../../config/egress.ts';
import type { Config } from '../../../config/load.ts';
import { metricCredentials } from '../../../config/metric-credentials.ts';
import type { MetricSources } from '../../../ports/metric-source.ts';
import { http } from '../http.ts';
import { prometheus } from '../prometheus.ts';

/** What a file may have asked; the operator says which hosts, and keeps the credentials. */
export function configuredSources({ egress, metricCredentials: secret }: Config): MetricSources {
  const options = { egress: createEgress('source', { ...egress, own: [] }), credentials: metricCredentials(secret) };
  return { prometheus: prometheus.create(options), http: http.create(options) };
}
