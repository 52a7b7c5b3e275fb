import { once } from 'node:events';
import { join } from 'node:path';
import { runProcess } from '../config/run.ts';
import { loadPublicKeys, type SigningKey } from '../config/signing.ts';
import { LastmileError } from '../domain/errors.ts';
import { Host } from './host.ts';
import { createModelSource } from './model-source.ts';
import { createModelServer } from './server.ts';
import { createWantedFile } from './wanted.ts';

await runProcess('modelhost', async ({ dataDir, modelhost, serviceToken, otherServiceTokens, signing }, log) => {
  if (serviceToken === null) throw new LastmileError('LM_INVALID_CONFIG', 'modelhost needs LASTMILE_SERVICE_TOKEN, the secret that the other processes of lastmile have too.');
  const folder = join(dataDir, 'modelhost');
  const host = new Host({ source: createModelSource(folder, serviceToken), file: createWantedFile(folder), log });
  await host.start();
  const server = createModelServer(host, { tokens: [serviceToken, ...otherServiceTokens], breakGlassKeys: keysAt(signing.publicKeyFile) }, log);
  server.listen(modelhost.port, modelhost.host);
  await once(server, 'listening');
  return {
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      await Promise.race([closed, new Promise((resolve) => { setTimeout(resolve, 2_000).unref(); })]);
      server.closeAllConnections();
      await host.stop();
    },
  };
});

/** The API makes the key at its first start, which may come after ours: it is read when it is first needed. */
function keysAt(file: string): () => readonly SigningKey[] {
  let keys: readonly SigningKey[] = [];
  return () => {
    try { if (keys.length === 0) keys = loadPublicKeys(file); } catch { return []; }
    return keys;
  };
}
