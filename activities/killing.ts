import { killFacts } from '../domain/kill/news.ts';
import type { Activities } from './index.ts';
import type { ActivityPorts } from './ports.ts';

/** What workflows are told of kills: the records and the route are the stores', and kills never wait for a workflow. */
export function killingActivities({ stores }: Pick<ActivityPorts, 'stores'>): Pick<Activities, 'readKill'> {
  return {
    async readKill({ tenant, deploymentUid, killId }) {
      const [record, route] = await Promise.all([stores.kills.get(tenant, killId), stores.routes.get(tenant, deploymentUid)]);
      return record === null || route === null ? null : killFacts(record, route);
    },
  };
}
