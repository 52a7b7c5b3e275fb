import { setTimeout as delay } from 'node:timers/promises';
import type { ApiPorts } from './call.ts';
import type { HealthAnswer } from './contract.ts';

const PATIENCE_MS = 2_000;
type Check = HealthAnswer['checks'][number];

/** Each check within two seconds; a part that is away is a finding, not an error. */
export async function health(ports: ApiPorts): Promise<HealthAnswer> {
  const { stores, orchestrator, settings } = ports;
  const checks = await Promise.all([
    check('store', async () => (await stores.healthy()) ? null : 'MongoDB does not answer'),
    check('schema', async () => { await stores.keys.byHash('0'.repeat(64)); return null; }),
    check('orchestrator', async () => (await orchestrator.healthy()) ? null : 'Temporal does not answer; gateways go on serving'),
    check('gateways', async () => liveGateways(ports)),
    check('audit', async () => ports.checkpoints.problems()[0] ?? null),
  ]);
  return { status: checks.every(({ ok }) => ok) ? 'ok' : 'degraded', checks, version: settings.version, links: { temporal: settings.temporalUiUrl, gateway: settings.gatewayUrl } };
}

async function liveGateways({ stores, clock }: ApiPorts): Promise<string | null> {
  const live = (await stores.gateways.list()).filter(({ leaseUntilMs }) => leaseUntilMs > clock());
  return live.length > 0 ? null : 'no gateway has been heard from within its lease';
}

/** `probe` gives null when well, else what is wrong. */
async function check(name: string, probe: () => Promise<string | null>): Promise<Check> {
  const wrong = await Promise.race([probe().catch(() => 'does not answer'), delay(PATIENCE_MS, `no answer in ${String(PATIENCE_MS)} ms`, { ref: false })]);
  return { name, ok: wrong === null, detail: wrong ?? 'well' };
}
