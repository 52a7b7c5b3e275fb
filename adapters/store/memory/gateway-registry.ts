import type { GatewayRegistration, GatewayRegistry } from '../../../ports/gateway-registry.ts';
import { compareText } from '../label-history.ts';
import { createTable } from './table.ts';

export function createGatewayRegistry(): GatewayRegistry {
  const gateways = createTable<GatewayRegistration>();
  return {
    async seen(registration) {
      const known = gateways.get(registration.gatewayId);
      if (known === null || known.incarnation <= registration.incarnation) gateways.set(registration.gatewayId, registration);
    },
    async list() { return gateways.filter(() => true).sort((a, b) => compareText(a.gatewayId, b.gatewayId)); },
    async remove(gatewayId) { gateways.delete(gatewayId); },
  };
}
