import { explainFreeze, freezeOf } from '../domain/freeze.ts';
import type { Subject } from './index.ts';
import { specOf } from './lookup.ts';
import type { ActivityPorts } from './ports.ts';

/** What keeps a rollout from going forward whatever the evidence says: a freeze, a person's pin on the champion; null: nothing. It never holds what protects callers. */
export async function heldBy(ports: ActivityPorts, subject: Pick<Subject, 'tenant' | 'deploymentUid' | 'deployment' | 'specHash'>): Promise<string | null> {
  const [frozen, pinned] = await Promise.all([frozenBy(ports, subject), pinnedBy(ports, subject)]);
  const reasons = [frozen, pinned].filter((each) => each !== null);
  return reasons.length === 0 ? null : reasons.join('; ');
}

/** By the labels that the deployment has now, not those of the rollout's file. */
export async function frozenBy({ stores, now }: ActivityPorts, { tenant, deploymentUid, deployment, specHash }: Pick<Subject, 'tenant' | 'deploymentUid' | 'deployment' | 'specHash'>): Promise<string | null> {
  const atMs = now();
  const freezes = await stores.freezes.active(tenant, atMs);
  if (freezes.length === 0) return null;
  const current = await stores.deployments.getDeploymentByUid(tenant, deploymentUid);
  const { metadata } = await specOf(stores.deployments, tenant, current?.specHash ?? specHash);
  const freeze = freezeOf(freezes, { name: deployment, labels: metadata.labels }, atMs);
  return freeze === null ? null : explainFreeze(freeze, atMs);
}

async function pinnedBy({ stores }: ActivityPorts, { tenant, deploymentUid }: Pick<Subject, 'tenant' | 'deploymentUid'>): Promise<string | null> {
  const route = await stores.routes.get(tenant, deploymentUid);
  if (!route?.pin) return null;
  return `${route.pin.person} pinned version ${route.variants[route.pin.variantId]?.version ?? route.pin.variantId}; it goes on when the pin is taken off`;
}
