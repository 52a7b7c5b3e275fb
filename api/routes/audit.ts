import { publicKeyText } from '../../config/signing.ts';
import { ok, type ApiPorts, type Handlers } from '../call.ts';
import type { AuditAnswer, CheckpointsAnswer } from '../contract.ts';

export function auditRoutes({ stores, checkpoints, signing, formerKeys }: ApiPorts): Pick<Handlers, 'audit' | 'checkpoints'> {
  return {
    async audit({ principal: { tenant }, query }) {
      const items = await stores.audit.read(tenant, query);
      return ok({ items, nextSeq: items.length === query.limit ? items.at(-1)?.seq ?? null : null } satisfies AuditAnswer);
    },
    async checkpoints({ principal: { tenant }, query: { skip, limit } }) {
      const items = await checkpoints.read(tenant, { skip, limit });
      return ok({ tenantId: tenant, items, next: items.length === limit ? skip + limit : null, keys: [signing, ...formerKeys].map(publicKeyText) } satisfies CheckpointsAnswer);
    },
  };
}
