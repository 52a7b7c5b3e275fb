import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from '../../../config/load.ts';
import { createLog, describeError } from '../../../config/log.ts';
import { Secret } from '../../../config/schema.ts';

test('an empty environment gives the documented defaults with absolute paths', () => {
  const config = load({}, '/srv/lastmile');
  expect(config.api).toEqual({ host: '127.0.0.1', port: 7300, url: 'http://127.0.0.1:7300' });
  expect(config.modelhost.port).toBe(7303);
  expect(config.temporal).toMatchObject({ address: '127.0.0.1:7304', external: false });
  expect(config.dataDir).toBe('/srv/lastmile/.data');
  expect(config.signing.keyFile).toBe('/srv/lastmile/.data/keys/routes.pem');
  expect(config.serviceToken).toBeNull();
});

test('every problem is told at once, a typo with its nearest name', () => {
  expect(() => load({ LASTMILE_PORT_BASE: 'x', LASTMILE_PORTBASE: '1', LASTMILE_SERVICE_TOKEN: 'short', MONGODB_URI: 'http://x' }, '/')).toThrow(
    expect.objectContaining({ code: 'LM_INVALID_CONFIG', details: { problems: [
      expect.stringContaining('did you mean LASTMILE_PORT_BASE?'), expect.stringContaining('LASTMILE_PORT_BASE:'), expect.stringContaining('MONGODB_URI'), expect.stringContaining('LASTMILE_SERVICE_TOKEN'),
    ] } }));
});

test('the port base moves every port; servers that run already are left alone', () => {
  const config = load({ LASTMILE_PORT_BASE: '9000', LASTMILE_TEMPORAL_ADDRESS: 'temporal:7233', MONGODB_URI: 'mongodb://db:27017/?replicaSet=rs' }, '/');
  expect(config.gateway.port).toBe(9001);
  expect(config.gateway.admin).toEqual({ host: '127.0.0.1', port: 0, url: null });   // any free one: several gateways share an environment
  expect(config.temporal).toMatchObject({ address: 'temporal:7233', external: true, uiUrl: null });
  expect(config.mongodb.external).toBe(true);
});

test('secrets do not print, not even inside others', () => {
  const secret = new Secret('hunter2hunter2');
  expect(`${String(secret)} ${JSON.stringify({ secret })}`).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2hunter2');
});

test('an error is told in one line with its causes', () => {
  const error = new Error('outer', { cause: new Error('inner') });
  expect(describeError(error)).toBe('outer (inner)');
  const written: string[] = [];
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((line) => { written.push(String(line)); return true; });
  createLog('test', 'warn').info('quiet');
  createLog('test', 'warn').warn('loud', { error });
  spy.mockRestore();
  expect(written.map((line) => JSON.parse(line) as unknown)).toEqual([expect.objectContaining({ level: 'warn', process: 'test', message: 'loud', error: 'outer (inner)' })]);
});

test('a secret may come from a file that NAME_FILE names; both, an empty one and none there are problems', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  writeFileSync(join(folder, 'token'), `${'t'.repeat(32)}\n`);
  writeFileSync(join(folder, 'empty'), '\n');
  writeFileSync(join(folder, 'uri'), 'mongodb://u:p@db/?replicaSet=rs0');
  const config = load({ LASTMILE_SERVICE_TOKEN_FILE: 'token', MONGODB_URI_FILE: join(folder, 'uri') }, folder);
  expect({ token: config.serviceToken?.reveal(), uri: config.mongodb.uri, external: config.mongodb.external }).toEqual({ token: 't'.repeat(32), uri: 'mongodb://u:p@db/?replicaSet=rs0', external: true });
  expect(() => load({ LASTMILE_SERVICE_TOKEN: 't'.repeat(32), LASTMILE_SERVICE_TOKEN_FILE: 'token', LASTMILE_API_KEY_FILE: 'none', LASTMILE_PAYLOAD_KEY_FILE: 'empty', LASTMILE_PAYLOAD_KEY_FILES: '' }, folder)).toThrow(
    expect.objectContaining({ code: 'LM_INVALID_CONFIG', details: { problems: [
      'LASTMILE_API_KEY_FILE: none cannot be read', 'LASTMILE_SERVICE_TOKEN and LASTMILE_SERVICE_TOKEN_FILE are both set; keep one of them', 'LASTMILE_PAYLOAD_KEY_FILE: empty is empty',
      expect.stringContaining('did you mean LASTMILE_PAYLOAD_KEY_FILE?'),
    ] } }));
});
