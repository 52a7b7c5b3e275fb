import assert from 'node:assert/strict';
import type { GatewayRegistration, GatewayRegistry } from '../../ports/gateway-registry.ts';
import { newScope, type Suite } from './suite.ts';

export const gatewayRegistryPromises: Suite<GatewayRegistry> = {
  'a gateway is known as it last said, one entry each': async (gateways) => {
    const { id } = newScope();
    await gateways.seen(registration(id, 1));
    await gateways.seen(registration(id, 1, 50));
    assert.deepEqual(await mine(gateways, id), [registration(id, 1, 50)]);
  },
  'an older incarnation does not speak over a newer one, whatever the order': async (gateways) => {
    const { id } = newScope();
    await Promise.all([3, 1, 4, 2].map((incarnation) => gateways.seen(registration(id, incarnation, incarnation))));
    await gateways.seen(registration(id, 3, 99));
    assert.deepEqual(await mine(gateways, id), [registration(id, 4, 4)]);
  },
  'a gateway that said goodbye is forgotten; forgetting twice is well': async (gateways) => {
    const { id } = newScope();
    await gateways.seen(registration(id, 1));
    await gateways.remove(id);
    await gateways.remove(id);
    assert.deepEqual(await mine(gateways, id), []);
  },
};

async function mine(gateways: GatewayRegistry, id: string): Promise<readonly GatewayRegistration[]> { return (await gateways.list()).filter(({ gatewayId }) => gatewayId === id); }

function registration(gatewayId: string, incarnation: number, seenAtMs = 1): GatewayRegistration {
  return {
    gatewayId, incarnation, address: 'http://127.0.0.1:7301', adminAddress: null, applied: { dep_1: 7 }, ownKills: {}, quiet: { var_a: { inFlight: 0, aborted: 1, drained: 0, refused: 2, lastSentAtMs: 9 } }, seenAtMs, leaseUntilMs: seenAtMs + 15_000,
    stats: { startedAtMs: 1, requests: 2, refused: 0, errors: 0, mirrored: 1, dropped: 0, recordsPending: 0, recordsLost: 0, perVariant: { var_a: 2 } },
  };
}
