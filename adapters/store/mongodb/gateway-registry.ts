import type { TenantId } from '../../../domain/ids.ts';
import type { GatewayRegistration, GatewayRegistry } from '../../../ports/gateway-registry.ts';
import { collection, type Database } from './connection.ts';
import { fromDocument, NO_TENANT, toDocument } from './documents.ts';
import { replaceOlder } from './writes.ts';

interface Registered { readonly tenantId: TenantId; readonly registration: GatewayRegistration }

/** Gateways belong to the installation: one document each, of its newest incarnation. */
export function createGatewayRegistry(database: Database): GatewayRegistry {
  const gateways = collection<Registered>(database, 'gateways');
  return {
    async seen(registration) {
      await replaceOlder(gateways, toDocument<Registered>(registration.gatewayId, NO_TENANT, { tenantId: NO_TENANT, registration }), { 'registration.incarnation': { $lte: registration.incarnation } });
    },
    async list() {
      const found = await gateways.find({}).sort({ _id: 1 }).toArray();
      return found.map((each) => today(fromDocument<Registered>(each).registration));
    },
    async remove(gatewayId) { await gateways.deleteOne({ _id: gatewayId, tenantId: NO_TENANT }); },
  };
}

/** Written before break-glass kills had ids: `tombstones` by deployment, and no word on what is under way. The gateway's next sync replaces it. */
type Older = Omit<GatewayRegistration, 'ownKills' | 'quiet'> & Partial<Pick<GatewayRegistration, 'ownKills' | 'quiet'>>;

function today({ gatewayId, incarnation, address, adminAddress, applied, ownKills = {}, quiet = {}, stats, seenAtMs, leaseUntilMs }: Older): GatewayRegistration {
  return { gatewayId, incarnation, address, adminAddress, applied, ownKills, quiet, stats, seenAtMs, leaseUntilMs };
}
