import type { Activities } from './index.ts';
import type { ActivityPorts } from './ports.ts';

type Projecting = Pick<Activities, 'projectRollout' | 'projectDeployment' | 'audit' | 'notify'>;

/** What others may read of a process: projections, the audit chain, notices. */
export function projectingActivities({ stores, notifier, pageOf }: ActivityPorts): Projecting {
  return {
    projectRollout: ({ record }) => stores.deployments.putRollout(record),
    projectDeployment: ({ tenant, deploymentUid, status }) => stores.deployments.putStatus(tenant, deploymentUid, status),
    async audit({ tenant, entry }) { await stores.audit.append(tenant, entry); },
    notify: ({ subject, id, type, text, atMs }) => notifier.send({ id, tenantId: subject.tenant, deployment: subject.deployment, type, text, atMs, link: pageOf(subject.deployment) }),
  };
}
