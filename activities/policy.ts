import type { Activities } from './index.ts';
import { named, specOf } from './lookup.ts';
import type { ActivityPorts } from './ports.ts';

/** What a workflow needs of the spec: numbers and switches, never the whole document. */
export function policyActivities(ports: ActivityPorts): Pick<Activities, 'readPolicy'> {
  return {
    async readPolicy({ tenant, specHash }) {
      const { spec } = await specOf(ports.stores.deployments, tenant, specHash);
      return {
        policy: spec.rollout, hasLabels: spec.labels !== null, managed: named('serving backend', ports.backends, spec.serving.backend).managed,
        ...(spec.contenders === undefined ? {} : { contenders: { beside: spec.model, models: spec.contenders } }), ...(spec.externalMetrics === undefined ? {} : { measures: true }),
        retrain: spec.retrain === null ? null : { command: spec.retrain.command, timeoutMs: spec.retrain.timeoutMs },
      };
    },
  };
}
