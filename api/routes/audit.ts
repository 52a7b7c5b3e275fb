import { ok, type ApiPorts, type Handlers } from '../call.ts';
import type { AuditAnswer } from '../contract.ts';

export function auditRoutes({ stores }: ApiPorts): Pick<Handlers, 'audit'> {
  return {
    async audit({ principal: { tenant }, query: { afterSeq, limit, subject } }) {
      const items = await stores.audit.read(tenant, { afterSeq, limit, subject: subject ?? null });
      return ok({ items, nextSeq: items.length === limit ? items.at(-1)?.seq ?? null : null } satisfies AuditAnswer);
    },
  };
}
