import { ok, type ApiPorts, type Handlers } from '../call.ts';
import { restoreCheck } from '../restore-check.ts';

export function adminRoutes(ports: ApiPorts): Pick<Handlers, 'restoreCheck'> {
  return { restoreCheck: async ({ principal: { tenant } }) => ok(await restoreCheck(ports, tenant)) };
}
