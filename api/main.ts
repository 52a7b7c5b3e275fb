import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { artifactStores } from '../adapters/artifact/index.ts';
import { checkpointSinks } from '../adapters/checkpoint/index.ts';
import { configuredNotifier } from '../adapters/notify/_shared/configured.ts';
import { orchestrators } from '../adapters/orchestrator/index.ts';
import { registries } from '../adapters/registry/index.ts';
import { configuredBackends } from '../adapters/serving/_shared/configured.ts';
import { backends } from '../adapters/serving/index.ts';
import { stores as databases } from '../adapters/store/index.ts';
import { createEgress } from '../config/egress.ts';
import type { Config } from '../config/load.ts';
import type { Log } from '../config/log.ts';
import { runProcess, type Running } from '../config/run.ts';
import { ensureKeyPair, loadPublicKeys, loadSigningKey, type SigningKey } from '../config/signing.ts';
import { LastmileError } from '../domain/errors.ts';
import type { CheckpointSink } from '../ports/checkpoint-sink.ts';
import { createApi } from './app.ts';
import { DEFAULT_LIMITS, type ApiPorts, type ApiSettings } from './call.ts';
import { createCheckpointing } from './checkpointing.ts';
import { createControlChannel } from './control-channel.ts';
import { ensureFirstKey } from './dev-key.ts';
import { recordFoundKeys } from './key-records.ts';
import { createDrillSchedule } from './kill/drill-schedule.ts';
import { createKillDriver } from './kill/driver.ts';
import { createApiServer } from './server.ts';

/** The composition root of the API: configuration to systems to routes. */
async function start(config: Config, log: Log): Promise<Running> {
  const stores = databases.mongodb.create({ uri: config.mongodb.uri, database: config.mongodb.database });
  await stores.prepare();
  const orchestrator = orchestrators.temporal.create({ address: config.temporal.address, namespace: config.temporal.namespace, uiUrl: config.temporal.uiUrl, payloadKey: config.payloadKey, otherPayloadKeys: config.otherPayloadKeys, deadlineMs: 10_000 });
  ensureKeyPair(config.signing.keyFile, config.signing.publicKeyFile);
  const settings = settingsOf(config);
  const signing = loadSigningKey(config.signing.keyFile);
  const { everyMs, everyRecords } = config.audit;
  const checkpoints = createCheckpointing({ audit: stores.audit, sinks: sinksOf(config), key: signing, clock: Date.now, log, everyMs, everyRecords });
  const ports: ApiPorts = {
    stores, orchestrator, artifacts: artifactStores.filesystem.create({ root: config.artifactDir }), backends: configuredBackends(config, settings.serviceToken), notifier: configuredNotifier(config, log),
    signing, formerKeys: formerKeysOf(config, signing), checkpoints, log, clock: Date.now, settings,
  };
  await firstKey(ports, config);
  await recordFoundKeys(stores);

  const kills = createKillDriver(ports);
  const channel = createControlChannel({ stores, kills, key: signing, leaseMs: config.leaseMs, clock: Date.now, log });
  await channel.start();
  kills.start();
  const drills = createDrillSchedule(ports, kills);
  drills.start();
  checkpoints.start();
  const api = createApi(ports, channel, kills);
  const server = createApiServer(api.app);
  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(config.api.port, config.api.host, resolve); });
  return {
    async stop() {
      const closed = new Promise<void>((resolve) => { server.close(() => { resolve(); }); });
      api.stop();
      await channel.stop();
      await drills.stop();
      await kills.stop();
      setTimeout(() => { server.closeAllConnections(); }, 1_000).unref();
      await closed;
      await checkpoints.stop();
      await orchestrator.close();
      await stores.close();
    },
  };
}

function settingsOf(config: Config): ApiSettings {
  if (config.serviceToken === null) throw new LastmileError('LM_INVALID_CONFIG', 'LASTMILE_SERVICE_TOKEN is needed: the secret, at least 32 characters, by which the processes of lastmile know each other. `npm start` makes one.');
  return {
    apiUrl: config.api.url, gatewayUrl: config.gateway.url, temporalUiUrl: config.temporal.uiUrl, leaseMs: config.leaseMs, serviceToken: config.serviceToken, otherServiceTokens: config.otherServiceTokens, egress: { ...config.egress, own: [] }, version: ownVersion(),
    registries: Object.keys(registries), backends: Object.keys(backends), breakGlassBackends: [{ name: 'modelhost', url: config.modelhost.url }], limits: DEFAULT_LIMITS,
  };
}

/** The file comes first: it is the one that can be read back. */
function sinksOf({ audit: { sinks, dir, webhook }, egress }: Config): Readonly<Record<string, CheckpointSink>> {
  if (sinks.includes('webhook') && webhook.url === null) throw new LastmileError('LM_INVALID_CONFIG', 'LASTMILE_AUDIT_CHECKPOINTS names webhook; LASTMILE_AUDIT_WEBHOOK_URL says where that is.');
  return {
    ...(sinks.includes('file') ? { file: checkpointSinks.file.create({ root: dir }) } : {}),
    ...(sinks.includes('webhook') && webhook.url !== null ? { webhook: checkpointSinks.webhook.create({ url: webhook.url, egress: createEgress('webhook', egress), secret: webhook.secret, otherSecrets: webhook.otherSecrets, timeoutMs: 15_000 }) } : {}),
  };
}

/** An API that is given the private key alone knows no others. */
function formerKeysOf({ signing: { publicKeyFile } }: Config, { keyId }: SigningKey): readonly SigningKey[] {
  return existsSync(publicKeyFile) ? loadPublicKeys(publicKeyFile).filter((key) => key.keyId !== keyId) : [];
}

/** Beside this folder in the repository, one further up in the published package. */
function ownVersion(): string {
  const [file = ''] = ['..', '../..'].map((up) => join(import.meta.dirname, up, 'package.json')).filter((path) => existsSync(path));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** The path is logged, the key never is. */
async function firstKey({ stores, log, clock }: ApiPorts, config: Config): Promise<void> {
  const file = join(config.dataDir, 'keys', 'dev-api-key');
  const from = await ensureFirstKey(stores.keys, { given: config.apiKey?.reveal() ?? null, file, nowMs: clock(), production: config.environment === 'production' });
  if (from === 'file') log.info('development key with every scope; take it away before others can reach this API', { file });
}

await runProcess('api', start);
