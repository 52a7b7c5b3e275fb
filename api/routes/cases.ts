import { ok, type ApiPorts, type Handlers } from '../call.ts';
import { caseOf } from '../case.ts';

export function caseRoutes(ports: ApiPorts): Pick<Handlers, 'getCase'> {
  return {
    async getCase({ principal: { tenant }, params: { id = '' }, query: { deployment, atMs } }) {
      return ok(await caseOf(ports, { tenant, id: id.slice(0, 200), deployment: deployment ?? null, atMs: atMs ?? null }));
    },
  };
}
