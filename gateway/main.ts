import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createEgress } from '../config/egress.ts';
import type { Config } from '../config/load.ts';
import type { Log } from '../config/log.ts';
import { runProcess } from '../config/run.ts';
import { loadPublicKeys } from '../config/signing.ts';
import { LastmileError } from '../domain/errors.ts';
import { startGateway, type RunningGateway } from './gateway.ts';

/** The API makes the key pair at its first start; a gateway that is started beside it waits this long for it. */
const KEY_WAIT_MS = 15_000;

async function start(config: Config, log: Log): Promise<RunningGateway> {
  if (config.serviceToken === null) throw new LastmileError('LM_INVALID_CONFIG', 'LASTMILE_SERVICE_TOKEN is not set; gateways, API and collector share it.');
  for (let waitedMs = 0; !existsSync(config.signing.publicKeyFile) && waitedMs < KEY_WAIT_MS; waitedMs += 200) await delay(200);
  const { id, host, port, url, admin } = config.gateway;
  return startGateway({
    gatewayId: id, host, port, address: url, admin, apiUrl: config.api.url, collectorUrl: config.collector.url, serviceToken: config.serviceToken.reveal(), otherServiceTokens: config.otherServiceTokens.map((each) => each.reveal()), egress: createEgress('target', config.egress),
    keys: loadPublicKeys(config.signing.publicKeyFile), tablePath: join(config.dataDir, 'gateways', id, 'route-table.json'), leaseMs: config.leaseMs, log,
  });
}

await runProcess('gateway', start);
