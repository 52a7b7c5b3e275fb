import { join } from 'node:path';
import type { ActivityPorts } from '../activities/ports.ts';
import { artifactStores } from '../adapters/artifact/index.ts';
import { configuredSources } from '../adapters/metrics/_shared/configured.ts';
import { configuredNotifier } from '../adapters/notify/_shared/configured.ts';
import { orchestrators } from '../adapters/orchestrator/index.ts';
import { registries } from '../adapters/registry/index.ts';
import { configuredBackends } from '../adapters/serving/_shared/configured.ts';
import { stores as databases } from '../adapters/store/index.ts';
import { trainers } from '../adapters/training/index.ts';
import type { Config } from '../config/load.ts';
import type { Log } from '../config/log.ts';
import { LastmileError } from '../domain/errors.ts';

/** Configuration to the systems that the activities use. Nothing connects here. */
export function wire(config: Config, log: Log): ActivityPorts {
  const token = config.serviceToken;
  if (token === null) throw new LastmileError('LM_INVALID_CONFIG', 'The worker needs LASTMILE_SERVICE_TOKEN, at least 32 characters, the same in every process. `npm start` makes one.');
  return {
    stores: databases.mongodb.create({ uri: config.mongodb.uri, database: config.mongodb.database }),
    registries: { filesystem: registries.filesystem.create({ root: config.registryDir }) },
    backends: configuredBackends(config, token),
    artifacts: artifactStores.filesystem.create({ root: config.artifactDir }),
    sources: configuredSources(config),
    trainer: trainers.command.create({}),
    notifier: configuredNotifier(config, log),
    orchestrator: orchestrators.temporal.create({ address: config.temporal.address, namespace: config.temporal.namespace, uiUrl: config.temporal.uiUrl, payloadKey: config.payloadKey, otherPayloadKeys: config.otherPayloadKeys, deadlineMs: 10_000 }),
    now: Date.now,
    trainingDir: join(config.dataDir, 'training'),
    pageOf: (deployment) => `${config.api.url}/deployments/${deployment}`,
  };
}
