import { join } from 'node:path';
import type { ActivityPorts } from '../activities/ports.ts';
import { artifactStores } from '../adapters/artifact/index.ts';
import { notifiers } from '../adapters/notify/index.ts';
import { orchestrators } from '../adapters/orchestrator/index.ts';
import { registries } from '../adapters/registry/index.ts';
import { backends } from '../adapters/serving/index.ts';
import { stores as databases } from '../adapters/store/index.ts';
import { trainers } from '../adapters/training/index.ts';
import type { Config } from '../config/load.ts';
import type { Log } from '../config/log.ts';
import { LastmileError } from '../domain/errors.ts';
import type { Notifier } from '../ports/notifier.ts';

/** Configuration to the systems that the activities use. Nothing connects here. */
export function wire(config: Config, log: Log): ActivityPorts {
  const token = config.serviceToken;
  if (token === null) throw new LastmileError('LM_INVALID_CONFIG', 'The worker needs LASTMILE_SERVICE_TOKEN, at least 32 characters, the same in every process. `npm start` makes one.');
  return {
    stores: databases.mongodb.create({ uri: config.mongodb.uri, database: config.mongodb.database }),
    registries: { filesystem: registries.filesystem.create({ root: config.registryDir }) },
    backends: {
      modelhost: backends.modelhost.create({ url: config.modelhost.url, token, artifactUrl: config.api.url, storeRoot: config.artifactDir }),
      oip: backends.oip.create({}),
    },
    artifacts: artifactStores.filesystem.create({ root: config.artifactDir }),
    trainer: trainers.command.create({}),
    notifier: notifierOf(config, log),
    orchestrator: orchestrators.temporal.create({ address: config.temporal.address, namespace: config.temporal.namespace, uiUrl: config.temporal.uiUrl, payloadKey: config.payloadKey, deadlineMs: 10_000 }),
    now: Date.now,
    trainingDir: join(config.dataDir, 'training'),
    pageOf: (deployment) => `${config.api.url}/deployments/${deployment}`,
  };
}

function notifierOf({ notify }: Config, log: Log): Notifier {
  if (notify.adapter === 'log') return notifiers.log.create({ write: (line) => { log.info('notice', JSON.parse(line) as Record<string, unknown>); } });
  if (notify.url === null) throw new LastmileError('LM_INVALID_CONFIG', 'LASTMILE_NOTIFY=webhook needs LASTMILE_NOTIFY_WEBHOOK_URL.');
  return notifiers.webhook.create({ url: notify.url, secret: notify.secret, timeoutMs: 15_000 });
}
