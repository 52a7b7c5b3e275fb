import { LastmileError } from '../../domain/errors.ts';
import { ok, type ApiPorts, type Handlers } from '../call.ts';
import type { DrillsAnswer } from '../contract.ts';
import { passFreeze } from '../frozen.ts';
import { orderDrill, wishOf } from '../kill/drill.ts';
import type { KillDriver } from '../kill/driver.ts';
import { killView } from '../kill/view.ts';
import { deploymentNamed, drillsOf, specOf } from '../views.ts';

export function drillRoutes(ports: ApiPorts, driver: KillDriver): Pick<Handlers, 'drill' | 'listDrills'> {
  return {
    async drill(call) {
      const { principal: { tenant }, params, body: { overrideFreeze: override, reason } } = call;
      const deployment = await deploymentNamed(ports, tenant, params.name);
      const { metadata: { name, labels } } = await specOf(ports, deployment);
      await passFreeze(ports, call, { of: { name, labels }, what: 'a drill', override, reason });
      const route = await ports.stores.routes.get(tenant, deployment.uid);
      if (route === null) throw new LastmileError('LM_COMMAND_REFUSED', `${name} has no route yet: nothing of it gets traffic.`);
      const record = await orderDrill(ports, driver, route, wishOf(call, deployment.uid));
      return ok(killView(ports.settings, await driver.settled(record)), 202);
    },
    async listDrills({ principal: { tenant }, params, nowMs }) {
      const { summary, drills } = await drillsOf(ports, await deploymentNamed(ports, tenant, params.name), nowMs);
      return ok({ summary, items: drills.map((drill) => killView(ports.settings, drill)) } satisfies DrillsAnswer);
    },
  };
}
