import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../support/source-tree.ts';

/** Each process as it is started, in production and with nothing prepared: it ends by itself, before it opens anything. */
test.each([['api', 'api'], ['worker', 'workers'], ['collector', 'collector'], ['gateway', 'gateway'], ['modelhost', 'modelhost']])('%s refuses to start, says every reason on its log, and shows no secret', (name, folder) => {
  const data = mkdtempSync(join(tmpdir(), 'production-start-'));
  const token = 'change-me-change-me-change-me-change-me';
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, folder, 'main.ts')], {
    encoding: 'utf8', timeout: 50_000, cwd: data,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', LASTMILE_DATA_DIR: data, LASTMILE_SERVICE_TOKEN: token, LASTMILE_API_HOST: '0.0.0.0', LASTMILE_GATEWAY_HOST: '0.0.0.0' },
  });
  const { process: who, message, error } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '') as { process: string; message: string; error: string };
  expect({ status, who, message }).toEqual({ status: 1, who: name, message: 'could not start' });
  expect(error).toContain('LM_INVALID_CONFIG: In production');
  expect(error).toContain('LASTMILE_SERVICE_TOKEN can be guessed');
  expect(error.split('\n')).toHaveLength({ api: 5, worker: 3, collector: 2, gateway: 3, modelhost: 2 }[name]!);
  expect(stderr).not.toContain(token);
}, 60_000);
