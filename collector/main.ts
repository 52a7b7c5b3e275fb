import { once } from 'node:events';
import { stores as databases } from '../adapters/store/index.ts';
import type { Config } from '../config/load.ts';
import type { Log } from '../config/log.ts';
import { runProcess, type Running } from '../config/run.ts';
import { LastmileError } from '../domain/errors.ts';
import { startCollector } from './collector.ts';

await runProcess('collector', start);

async function start(config: Config, log: Log): Promise<Running> {
  if (config.serviceToken === null) throw new LastmileError('LM_INVALID_CONFIG', 'The collector needs LASTMILE_SERVICE_TOKEN, at least 32 characters, the same in every process.');
  const stores = databases.mongodb.create({ uri: config.mongodb.uri, database: config.mongodb.database });
  await stores.prepare();
  const collector = await startCollector({ stores, serviceTokens: [config.serviceToken, ...config.otherServiceTokens].map((each) => each.reveal()), log, now: Date.now });
  collector.server.listen(config.collector.port, config.collector.host);
  await once(collector.server, 'listening');
  return {
    async stop() {
      await collector.stop();
      await stores.close();
    },
  };
}
